import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import ValidationError

from collector.reading import Reading
from service_desk.delayed import MOST_POINTS
from service_desk.ports import Facts, Subject
from service_desk.rules.threshold import Config, build

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
FRIDGE = {"metric": "probe_temperature", "above": 8.0, "below": 2.0, "clear": [2.5, 7.5], "for": "10 min"}
DOOR = {"metric": "door_open", "equals": True, "for": "60 s", "title": "The door of {room} is held open"}


def threshold(**config):
    return build(Config.model_validate(config))


class Watch:
    """A rule and one subject. `says` a value at a second; `waits` until a second. Both give what it became."""

    def __init__(self, **config):
        self.rule, self.state = threshold(**config), None

    def says(self, second, value, received=None):
        at = START + timedelta(seconds=second)
        heard = START + timedelta(seconds=second if received is None else received)
        return self._judged(Facts(Reading("d", self.rule.metric, value, at, heard)), heard)

    def waits(self, second):
        return self._judged(Facts(), START + timedelta(seconds=second))

    def _judged(self, facts, now):
        self.state, self.verdict = self.rule.judge(self.state, facts, now)
        return None if self.verdict is None else "raised" if self.verdict.raised else "cleared"

    @property
    def due(self):
        due = self.rule.due(self.state)
        return None if due is None else (due - START).total_seconds()


def test_a_value_beyond_the_limit_raises_once_it_has_been_there_for_the_time():
    fridge = Watch(**FRIDGE)
    assert [fridge.says(60 * minute, 8.6) for minute in range(12)] == [None] * 10 + ["raised", None]


def test_the_verdict_names_the_onset_the_moment_and_the_points_that_triggered_it():
    fridge = Watch(**FRIDGE)
    fridge.says(0, 5.0)
    for minute in range(1, 12):
        fridge.says(60 * minute, 8.0 + minute / 10)
    verdict = fridge.verdict
    assert (verdict.since, verdict.at) == (START + timedelta(minutes=1), START + timedelta(minutes=11))
    assert [value for _, value in verdict.points] == [8.0 + minute / 10 for minute in range(1, 12)]
    assert (verdict.low, verdict.high, verdict.value) == (2.0, 8.0, 9.1)


def test_a_value_that_comes_back_in_time_raises_nothing_and_the_time_starts_anew():
    fridge = Watch(**FRIDGE)
    assert [fridge.says(second, value) for second, value in ((0, 9.0), (500, 7.9), (550, 9.0), (650, 9.0))] == [
        None
    ] * 4
    assert fridge.says(1150, 9.0) == "raised"


@pytest.mark.parametrize("value, became", [(7.9, None), (7.6, None), (7.5, "cleared"), (5.0, "cleared")])
def test_an_alarm_clears_only_beyond_the_hysteresis_bound(value, became):
    fridge = Watch(**FRIDGE | {"for": "0 s"})
    assert fridge.says(0, 8.1) == "raised"
    assert fridge.says(60, value) == became


def test_the_lower_limit_has_its_own_bound():
    fridge = Watch(**FRIDGE | {"for": "0 s"})
    assert [fridge.says(second, value) for second, value in enumerate((1.9, 2.1, 2.5))] == ["raised", None, "cleared"]


def test_exactly_on_the_limit_is_normal():
    assert Watch(**FRIDGE | {"for": "0 s"}).says(0, 8.0) is None


def test_a_door_that_says_once_that_it_is_open_raises_when_its_time_is_over():
    door = Watch(**DOOR)
    assert door.says(0, True) is None
    assert door.due == 60
    assert door.waits(59.999) is None
    assert door.waits(60) == "raised"
    assert door.waits(61) is None
    assert door.says(90, False) == "cleared"


def test_time_is_counted_from_when_a_late_reading_was_heard():
    door = Watch(**DOOR)
    door.says(0, True, received=30)
    assert door.due == 90


def test_an_alarm_is_kept_until_all_has_been_well_for_the_time():
    room = Watch(metric="co2", above=1000, keep_for="2 min")
    assert room.says(0, 1200.0) == "raised"
    assert [room.says(60, 900.0), room.says(100, 1100.0), room.says(120, 900.0), room.says(200, 900.0)] == [None] * 4
    assert room.waits(240) == "cleared"


def test_a_reading_older_than_the_last_one_is_history():
    room = Watch(metric="co2", above=1000)
    room.says(10, 800.0)
    before = room.state
    assert room.says(5, 2000.0) is None
    assert room.says(10, 2000.0) is None
    assert room.state is before


@pytest.mark.parametrize("value", [True, "open"])
def test_a_value_of_another_kind_is_not_judged(value):
    assert Watch(metric="co2", above=0).says(0, value) is None


def test_so_many_points_are_kept_the_first_among_them():
    fridge = Watch(**FRIDGE)
    for second in range(600):
        fridge.says(second, 9.0 + second)
    fridge.waits(600)
    points = fridge.verdict.points
    assert len(points) <= MOST_POINTS
    assert points[0][1] == 9.0
    assert points[-1][1] == 608.0


@pytest.mark.parametrize(
    "change, why",
    [
        ({"metric": "spo2", "above": 90}, "never judged"),
        ({"metric": "body_temp"}, "never judged"),
        ({"metric": "probe_temprature"}, "did you mean probe_temperature"),
        ({"above": None, "below": None, "clear": None}, "give above and/or below"),
        ({"equals": True}, "give above and/or below, or equals"),
        ({"above": 1.0}, "below must be less"),
        ({"clear": 7.5}, r"\[low, high\] with two"),
        ({"clear": [2.5, 8.5]}, "normal side"),
        ({"clear": [7.0, 3.0]}, "low must not be above high"),
        ({"for": "ten minutes"}, "not a duration"),
        ({"for": 10}, "not a duration"),
        ({"above": "8"}, "number"),
        ({"for": "999999999999 h"}, "longer than 366 days"),
        ({"above": float("nan")}, "finite"),
        ({"clear": [float("-inf"), 7.5]}, "finite"),
        ({"title": "{asset} of {patient}"}, "patient"),
        ({"title": "{asset:d}"}, "stands alone"),
        ({"title": "{value:>999999999}"}, "stands alone"),
        ({"incident": "{asset!x}"}, "stands alone"),
        ({"priority": "urgent"}, "high"),
        ({"scope": {"category": ["vaccine fridge"]}}, "category"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(change, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(FRIDGE | change)


@pytest.mark.parametrize(
    "config",
    [
        {"metric": "door_open", "above": 1},
        {"metric": "door_open", "equals": "yes"},
        {"metric": "co2", "equals": True},
        {"metric": "technical_alarm", "equals": True},
    ],
)
def test_limits_are_of_the_metrics_kind(config):
    with pytest.raises(ValidationError):
        Config.model_validate(config)


@pytest.mark.parametrize(
    "scope, concerned",
    [
        ({}, True),
        ({"categories": ["vaccine fridge"]}, True),
        ({"categories": ["vaccine fridge"], "rooms": ["4.19"]}, False),
        ({"rooms": ["4.19", "4.18"], "departments": ["Pharmacy"], "use": ["idle"]}, True),
        ({"devices": ["other"]}, False),
        ({"room_types": ["aii_room"]}, False),
    ],
)
def test_scope_asks_all_its_conditions(scope, concerned):
    subject = Subject("d", category="vaccine fridge", room="4.18", department="Pharmacy", use="idle")
    assert threshold(**FRIDGE, scope=scope).concerns(subject) is concerned


def test_titles_and_what_is_normal_are_plain_words():
    fridge = Watch(**FRIDGE | {"for": "0 s", "title": "Vaccine fridge {number} in {room} is at {value}"})
    fridge.says(0, 8.94)
    subject = Subject("d", number="F-07", room="4.18")
    assert fridge.rule.title(subject, fridge.verdict) == "Vaccine fridge F-07 in 4.18 is at 8.9\N{NO-BREAK SPACE}°C"
    assert fridge.rule.normal() == "2–8\N{NO-BREAK SPACE}°C"
    assert threshold(**DOOR).normal() == "at most 60\N{NO-BREAK SPACE}s"
    assert threshold(metric="differential_pressure", above=-2.5).normal() == "at most −2.5\N{NO-BREAK SPACE}Pa"


class Life(RuleBasedStateMachine):
    """Against a rule with every delay: whatever is said and however long it is silent."""

    def __init__(self):
        super().__init__()
        self.watch = Watch(metric="co2", above=1000, clear=900, **{"for": "20 s", "keep_for": "10 s"})
        self.now = 0
        self.verdicts = []
        self.said = []

    def _note(self, became):
        if became:
            self.verdicts.append((became, self.watch.verdict))

    @rule(value=st.sampled_from([500.0, 900.0, 901.0, 1000.0, 1001.0, 3000.0]), wait=st.integers(1, 30))
    def says(self, value, wait):
        self.passes(wait)
        self.said.append((self.now, value))
        self._note(self.watch.says(self.now, value))

    @rule(wait=st.integers(1, 30))
    def passes(self, wait):
        until = self.now + wait
        if self.watch.state and self.watch.due is not None and self.watch.due <= until:
            self._note(self.watch.waits(self.watch.due))
        self.now = until

    @invariant()
    def raised_and_cleared_take_turns(self):
        assert [became for became, _ in self.verdicts] == (["raised", "cleared"] * len(self.verdicts))[
            : len(self.verdicts)
        ]

    @invariant()
    def every_alarm_was_beyond_the_limit_for_the_whole_time(self):
        for became, verdict in self.verdicts:
            onset, at = ((moment - START).total_seconds() for moment in (verdict.since, verdict.at))
            within = [value for second, value in self.said if onset <= second < at]
            if became == "raised":
                assert at - onset >= 20
                assert all(value > 1000 for value in within)
            else:
                assert at - onset >= 10
                assert all(value <= 900 for value in within)

    @invariant()
    def an_overdue_delay_never_waits(self):
        assert not self.watch.state or self.watch.due is None or self.watch.due > self.now


TestLife = Life.TestCase


def test_a_clock_that_was_a_year_ahead_and_is_set_back_costs_no_alarm():
    fridge, year = Watch(**FRIDGE), 365 * 86_400
    fridge.says(year, 5.0)
    assert [fridge.says(60 * minute, 9.0) for minute in range(12)] == [None] * 10 + ["raised", None]


def test_an_alarm_of_before_the_clock_was_set_back_is_neither_raised_again_nor_kept_for_a_year():
    fridge, year = Watch(**FRIDGE), 365 * 86_400
    assert [fridge.says(year + 60 * minute, 9.0) for minute in range(11)][-1] == "raised"
    assert fridge.says(0, 9.0) is None
    assert fridge.says(60, 5.0) == "cleared"


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from([5.0, 7.7, 8.5]))))
def test_state_is_json_and_survives_it(said):
    one, other = Watch(**FRIDGE | {"for": "30 s"}), Watch(**FRIDGE | {"for": "30 s"})
    for second, value in said:
        assert one.says(second, value) == other.says(second, value)
        other.state = json.loads(json.dumps(other.state))
    assert json.dumps(one.state) == json.dumps(other.state)
