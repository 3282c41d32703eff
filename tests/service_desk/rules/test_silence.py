"""Who does not talk any more though it is expected to; and who is not silent though nothing is heard."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import ValidationError

from collector.latest import Latest
from collector.reading import Reading, Sighting
from service_desk.ports import Subject
from service_desk.rules.silence import Config
from tests.service_desk.rules.conftest import DEVICE, START, Hearing

MINUTE, HOUR = 60, 3600
EVERY_MINUTE = msgspec.structs.replace(DEVICE, every_s=60.0)
AFTER = {"after": "10 min"}


def talks(hearing, begin, end, every=MINUTE):
    """What becomes while it talks."""
    became = []
    for second in range(begin, end, every):
        became += hearing.says(second, "temperature", 5.0)
    return became


def test_who_has_not_talked_for_the_time_is_silent_since_its_last_word(hearing):
    heard = hearing("silence", AFTER)
    assert talks(heard, 0, HOUR) == []
    assert heard.waits(HOUR + 8 * MINUTE + 59) == []
    assert heard.waits(HOUR + 9 * MINUTE) == ["raised"]
    assert heard.verdict.since == START + timedelta(minutes=59)
    assert heard.title == "Fridge F-07 in 4.18 has been silent for 10 min"
    assert heard.waits(HOUR + 5 * HOUR) == []


def test_its_next_word_ends_the_silence_at_once(hearing):
    heard = hearing("silence", AFTER)
    talks(heard, 0, 60)
    assert heard.waits(HOUR) == ["raised"]
    assert heard.says(2 * HOUR, "humidity", 40.0) == ["cleared"]
    assert heard.waits(2 * HOUR + 10 * MINUTE) == ["raised"]


def test_it_must_talk_for_a_while_where_the_rule_wants_it(hearing):
    heard = hearing("silence", AFTER | {"keep_for": "5 min"})
    talks(heard, 0, 60)
    heard.waits(HOUR)
    assert talks(heard, HOUR, HOUR + 5 * MINUTE) == []
    assert heard.waits(HOUR + 5 * MINUTE) == ["cleared"]


def test_five_of_its_own_intervals_once_they_are_known_to_be_its_own(hearing):
    heard = hearing("silence", {}, EVERY_MINUTE)
    assert talks(heard, 0, 2 * HOUR) == []
    last = 2 * HOUR - MINUTE
    assert heard.waits(last + 5 * MINUTE - 1) == []
    assert heard.waits(last + 5 * MINUTE) == ["raised"]


def test_who_announced_its_interval_is_judged_by_it_from_its_first_word(hearing):
    heard = hearing("silence", {}, msgspec.structs.replace(EVERY_MINUTE, pace="announced"))
    assert heard.says(0, "temperature", 5.0) == []
    assert heard.waits(5 * MINUTE - 1) == []
    assert heard.waits(5 * MINUTE) == ["raised"]


@pytest.mark.parametrize("gaps, least, most", [((600,), 10, 22), ((60,), 50, 75), ((600, 600, 600, 900), 50, 75)])
def test_who_talks_by_a_clock_for_hours_is_judged_after_some_twenty_words_and_others_after_some_seventy(
    hearing, gaps, least, most
):
    def silent_after(words):
        heard, latest, second = hearing("silence", {}), Latest(), 0
        for word in range(words):
            second += gaps[word % len(gaps)]
            moment = START + timedelta(seconds=second)
            latest.update([Reading("d", "temperature", 5.0, moment, moment)])
            every, pace = latest.interval("d"), "even" if latest.even("d") else ""
            known = {"every_s": every and every.total_seconds(), "pace": pace}
            heard.subjects["d"] = msgspec.structs.replace(DEVICE, **known)
            assert heard.says(second, "temperature", 5.0) == []
        return heard.waits(second + 2 * HOUR) == ["raised"]

    assert silent_after(most)
    assert not silent_after(least)


@pytest.mark.parametrize("every", [None, "now and then"])
def test_who_has_no_interval_or_another_one_each_time_is_never_overdue(hearing, every):
    heard = hearing("silence", {})
    for number in range(30):
        every_s = None if every is None else 30.0 + 40 * (number % 3)
        heard.subjects["d"] = msgspec.structs.replace(DEVICE, every_s=every_s)
        assert talks(heard, number * 10 * MINUTE, (number + 1) * 10 * MINUTE, 5 * MINUTE) == []
    assert heard.waits(48 * HOUR) == []


def test_a_device_that_talks_at_another_pace_than_before_is_believed_anew(hearing):
    heard = hearing("silence", {}, EVERY_MINUTE)
    talks(heard, 0, 2 * HOUR)
    heard.subjects["d"] = msgspec.structs.replace(DEVICE, every_s=4.0 * MINUTE)
    assert talks(heard, 2 * HOUR, 12 * HOUR, 4 * MINUTE) == []
    assert heard.waits(12 * HOUR + 15 * MINUTE) == []
    assert heard.waits(12 * HOUR + 20 * MINUTE) == ["raised"]


def test_a_will_ends_the_patience_at_once(hearing):
    heard = hearing("silence", AFTER)
    heard.says(0, "temperature", 5.0)
    assert heard.says(20, "available", False) == ["raised"]
    assert heard.verdict.since == START
    assert heard.says(40, "available", False) == []
    assert heard.says(60, "available", True) == ["cleared"]


def test_a_will_that_the_broker_kept_is_no_news(hearing):
    heard = hearing("silence", AFTER)
    heard.says(0, "temperature", 5.0)
    assert heard.says(20, "available", False, retained=True) == []


def test_a_stored_pump_is_off_and_has_its_patience_again_when_it_is_fetched(hearing):
    stored = msgspec.structs.replace(DEVICE, expected=False)
    heard = hearing("silence", AFTER, stored)
    heard.says(0, "battery", 80.0)
    assert heard.says(10, "available", False) == []
    assert heard.waits(24 * HOUR) == []
    heard.subjects["d"] = DEVICE
    assert heard.waits(24 * HOUR + 10 * MINUTE) == []
    assert heard.waits(24 * HOUR + 25 * MINUTE) == ["raised"]
    heard.subjects["d"] = stored
    assert heard.waits(24 * HOUR + 35 * MINUTE) == ["cleared"]


def test_nobody_waits_for_a_device_that_belongs_nowhere_or_to_nobody_any_more(hearing):
    heard = hearing("silence", AFTER, Subject("d"))
    heard.says(0, "temperature", 5.0)
    assert not heard.judge.states
    heard.subjects["d"] = DEVICE
    talks(heard, HOUR, HOUR + 60)
    assert heard.waits(2 * HOUR) == ["raised"]
    heard.subjects["d"] = Subject("d")
    assert heard.waits(2 * HOUR + 5 * MINUTE) == ["cleared"]
    assert not heard.judge.states


def test_a_gateway_talks_with_everything_that_it_hears(hearing):
    heard = hearing("silence", AFTER, Subject("gw", gateway=True))
    for minute in range(60):
        now = START + timedelta(minutes=minute)
        assert heard.hears([Sighting("ble:1", "gw", -60.0, now), Reading("x", "co2", 500.0, now, now, "gw")]) == []
    assert heard.waits(HOUR + 9 * MINUTE) == ["raised"]


def test_a_restart_makes_no_silence_and_hides_none_for_longer_than_its_patience(hearing):
    heard = hearing("silence", AFTER)
    talks(heard, 0, HOUR)
    heard.restart(missed=3 * HOUR)
    assert heard.waits(4 * HOUR + 5 * MINUTE) == []
    assert heard.waits(4 * HOUR + 20 * MINUTE) == ["raised"]
    heard.restart(missed=HOUR)
    assert heard.waits(6 * HOUR) == []
    assert heard.says(6 * HOUR, "temperature", 5.0) == ["cleared"]


def test_a_clock_that_was_a_year_ahead_and_is_set_back_costs_no_silence(hearing):
    heard, year = hearing("silence", AFTER), 365 * 24 * HOUR
    talks(heard, year, year + 60)
    assert talks(heard, 0, HOUR) == []
    assert heard.waits(HOUR + 9 * MINUTE) == ["raised"]


def test_passers_by_are_forgotten(hearing, monkeypatch):
    monkeypatch.setattr("service_desk.alarms.judge._MET", 50)
    heard = hearing("silence", AFTER)
    for number in range(1000):
        heard.says(number, "temperature", 5.0)
        heard.hears([Sighting(f"ble:{number}", "gw", -60.0, heard.now)])
    assert len(heard.judge.heard) < 60
    assert heard.waits(999 + 10 * MINUTE) == ["raised"]


@pytest.mark.parametrize(
    "config, why",
    [({"after": "10 min", "missed": 3}, "not both"), ({"after": "10 s"}, "less than 60 s"), ({"missed": 1}, "2")],
)
def test_what_makes_no_sense_is_refused_with_the_reason(config, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(config)


@pytest.mark.parametrize(
    "config, words", [(AFTER, "Silent for 10 min"), ({"missed": 7}, "Silent for 7 of its own intervals")]
)
def test_it_says_when_it_alarms(hearing, config, words):
    assert hearing("silence", config).rule.condition().replace("\N{NO-BREAK SPACE}", " ") == words


class Life(RuleBasedStateMachine):
    """Whatever is said, however long nothing is, and whoever restarts."""

    def __init__(self):
        super().__init__()
        self.heard = Hearing("silence", AFTER)
        self.now = self.last = 0
        self.met = False
        self.missed_until = 0
        self.active = False
        self.turns = []

    def _note(self, became):
        for one in became:
            self.active = one == "raised"
            self.turns.append(one)
            if self.active:
                at = (self.heard.verdict.at - START).total_seconds()
                assert at - self.last >= 600
                assert at - self.missed_until >= 600 or at - self.last >= 1200

    @rule(wait=st.sampled_from([1, 59, 61, 300, 599, 601, 2000]))
    def talks(self, wait):
        self.passes(wait)
        self.met, self.last = True, self.now
        self._note(self.heard.says(self.now, "temperature", 5.0))
        assert not self.active

    @rule(wait=st.sampled_from([1, 59, 61, 300, 599, 601, 2000]))
    def passes(self, wait):
        self.now += wait
        self._note(self.heard.waits(self.now))

    @rule(missed=st.sampled_from([0, 1, 700, 10_000]))
    def restarts(self, missed):
        self.now += missed
        self.missed_until = self.now
        self.heard.restart(missed)

    @invariant()
    def raised_and_cleared_take_turns(self):
        assert self.turns == (["raised", "cleared"] * len(self.turns))[: len(self.turns)]

    @invariant()
    def a_silence_of_twice_its_patience_is_always_raised(self):
        start = max(self.last, self.missed_until)
        if self.met and self.now - start > 1200:
            self._note(self.heard.waits(self.now))
            assert self.active


Life.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
