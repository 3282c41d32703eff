"""A number that rises or falls too fast."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.rules.rate import Config
from tests.service_desk.rules.conftest import Hearing

WARMING = {"metric": "probe_temperature", "more_than": 3.0, "per": "1 h", "window": "20 min"}


def rises(heard, begin, minutes, start, per_hour):
    became = []
    for minute in range(minutes):
        became += heard.says(begin + 60 * minute, "probe_temperature", start + per_hour * minute / 60)
    return became


@pytest.mark.parametrize("by", ["fit", "ends"])
def test_a_fridge_that_warms_by_more_in_an_hour_is_told_while_it_is_still_cold(hearing, by):
    heard = hearing("rate", WARMING | {"by": by})
    assert rises(heard, 0, 60, 4.0, 2.5) == []
    assert rises(heard, 3600, 20, 6.5, 6.0) == ["raised"]
    assert heard.title.startswith("Buffered probe of Fridge F-07 in 4.18 is rising by ")
    assert heard.title.endswith(" °C in 60 min")
    assert rises(heard, 4800, 40, 8.5, 0.0) == ["cleared"]


def test_half_a_window_and_enough_readings_before_anybody_knows(hearing):
    heard = hearing("rate", WARMING)
    assert rises(heard, 0, 10, 4.0, 60.0) == []
    assert heard.says(600, "probe_temperature", 14.0) == ["raised"]
    few = hearing("rate", WARMING | {"samples": 4})
    assert [few.says(second, "probe_temperature", second / 60) for second in (0, 600, 1199)] == [[], [], []]


def test_one_reading_that_jumps_does_not_move_a_line_of_many(hearing):
    heard = hearing("rate", WARMING)
    rises(heard, 0, 30, 4.0, 0.0)
    assert heard.says(1800, "probe_temperature", 5.0) == []
    assert rises(heard, 1860, 30, 4.0, 0.0) == []


@pytest.mark.parametrize(
    "direction, per_hour, became",
    [("rising", 6.0, ["raised"]), ("rising", -6.0, []), ("falling", -6.0, ["raised"]), ("either", -6.0, ["raised"])],
)
def test_only_the_way_that_is_asked_for(hearing, direction, per_hour, became):
    assert rises(hearing("rate", WARMING | {"direction": direction}), 0, 30, 10.0, per_hour) == became


def test_it_clears_only_at_the_rate_to_come_back_to(hearing):
    heard = hearing("rate", WARMING | {"clear": 1.0})
    rises(heard, 0, 30, 4.0, 6.0)
    assert rises(heard, 1800, 60, 7.0, 2.0) == []
    assert rises(heard, 5400, 60, 9.0, 0.5) == ["cleared"]


def test_what_is_late_twice_or_from_before_the_clock_was_set_back_costs_nothing(hearing):
    heard = hearing("rate", WARMING)
    rises(heard, 365 * 86_400, 10, 4.0, 0.0)
    rises(heard, 0, 5, 4.0, 6.0)
    assert heard.says(300, "probe_temperature", 99.0, late=200.0) == []
    assert rises(heard, 300, 15, 4.5, 6.0) == ["raised"]


@given(st.lists(st.floats(-50, 50), min_size=60, max_size=200), st.integers(1, 300))
def test_what_it_keeps_is_bounded(values, every):
    heard = Hearing("rate", WARMING)
    for number, value in enumerate(values):
        heard.says(number * every, "probe_temperature", value)
    assert len(heard.state["own"]["points"]) <= 26


@pytest.mark.parametrize(
    "change, why",
    [
        ({"metric": "spo2"}, "never judged"),
        ({"metric": "door_open"}, "not a number"),
        ({"more_than": 0}, "greater than 0"),
        ({"clear": 4.0}, "not be more"),
        ({"window": "0 s"}, "at least 1 s"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(change, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(WARMING | change)


def test_it_says_when_it_alarms(hearing):
    rule = hearing("rate", WARMING | {"direction": "rising"}).rule
    assert rule.condition().replace("\N{NO-BREAK SPACE}", " ") == "Buffered probe rises by more than 3.0 °C in 60 min"
