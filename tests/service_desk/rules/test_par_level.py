"""A sentence of a par level in, an alarm out."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from collector.reading import OWN_GATEWAY, Reading
from service_desk.ports import Facts, Subject
from service_desk.rules.par_level import Config, build

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
SUBJECT = Subject("place:7/infusion pump", room="4.12")
SHORT = "Ward 4B has 2 infusion pumps that can be taken, should have 6"


def said(rule, *values):
    """One value a minute; what each became."""
    state, found = None, []
    for minute, value in enumerate(values):
        at = START + timedelta(minutes=minute)
        reading = Reading(SUBJECT.device, rule.metric, value, at, at, OWN_GATEWAY)
        state, verdict = rule.judge(state, Facts(reading, SUBJECT), at)
        found.append(verdict and (verdict.raised, rule.title(SUBJECT, verdict)))
    return found


def test_the_sentence_of_the_level_is_the_alarm_and_its_end_clears_it():
    assert said(build(Config()), "", SHORT, SHORT, "") == [None, (True, SHORT), None, (False, "")]


def test_only_the_categories_that_are_named():
    rule = build(Config(categories=["infusion pump"]))
    assert rule.concerns(SUBJECT)
    assert not rule.concerns(Subject("place:7/wheelchair"))
    assert build(Config()).concerns(Subject("place:7/wheelchair"))


def test_a_category_is_a_list():
    with pytest.raises(ValidationError, match="list"):
        Config(categories="infusion pump")
