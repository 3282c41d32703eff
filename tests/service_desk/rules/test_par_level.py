"""A sentence of a par level in, an alarm out."""

import pytest
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.par_level import Config, build
from tests.service_desk.rules.derived import said

SUBJECT = Subject("place:7/infusion pump", room="4.12")
SHORT = "Ward 4B has 2 infusion pumps that can be taken, should have 6"


def test_the_sentence_of_the_level_is_the_alarm_and_its_end_clears_it():
    assert said(build(Config()), SUBJECT, "", SHORT, SHORT, "") == [None, (True, SHORT), None, (False, "")]


def test_only_the_categories_that_are_named():
    rule = build(Config(categories=["infusion pump"]))
    assert rule.concerns(SUBJECT)
    assert not rule.concerns(Subject("place:7/wheelchair"))
    assert build(Config()).concerns(Subject("place:7/wheelchair"))


def test_a_category_is_a_list():
    with pytest.raises(ValidationError, match="list"):
        Config(categories="infusion pump")
