"""A sentence of a room's status in, an alarm out."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from collector.reading import OWN_GATEWAY, Reading
from service_desk.ports import Facts, Subject
from service_desk.rules.room_profile import Config, build

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
SUBJECT = Subject("place:7", room="4.12")
LOST = "4.12 is +0.8 Pa to the corridor, must be at most −2.5 Pa"


def said(rule, *values):
    """One value a minute; what each became."""
    state, found = None, []
    for minute, value in enumerate(values):
        at = START + timedelta(minutes=minute)
        reading = Reading(SUBJECT.device, rule.metric, value, at, at, OWN_GATEWAY)
        state, verdict = rule.judge(state, Facts(reading, SUBJECT), at)
        found.append(verdict and (verdict.raised, rule.title(SUBJECT, verdict)))
    return found


def test_the_sentence_of_the_room_is_the_alarm_and_its_end_clears_it():
    rule = build(Config(notice="pressure lost"))
    assert said(rule, "", LOST, f"{LOST}, for 6 min", "") == [None, (True, LOST), None, (False, "")]
    assert rule.normal() == "as the room's profile says"


def test_a_hold_of_its_own_comes_on_top():
    rule = build(Config.model_validate({"notice": "out of range", "for": "2 min"}))
    assert [one and one[0] for one in said(rule, LOST, LOST, LOST)] == [None, None, True]


def test_what_is_no_sentence_is_not_judged():
    assert said(build(Config(notice="not heard")), 4.0, True) == [None, None]


def test_there_are_four_notices():
    with pytest.raises(ValidationError, match="pressure lost"):
        Config(notice="cold")
