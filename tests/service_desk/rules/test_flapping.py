"""What changes to and fro too often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service_desk.rules.flapping import Config
from tests.service_desk.rules.conftest import Hearing

DOOR = {"metric": "door_open", "changes": 4, "within": "10 min"}
LEVEL = {"metric": "differential_pressure", "level": -2.5, "band": 0.5, "changes": 4, "within": "10 min"}


def swings(heard, *seconds):
    """The door changes at each of them."""
    return [one for number, second in enumerate(seconds) for one in heard.says(second, "door_open", number % 2 == 0)]


def test_so_many_changes_within_the_time_are_an_alarm(hearing):
    heard = hearing("flapping", DOOR)
    assert swings(heard, 0, 60, 120, 180) == []
    assert heard.says(240, "door_open", True) == ["raised"]
    assert heard.title == "Door open of Fridge F-07 in 4.18 changes to and fro: 4 times in 10 min"


def test_the_same_again_is_no_change_and_slow_changes_are_none(hearing):
    heard = hearing("flapping", DOOR)
    assert [heard.says(second, "door_open", True) for second in range(0, 600, 60)] == [[]] * 10
    assert swings(heard, *range(1000, 10_000, 250)) == []


def test_it_clears_though_nothing_more_is_said(hearing):
    heard = hearing("flapping", DOOR)
    swings(heard, 0, 60, 120, 180, 240)
    heard.restart()
    assert heard.waits(659) == []
    assert heard.waits(661) == ["cleared"]


def test_it_is_kept_where_the_rule_wants_it(hearing):
    heard = hearing("flapping", DOOR | {"keep_for": "5 min"})
    swings(heard, 0, 60, 120, 180, 240)
    assert heard.waits(700) == []
    assert heard.waits(961) == ["cleared"]


def test_what_stops_before_the_delay_ends_raises_nothing(hearing):
    heard = hearing("flapping", DOOR | {"for": "8 min"})
    assert swings(heard, 0, 60, 120, 180, 240) == []
    assert heard.waits(2000) == []


def test_a_number_crosses_its_level_only_beyond_the_band(hearing):
    heard = hearing("flapping", LEVEL)
    for second, value in enumerate([-2.6, -2.4] * 20):
        assert heard.says(second, "differential_pressure", value) == []
    became = [heard.says(100 + second, "differential_pressure", value) for second, value in enumerate([-4.0, -1.0] * 3)]
    assert became == [[], [], [], [], ["raised"], []]


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=60))
def test_it_is_raised_exactly_while_so_many_changes_lie_within_the_time(said):
    heard, now, changes, last, turns = Hearing("flapping", DOOR), 0, [], None, []
    for wait, value in said:
        now += wait
        turns += heard.waits(now)
        if last is not None and value != last:
            changes.append(now)
        last = value
        turns += heard.says(now, "door_open", value)
        lately = [second for second in changes if now - second <= 600]
        assert heard.rule.active(heard.state) is (len(lately) >= 4)
    assert turns == (["raised", "cleared"] * len(turns))[: len(turns)]


@pytest.mark.parametrize(
    "config, why",
    [
        ({"metric": "door_open", "level": 1.0}, "no level"),
        ({"metric": "temperature"}, "give a level"),
        ({"metric": "spo2", "level": 90.0}, "never judged"),
        ({"metric": "door_open", "changes": 1}, "greater than or equal to 2"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(config, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(config)


@pytest.mark.parametrize(
    "config, words",
    [
        (DOOR, "Door open changes 4 times in 10 min"),
        (LEVEL | {"for": "60 s"}, "Pressure to the corridor crosses −2.5 Pa 4 times in 10 min for 60 s"),
    ],
)
def test_it_says_when_it_alarms(hearing, config, words):
    assert hearing("flapping", config).rule.condition().replace("\N{NO-BREAK SPACE}", " ") == words
