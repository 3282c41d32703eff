"""What devices say is wrong with them, in their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.technical import Config
from tests.service_desk.rules.conftest import Hearing


def test_a_text_raises_and_an_empty_one_clears(hearing):
    heard = hearing("technical", {})
    assert heard.says(0, "technical_alarm", "") == []
    assert heard.says(10, "technical_alarm", "door stuck") == ["raised"]
    assert heard.title == "Fridge F-07 in 4.18: door stuck"
    assert heard.says(20, "technical_alarm", "door stuck") == []
    assert heard.says(30, "technical_alarm", "") == ["cleared"]


def test_a_link_is_judged_only_where_a_rule_names_it(hearing):
    spool = Subject("link:wardkeeper/spool")
    heard = hearing("technical", {}, spool)
    assert heard.says(0, "technical_alarm", "nearly full", device=spool.device) == []
    heard = hearing("technical", {"scope": {"devices": [spool.device]}}, spool)
    assert heard.says(0, "technical_alarm", "nearly full", device=spool.device) == ["raised"]


def test_an_alarm_holds_while_anything_is_wrong(hearing):
    heard = hearing("technical", {"metrics": ["technical_alarm", "sensor_fault", "emergency_test"]})
    assert heard.says(0, "sensor_fault", True) == ["raised"]
    assert heard.title == "Fridge F-07 in 4.18: Sensor fault"
    assert heard.says(10, "technical_alarm", "probe open") == []
    assert heard.says(20, "sensor_fault", False) == []
    assert heard.says(30, "technical_alarm", "None") == ["cleared"]
    assert heard.says(40, "emergency_test", "passed") == []
    assert heard.says(50, "emergency_test", "battery failed") == ["raised"]
    assert heard.title == "Fridge F-07 in 4.18: Emergency light, test: battery failed"


def test_what_a_house_does_not_want_to_hear_is_ignored(hearing):
    heard = hearing("technical", {"ignore": ["Low Battery"]})
    assert heard.says(0, "technical_alarm", "low battery") == []
    assert heard.says(10, "technical_alarm", "low battery, pump blocked") == ["raised"]
    assert heard.title.endswith(": pump blocked")
    assert heard.says(20, "technical_alarm", "low battery") == ["cleared"]


def test_what_came_late_or_twice_changes_nothing(hearing):
    heard = hearing("technical", {})
    heard.says(100, "technical_alarm", "blocked")
    assert heard.says(110, "technical_alarm", "", late=50.0) == []
    assert heard.says(120, "technical_alarm", "", late=20.0) == []
    assert heard.says(130, "technical_alarm", "") == ["cleared"]


@pytest.mark.parametrize(
    "subject, title",
    [
        (Subject("d", device_name="Nellcor 4"), "Nellcor 4: blocked"),
        (Subject("d", room="4.12"), "4.12: blocked"),
        (Subject("d"), "Blocked"),
    ],
)
def test_what_is_unknown_is_left_out_of_the_title(hearing, subject, title):
    heard = hearing("technical", {}, subject)
    heard.says(0, "technical_alarm", "blocked")
    assert heard.title == title


@given(st.lists(st.tuples(st.sampled_from(["technical_alarm", "sensor_fault"]), st.booleans()), max_size=40))
def test_raised_and_cleared_follow_what_stands(said):
    heard, standing = Hearing("technical", {}), {}
    for second, (metric, wrong) in enumerate(said):
        value = wrong if metric == "sensor_fault" else "blocked" if wrong else ""
        heard.says(second, metric, value)
        standing[metric] = wrong
        assert heard.rule.active(heard.state) is any(standing.values())


@pytest.mark.parametrize(
    "metrics, why", [(["spo2"], "never judged"), (["co2"], "no device's own alarm"), ([], "at least 1")]
)
def test_only_a_devices_own_alarms(metrics, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate({"metrics": metrics})


def test_it_says_when_it_alarms(hearing):
    assert hearing("technical", {}).rule.condition() == "Technical alarm or Sensor fault or Lamp fault"
