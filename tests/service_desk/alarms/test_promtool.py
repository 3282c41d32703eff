"""`for` and `keep_for` mean what Prometheus means by `for` and `keep_firing_for`: the same series, the same alarms.

Debian's promtool (2.42, which knows keep_firing_for) evaluates every step; our judge hears the same values.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ and unit_testing_rules/.
"""

import json
import random
import shutil
import subprocess
from datetime import timedelta

import pytest

from collector.clock import ManualClock
from collector.reading import Reading
from service_desk.alarms.judge import Judge
from service_desk.ports import Subject
from service_desk.rules.threshold import Config, build

STEP = 15
STEPS = 40
HOLDS = (0, 15, 30, 45, 75)

pytestmark = pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool here (Debian's prometheus)")


def series(seed):
    """Hold times, and values that linger on both sides of 10."""
    chance = random.Random(seed)
    stays = chance.choice((0.5, 0.7, 0.9))
    values, high = [], False
    for _ in range(STEPS):
        high = high if chance.random() < stays else not high
        values.append(chance.choice((11, 12)) if high else chance.choice((9, 10)))
    return chance.choice(HOLDS), chance.choice(HOLDS), values


def ours(hold, keep, values):
    """At which steps the alarm holds."""
    config = Config.model_validate(
        {"metric": "temperature", "above": 10, "for": timedelta(seconds=hold), "keep_for": timedelta(seconds=keep)}
    )
    judge = Judge({1: build(config)}, lambda device, _at: Subject(device))
    start, holds, steps = ManualClock().now(), False, set()
    for step, value in enumerate(values):
        at = start + timedelta(seconds=STEP * step)
        for judgement in judge.hear([Reading("ble:1", "temperature", float(value), at, at)]):
            holds = judgement.verdict.raised
        if holds:
            steps.add(step)
    return steps


def theirs(folder, many):
    """What promtool says of our answers: its own words where it disagrees. `many` by name: (hold, keep, values)."""
    alerts = [
        {"alert": name, "expr": f'value{{c="{name}"}} > 10', "for": f"{hold}s", "keep_firing_for": f"{keep}s"}
        for name, (hold, keep, _) in many.items()
    ]
    answers = {name: ours(*each) for name, each in many.items()}
    given = [{"series": f'value{{c="{name}"}}', "values": " ".join(map(str, each[2]))} for name, each in many.items()]
    expected = [
        {
            "expr": 'ALERTS{alertstate="firing"}',
            "eval_time": f"{STEP * step}s",
            "exp_samples": [
                {"labels": f'{{__name__="ALERTS", alertname="{name}", alertstate="firing", c="{name}"}}', "value": 1}
                for name, steps in answers.items()
                if step in steps
            ],
        }
        for step in range(STEPS)
    ]
    rules = {"groups": [{"name": "all", "interval": f"{STEP}s", "rules": alerts}]}
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{STEP}s",
        "tests": [{"interval": f"{STEP}s", "input_series": given, "promql_expr_test": expected}],
    }
    (folder / "rules.yml").write_text(json.dumps(rules))
    (folder / "test.yml").write_text(json.dumps(tests))  # JSON is YAML
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("many", [pytest.param(60, id="60"), pytest.param(1000, id="1000", marks=pytest.mark.long)])
def test_the_same_series_give_the_same_alarms(tmp_path, many):
    each = {f"s{seed}": series(seed) for seed in range(many)}
    assert theirs(tmp_path, each) == ""


def test_promtool_sees_a_difference(tmp_path, monkeypatch):
    """Or nothing would be shown above."""
    monkeypatch.setattr("tests.service_desk.alarms.test_promtool.ours", lambda *_: {3})
    assert "got" in theirs(tmp_path, {"s0": (30, 0, [11] * STEPS)})
