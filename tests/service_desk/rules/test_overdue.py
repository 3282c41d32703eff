"""Days until something is due in, an alarm out."""

import pytest
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.overdue import Config, build
from tests.service_desk.rules.derived import said

SUBJECT = Subject("asset:7", asset="Pump 117", room="4.12")
DAYS = "\N{NO-BREAK SPACE}days"


def test_it_alarms_the_day_after_it_was_due_and_clears_when_it_was_done():
    rule = build(Config(of="maintenance"))
    found = said(rule, SUBJECT, 3.0, 0.0, -1.0, -2.0, 61.0)
    assert [one and one[0] for one in found] == [None, None, True, None, False]
    assert found[2][1] == "Pump 117 in 4.12: maintenance was due 1\N{NO-BREAK SPACE}day ago"


@pytest.mark.parametrize(
    "days, words",
    [
        (14.0, f"its return is due in 14{DAYS}"),
        (0.0, "its return is due today"),
        (-40.0, f"its return was due 40{DAYS} ago"),
    ],
)
def test_some_time_ahead(days, words):
    rule = build(Config.model_validate({"of": "return", "ahead": "14 days"}))
    assert said(rule, SUBJECT, days) == [(True, f"Pump 117 in 4.12: {words}")]
    assert said(rule, SUBJECT, 15.0) == [None]


def test_what_can_be_due_is_named():
    with pytest.raises(ValidationError, match="calibration"):
        Config(of="lunch")
