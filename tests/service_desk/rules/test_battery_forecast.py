"""When a battery will be empty."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.rules.battery_forecast import Config
from tests.service_desk.rules.conftest import DEVICE, Hearing

HOUR, DAY = 3600, 86_400


def runs(heard, days, level, begin=0, every=HOUR):
    """`level` of the day, once an hour; what becomes when: [(day, "raised")]."""
    became = []
    for second in range(int(begin * DAY), int((begin + days) * DAY), every):
        became += [(second / DAY, one) for one in heard.says(second, "battery", level(second / DAY))]
    return became


def falls(start, a_day):
    return lambda day: float(max(0, round(start - a_day * day)))


def test_the_alarm_says_on_which_day_it_will_be_empty(hearing):
    heard = hearing("battery_forecast", {})
    ((day, became),) = runs(heard, 8, falls(80, 6))  # 5 % on day 12.5, a Saturday
    assert became == "raised"
    assert 5.5 <= day < 6.5
    assert heard.title == "The battery of Fridge F-07 in 4.18 will be empty on Saturday, 5 December"
    assert all(isinstance(value, float) for _, value in heard.verdict.points)


@pytest.mark.parametrize("clock, day", [("Pacific/Auckland", "Sunday, 6"), ("America/Los_Angeles", "Saturday, 5")])
def test_the_day_is_that_of_the_house(hearing, clock, day):
    heard = hearing("battery_forecast", {}, msgspec.structs.replace(DEVICE, clock=clock))
    runs(heard, 8, falls(80, 6))
    assert heard.title.endswith(f"will be empty on {day} December")


def test_nobody_foretells_before_it_was_watched_for_two_days(hearing):
    ((day, _),) = runs(hearing("battery_forecast", {}), 4, falls(40, 5))
    assert 2 <= day < 2.5


@pytest.mark.parametrize("level", [100.0, 40.0, 8.0, 6.0])
def test_steps_and_noise_are_no_fall(hearing, level):
    chance = random.Random(7)
    heard = hearing("battery_forecast", {})
    assert runs(heard, 30, lambda day: level - (day > 15) + chance.choice([-1, 0, 0, 0, 1])) == []


def test_cold_nights_are_no_fall(hearing):
    heard = hearing("battery_forecast", {})
    assert runs(heard, 20, lambda day: 50.0 - 6 * (day % 1 > 0.7)) == []


def test_a_bad_reading_now_and_then_moves_nothing(hearing):
    heard = hearing("battery_forecast", {})
    assert runs(heard, 20, lambda day: 2.0 if day % 3 == 0 else 80.0) == []


@pytest.mark.parametrize("how", ["says that it charges", "is full again"])
def test_what_is_charged_or_changed_begins_anew(hearing, how):
    heard = hearing("battery_forecast", {})
    assert len(runs(heard, 8, falls(80, 6))) == 1
    if how == "is full again":
        assert heard.says(8 * DAY, "battery", 100.0) == ["cleared"]
    else:
        assert heard.says(8 * DAY, "charging", True) == ["cleared"]
        assert runs(heard, 0.2, lambda day: 90.0, 8.01, 600) == []
        heard.says(int(8.3 * DAY), "charging", False)
    assert [became for _, became in runs(heard, 8, lambda day: falls(80, 6)(day - 9), 9)] == ["raised"]


def test_a_pump_that_goes_from_mains_to_mains_every_day_is_never_foretold(hearing):
    heard = hearing("battery_forecast", {})
    assert runs(heard, 20, lambda day: 100.0 - 160 * min(day % 1, 0.5), every=1800) == []


def test_it_survives_a_restart_at_any_hour(hearing):
    heard = hearing("battery_forecast", {})
    turns = []
    for day in range(8):
        turns += runs(heard, 1, falls(80, 6), day)
        heard.restart(missed=600)
    assert [became for _, became in turns] == ["raised"]


def test_what_is_late_twice_or_from_before_the_clock_was_set_back_costs_nothing(hearing):
    heard = hearing("battery_forecast", {})
    runs(heard, 1, lambda day: 50.0, 365)
    runs(heard, 4, falls(80, 6))
    assert heard.says(4 * DAY, "battery", 1.0, late=2 * HOUR) == []
    assert [became for _, became in runs(heard, 4, falls(80, 6), 4)] == ["raised"]


@given(st.lists(st.tuples(st.integers(60, 2 * DAY), st.floats(0, 100)), max_size=120))
def test_what_it_keeps_is_bounded_and_it_never_stumbles(said):
    heard, now = Hearing("battery_forecast", {}), 0
    for wait, level in said:
        now += wait
        heard.says(now, "battery", level)
    assert not said or len(heard.state["own"]["lowest"]) <= 57


@pytest.mark.parametrize(
    "config", [{"least": "2 h"}, {"history": "60 days"}, {"least": "14 days"}, {"empty_at": 100.0}, {"metric": "spo2"}]
)
def test_what_makes_no_sense_is_refused(config):
    with pytest.raises(ValidationError):
        Config.model_validate(config)


def test_it_says_when_it_alarms(hearing):
    assert hearing("battery_forecast", {}).rule.condition() == "Battery empty within 7\N{NO-BREAK SPACE}days"
