"""A number that does not change though its device goes on talking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.rules.stuck import Config
from tests.service_desk.rules.conftest import START, Hearing

STUCK = {"metric": "temperature", "after": "2 h", "within": 0.1}
MINUTE, HOUR = 60, 3600


def says(heard, begin, end, value, every=10 * MINUTE):
    return [one for second in range(begin, end, every) for one in heard.says(second, "temperature", value(second))]


def test_the_same_for_the_time_is_an_alarm_since_it_stood_still(hearing):
    heard = hearing("stuck", STUCK)
    assert says(heard, 0, 2 * HOUR, lambda _: 21.4) == []
    assert heard.says(2 * HOUR, "temperature", 21.45) == ["raised"]
    assert heard.verdict.since == START
    assert heard.title == "Temperature of Fridge F-07 in 4.18 has been 21.4 °C for 2 h"
    assert heard.says(2 * HOUR + 60, "temperature", 21.8) == ["cleared"]


def test_a_number_that_moves_by_more_never_is(hearing):
    assert says(hearing("stuck", STUCK), 0, 24 * HOUR, lambda second: 21 + second // HOUR % 2 * 0.2) == []


def test_a_slow_drift_counts_from_where_it_left(hearing):
    assert says(hearing("stuck", STUCK), 0, 24 * HOUR, lambda second: 21 + second / HOUR * 0.1) == []


def test_who_is_silent_is_not_stuck(hearing):
    heard = hearing("stuck", STUCK)
    says(heard, 0, HOUR, lambda _: 21.4)
    assert heard.waits(10 * HOUR) == []
    assert heard.says(10 * HOUR, "temperature", 21.4) == []
    assert says(heard, 10 * HOUR, 12 * HOUR + 1, lambda _: 21.4) == ["raised"]


@given(st.lists(st.tuples(st.sampled_from([60, 600, 1700, 1900]), st.sampled_from([20.0, 20.1, 20.3])), max_size=80))
def test_it_is_raised_only_when_all_of_the_last_time_was_within(said):
    heard, now, points = Hearing("stuck", STUCK), 0, []
    for wait, value in said:
        now += wait
        points.append((now, value))
        if "raised" in heard.says(now, "temperature", value):
            lately = [number for second, number in points if second >= now - 2 * HOUR]
            assert max(lately) - min(lately) <= 0.1 + 1e-9
            assert now - points[0][0] >= 2 * HOUR


def test_what_makes_no_sense_is_refused_with_the_reason():
    with pytest.raises(ValidationError, match="never judged"):
        Config.model_validate({"metric": "spo2"})
    with pytest.raises(ValidationError, match="not a number"):
        Config.model_validate({"metric": "leak"})


def test_it_says_when_it_alarms(hearing):
    words = hearing("stuck", STUCK).rule.condition().replace("\N{NO-BREAK SPACE}", " ")
    assert words == "Temperature has not changed by more than 0.1 °C in 2 h"
