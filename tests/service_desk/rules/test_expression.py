"""Conditions over several metrics of a room, an asset or a device."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.expression import Config
from tests.service_desk.rules.conftest import Hearing

AIR, DOOR = (Subject(name, place_id=3, room="4.18") for name in ("air", "door"))
ROOM = Subject("place:3", place_id=3, room="4.18")
MUGGY = {"when": "temperature > 26 and humidity > 65"}


def test_two_devices_of_one_room_make_one_alarm(hearing):
    heard = hearing("expression", {"when": "temperature > 26 and not door_open", "for": "10 min"}, AIR, DOOR, ROOM)
    assert heard.says(0, "temperature", 27.5, device="air") == []
    assert heard.says(10, "door_open", False, device="door") == []
    assert heard.waits(609) == []
    assert heard.waits(610) == ["raised"]
    assert heard.title == "4.18: Temperature 27.5 °C, Door open closed"
    assert heard.judged[-1].subject.device == "place:3"
    heard.restart()
    assert heard.says(700, "door_open", True, device="door") == ["cleared"]


@pytest.mark.parametrize("about, raised", [("room", ["raised"]), ("device", [])])
def test_a_device_is_judged_by_what_it_says_itself(hearing, about, raised):
    heard = hearing("expression", MUGGY | {"about": about}, AIR, DOOR, ROOM)
    heard.says(0, "temperature", 27.0, device="air")
    assert heard.says(10, "humidity", 70.0, device="door") == raised


def test_a_value_that_is_unknown_or_old_makes_no_verdict(hearing):
    heard = hearing("expression", MUGGY | {"stale": "10 min"}, AIR, ROOM)
    assert heard.says(0, "temperature", 27.0, device="air") == []
    assert heard.says(601, "humidity", 70.0, device="air") == []
    assert heard.says(700, "temperature", 27.0, device="air") == ["raised"]
    assert heard.says(1400, "humidity", 40.0, device="air") == []
    assert heard.says(1401, "temperature", 27.0, device="air") == ["cleared"]


def test_what_came_late_or_twice_changes_nothing(hearing):
    heard = hearing("expression", MUGGY, AIR, ROOM)
    heard.says(100, "temperature", 20.0, device="air")
    assert heard.says(110, "humidity", 70.0, device="air") == []
    assert heard.says(120, "temperature", 27.0, device="air", late=60.0) == []
    assert heard.says(130, "temperature", 27.0, device="air") == ["raised"]


@pytest.mark.parametrize(
    "when, values, holds",
    [
        ("power / voltage > 2", {"power": 500.0, "voltage": 230.0}, True),
        ("power / voltage > 2", {"power": 500.0, "voltage": 0.0}, None),
        ("max(temperature, supply_temperature) - min(temperature, supply_temperature) > 5", {"temperature": 20.0,
         "supply_temperature": 14.0}, True),
        ("abs(temperature - setpoint_temperature) > 2", {"temperature": 19.0, "setpoint_temperature": 22.0}, True),
        ("20 <= temperature <= 24", {"temperature": 24.0}, True),
        ("not (light_on or occupancy)", {"light_on": False, "occupancy": False}, True),
        ("light_on == true and occupancy != true", {"light_on": True, "occupancy": False}, True),
        ("technical_alarm == 'blocked'", {"technical_alarm": "blocked"}, True),
        ("-temperature * 2 + 1 < 0", {"temperature": 3.0}, True),
        ("light_on and occupancy", {"light_on": False}, None),
    ],
)  # fmt: skip
def test_what_can_be_said(hearing, when, values, holds):
    heard = hearing("expression", {"when": when}, AIR, ROOM)
    became = []
    for second, (metric, value) in enumerate(values.items()):
        became += heard.says(second, metric, value, device="air")
    assert became == (["raised"] if holds else [])
    assert heard.rule._expression.holds(values) is holds


@pytest.mark.parametrize(
    "when, why",
    [
        ("temperature >", "at character 1[34]: this is no condition"),
        ("spo2 < 90", "at character 1: spo2 is a vital and never judged"),
        ("temperature > 26 and humidty > 65", "at character 22: 'humidty' is not a metric; did you mean humidity?"),
        ("temperature", "gives a number; a condition compares: temperature > 5"),
        ("temperature and humidity > 3", "at character 1: temperature is a number; here stands true or false"),
        ("door_open > 3", "at character 13: true or false is compared with a number"),
        ("door_open > occupancy", "at character 1: true or false is compared with == or !="),
        ("temperature ** 2 > 3", "at character 1: a condition has"),
        ("temperature in (1, 2)", "at character 1[67]: "),
        ("__import__('os')", "at character 1: there are min"),
        ("temperature.real > 3", "at character 1: a condition has"),
        ("max(temperature) > 3", "two values or more"),
        ("min > 3", "at character 1: min needs its values"),
        ("[x for x in temperature]", "at character 1"),
        ("1 > 0", "names no metric"),
        ("(" * 300 + "temperature" + ")" * 150, "no condition"),
        ("not " * 120 + "door_open and " * 10, "no condition|longer"),
        ("temperature > " + "9" * 400, "too large"),
        ("temperature > 1" + " " * 600 + "+ 1", "longer than 500"),
        ("lambda: 1", "at character 1"),
        ("temperature > 1j", "no number"),
    ],
)
def test_what_is_refused_says_why_and_where(when, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate({"when": when})


@given(st.text(alphabet="temprauhidy_onlgt()<>=!+-*/ .0123456789'\"[]{}:,andort", max_size=60))
def test_no_text_does_anything_but_being_refused(text):
    with suppress(ValidationError):
        assert Config.model_validate({"when": text}).when == text.strip()


_METRICS = st.sampled_from(["temperature", "humidity"])


@given(st.lists(st.tuples(st.integers(1, 1000), _METRICS, st.floats(0, 100)), max_size=60))
def test_it_is_raised_exactly_while_both_are_known_and_beyond(said):
    heard, now, newest = Hearing("expression", MUGGY, AIR, ROOM), 0, {}
    active = False
    for wait, metric, value in said:
        now += wait
        heard.says(now, metric, value, device="air")
        newest[metric] = (now, value)
        if len(newest) == 2 and all(now - at <= 1800 for at, _ in newest.values()):
            active = newest["temperature"][1] > 26 and newest["humidity"][1] > 65
        assert heard.rule.active(heard.state) is active


def test_it_says_when_it_alarms(hearing):
    assert hearing("expression", MUGGY).rule.condition() == "temperature > 26 and humidity > 65, in one room"
