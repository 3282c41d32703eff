"""Govee's advertisements against those of the tests of govee-ble: every value that is a metric, and nothing else."""

import json
import re
from pathlib import Path

import pytest

from collector.reading import UNTIMED, Reading
from drivers.codecs.advertisement import Advertisement
from drivers.dialects import Dialects, dialect

DATA = Path(__file__).parents[3] / "shared" / "data" / "ble" / "govee.jsonl"
METRICS = {"carbon_dioxide": "co2"}
EVENTS = {"press": ("action", "press"), "vibration": ("vibration", True)}
REMOTE, AMBIENT = "/2", "/2"
NO_PROBE = "test_gvh5185_2_variant"
"""There the parser makes 0 °C of the marker 0xFFFF; here it is no reading."""


def rows():
    if not DATA.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="needs the conformance data: govee.jsonl"))]
    found = [json.loads(line) for line in DATA.read_text().splitlines()]
    return [pytest.param(row, id=row["source"].partition("::")[2]) for row in found]


@pytest.mark.parametrize("row", rows())
def test_a_packet_of_govee_bles_own_tests(row):
    advertisement = Advertisement(
        row["address"],
        row["rssi"],
        {int(company): bytes.fromhex(raw) for company, raw in row["manufacturer_data"].items()},
        {},
        row["name"],
        row["service_uuids"],
    )
    parts = Dialects([dialect("ble.govee")])
    found = {}
    for item in (item for frame in advertisement.frames("test", UNTIMED) for item in parts.decode(frame) or ()):
        if isinstance(item, Reading):
            key = item.metric + item.device.removeprefix(advertisement.device)
            assert key not in found, "a quantity twice"
            found[key] = item.value
    faults = {found.pop(key) for key in list(found) if key.startswith("sensor_fault")}
    assert (True in faults) == any(one["v"] == "error" for one in row["expected"].values())
    assert found == expected(row)


def expected(row):
    wanted = {}
    for name, entry in row["expected"].items():
        remote = name.startswith("remote:")
        bare, probe = re.fullmatch(r"(\w+?)(?:_probe_(\d))?", name.removeprefix("remote:")).groups()
        if "alarm" in bare or bare == "signal_strength" or entry["v"] == "error" or NO_PROBE in row["source"]:
            continue
        ambient = row["model"] == [["Govee", "H5191"]] and not probe
        part = REMOTE if remote else AMBIENT if ambient else f"/{probe}" if probe and probe != "1" else ""
        wanted[METRICS.get(bare, bare) + part] = entry["v"]
    for name, value in row["binary"].items():
        if name != "motion":  # a person who sits still is there all the same
            wanted["occupancy"] = value
    for name, (kind, _) in row["events"].items():
        button = int(name.removeprefix("button_")) if name.startswith("button_") else 0
        metric, value = EVENTS[kind]
        wanted[metric + (f"/{button + 1}" if button else "")] = value
    return wanted
