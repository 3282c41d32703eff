"""A sentence of a room's status in, an alarm out."""

import pytest
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.room_profile import Config, build
from tests.service_desk.rules.derived import said

SUBJECT = Subject("place:7", room="4.12")
LOST = "4.12 is +0.8 Pa to the corridor, must be at most −2.5 Pa"


def test_the_sentence_of_the_room_is_the_alarm_and_its_end_clears_it():
    rule = build(Config(notice="pressure lost"))
    assert said(rule, SUBJECT, "", LOST, f"{LOST}, for 6 min", "") == [None, (True, LOST), None, (False, "")]
    assert rule.normal() == "as the room's profile says"


def test_a_hold_of_its_own_comes_on_top():
    rule = build(Config.model_validate({"notice": "out of range", "for": "2 min"}))
    assert [one and one[0] for one in said(rule, SUBJECT, LOST, LOST, LOST)] == [None, None, True]


def test_what_is_no_sentence_is_not_judged():
    assert said(build(Config(notice="not heard")), SUBJECT, 4.0, True) == [None, None]


def test_there_are_four_notices():
    with pytest.raises(ValidationError, match="pressure lost"):
        Config(notice="cold")
