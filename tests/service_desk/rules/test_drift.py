"""Twins that part, and a number that leaves its own past."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.drift import Config
from tests.service_desk.rules.conftest import Hearing

ONE, OTHER = (Subject(name, asset_id=7, asset="Fridge F-07", place_id=3, room="4.18") for name in ("one", "other"))
ROOM, ASSET = (
    Subject("place:3", place_id=3, room="4.18"),
    Subject("asset:7", asset_id=7, asset="Fridge F-07", room="4.18"),
)
TWINS = {"metric": "probe_temperature", "more_than": 1.0, "for": "1 h"}
PAST = {"metric": "temperature", "more_than": 2.0, "against": "history", "for": "3 h"}
MINUTE, HOUR, DAY = 60, 3600, 86_400


def both(heard, begin, minutes, one, other):
    became = []
    for minute in range(0, minutes, 5):
        became += heard.says(begin + minute * MINUTE, "probe_temperature", one, device="one")
        became += heard.says(begin + minute * MINUTE + 30, "probe_temperature", other, device="other")
    return became


@pytest.mark.parametrize("about, title", [("room", "in 4.18"), ("asset", "of Fridge F-07 in 4.18")])
def test_two_probes_of_one_place_that_part_for_the_time_are_one_alarm(hearing, about, title):
    heard = hearing("drift", TWINS | {"about": about}, ONE, OTHER, ROOM, ASSET)
    assert both(heard, 0, 120, 5.0, 5.8) == []
    assert both(heard, 2 * HOUR, 90, 5.0, 6.4) == ["raised"]
    assert heard.title == f"Buffered probe {title}: 1.4 °C apart, one 5.0 °C, other 6.4 °C"
    assert both(heard, 4 * HOUR, 10, 5.0, 5.5) == ["cleared"]


def test_who_has_no_twin_or_a_silent_one_is_not_judged(hearing):
    heard = hearing("drift", TWINS, ONE, OTHER, ROOM)
    heard.says(0, "probe_temperature", 25.0, device="other")
    for minute in range(40, 400, 5):
        assert heard.says(minute * MINUTE, "probe_temperature", 5.0, device="one") == []


def test_devices_of_different_rooms_are_no_twins(hearing):
    far = Subject("other", place_id=4, room="4.19")
    heard = hearing("drift", TWINS, ONE, far, ROOM, Subject("place:4", place_id=4, room="4.19"))
    assert both(heard, 0, 600, 5.0, 25.0) == []


@pytest.mark.parametrize("until, became", [(5, []), (24, ["raised"])])
def test_a_sensor_that_leaves_its_own_past_at_the_same_hour_of_the_day(hearing, until, became):
    heard, turns = hearing("drift", PAST), []
    for second in range(0, 6 * DAY, 15 * MINUTE):
        usual = 21 + 3 * math.sin(2 * math.pi * second / DAY)
        aged = 2.6 if second > 5 * DAY else 0.0
        turns += heard.says(second, "temperature", usual + aged) if second < 5 * DAY + until * HOUR / 2 else []
    assert turns == became
    if became:
        assert heard.title == "Temperature of Fridge F-07 in 4.18: 2.6 °C above its own past"


def test_a_new_level_becomes_its_past_in_time(hearing):
    heard, turns = hearing("drift", PAST), []
    for second in range(0, 14 * DAY, 20 * MINUTE):
        turns += heard.says(second, "temperature", 21.0 if second < 5 * DAY else 24.0)
        if second % DAY == 0:
            heard.restart()
    assert turns == ["raised", "cleared"]


def test_what_is_late_twice_or_from_before_the_clock_was_set_back_costs_nothing(hearing):
    heard = hearing("drift", TWINS, ONE, OTHER, ROOM)
    both(heard, 365 * DAY, 30, 5.0, 25.0)
    both(heard, 0, 60, 5.0, 5.5)
    assert heard.says(HOUR, "probe_temperature", 25.0, device="one", late=600.0) == []
    assert both(heard, HOUR + 60, 90, 5.0, 5.5) == []
    assert both(heard, 3 * HOUR, 90, 5.0, 6.5) == ["raised"]


@given(
    st.lists(st.tuples(st.integers(1, 20_000), st.sampled_from("abcdefghijklmnop"), st.floats(-40, 40)), max_size=80)
)
def test_what_it_keeps_of_twins_is_bounded(said):
    subjects = [Subject(name, place_id=3, room="4.18") for name in "abcdefghijklmnop"]
    heard, now = Hearing("drift", TWINS, *subjects, ROOM), 0
    for wait, device, value in said:
        now += wait
        heard.says(now, "probe_temperature", value, device=device)
    assert not said or len(heard.state["own"]["newest"]) <= 8


@pytest.mark.parametrize(
    "change, why",
    [
        ({"metric": "spo2"}, "never judged"),
        ({"more_than": 0}, "greater"),
        ({"days": 1}, "3"),
        ({"stale": "1 s"}, "60 s"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(change, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(TWINS | change)


@pytest.mark.parametrize(
    "config, words",
    [
        (TWINS, "Buffered probe more than 1.0 °C from its twin in the room for 60 min"),
        (PAST, "Temperature more than 2.0 °C from its own past for 3 h"),
    ],
)
def test_it_says_when_it_alarms(hearing, config, words):
    assert hearing("drift", config).rule.condition().replace("\N{NO-BREAK SPACE}", " ") == words
