"""The commands of docs/locating.md, as they stand there."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from wardkeeper.cli import application

GUIDE = Path(__file__).parents[2] / "docs" / "locating.md"
GATEWAYS = [("0", 1, 1), ("1", 9, 1), ("2", 1, 9), ("3", 9, 9), ("4", 5, 5)]


def commands():
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("wardkeeper locate")]


def rows(chance, points, seconds):
    for x, y in points:
        for gateway, gx, gy in GATEWAYS:
            level = -58 - 18 * np.log10(np.hypot(x - gx, y - gy) + 1) + chance.normal(0, 1.5)
            for second in np.arange(0, seconds, 0.5):
                yield f"{second:.1f},{gateway},{level + chance.normal(0, 3):.0f},{x},{y},{x}-{y}"


def record(path, points, seconds):
    chance = np.random.default_rng(5)
    path.write_text("\n".join(["t_s,gateway,rssi_dbm,x_m,y_m,tag", *rows(chance, points, seconds)]) + "\n")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "survey.csv", [(x, y) for x in (1, 3, 5, 7, 9) for y in (1, 3, 5, 7, 9)], 20)
    record(tmp_path / "truth.csv", [(2, 2), (8, 8), (2, 8)], 90)
    hung = [{"gateway": name, "x_m": x, "y_m": y, "note": "left alone"} for name, x, y in GATEWAYS]
    (tmp_path / "gateways.json").write_text(json.dumps(hung))
    return tmp_path


def run(line, good=True):
    found = CliRunner().invoke(application(), shlex.split(line)[1:])
    assert (found.exit_code == 0) == good, found.output
    return found


def test_every_command_of_the_guide_runs(site):
    for line in commands():
        run(line)
    assert (site / "errors.svg").read_text().startswith("<svg")
    assert (site / "fixes.csv").read_text().startswith('"t_s","tag","room","confidence"')
    assert json.loads((site / "site.model").read_text())["format"] == "wardkeeper-location-model"


def test_evaluate_says_what_the_guide_promises(site):
    run(commands()[0])
    told = json.loads(run("wardkeeper locate evaluate site.model truth.csv --json").output)
    assert told["moving"] is None
    still = told["stationary"]
    for name in ("room_accuracy", "unknown_share", "mean_error_m", "p90_error_m", "false_changes_per_tag_hour"):
        assert isinstance(still[name], float)
    for name in ("change_delay_p95_s", "calibration_error"):
        assert name in still
    assert still["room_accuracy_when_known"] == 1.0


def test_rooms_and_grids_can_be_given(site):
    rooms = [{"room": name, "polygon": [[x, 0], [x + 5, 0], [x + 5, 10], [x, 10]]} for name, x in (("a", 0), ("b", 5))]
    (site / "rooms.json").write_text(json.dumps(rooms))
    run("wardkeeper locate train survey.csv --gateways gateways.json --rooms rooms.json -o rooms.model")
    assert json.loads((site / "rooms.model").read_text())["plan"]["walls"] is True
    run("wardkeeper locate train survey.csv --gateways gateways.json --grid 3x1 -o grid.model")
    assert len(json.loads((site / "grid.model").read_text())["plan"]["rooms"]) == 3


@pytest.mark.parametrize(
    "line, why",
    [
        ("wardkeeper locate evaluate survey.csv truth.csv", "no location model"),
        ("wardkeeper locate train gateways.json --gateways gateways.json -o x.model", "gateways.json"),
        ("wardkeeper locate train survey.csv --gateways gateways.json --grid wide -o x.model", "as 4x3"),
        ("wardkeeper locate train survey.csv --gateways survey.csv -o x.model", "is no JSON"),
        ("wardkeeper locate train nowhere.csv --gateways gateways.json -o x.model", "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused_kindly(site, line, why):
    found = run(line, good=False)
    assert why in str(found.exception)
