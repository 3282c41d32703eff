"""Other monitoring has judged already: an alarm as long as its alert fires."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from collector.reading import Reading
from service_desk.ports import Facts, Subject, Verdict
from service_desk.rules.alert import Config, build

START = datetime(2026, 11, 24, 6, tzinfo=UTC)


class Watch:
    """A rule and one alert: `says` its words at a minute, "" when it has ended; `waits` until a minute."""

    def __init__(self, **config):
        self.rule, self.state = build(Config.model_validate(config)), None

    def says(self, minute, words):
        at = START + timedelta(minutes=minute)
        return self._judged(Facts(Reading("alert:prom:1", "alert", words, at, at)), at)

    def waits(self, minute):
        return self._judged(Facts(), START + timedelta(minutes=minute))

    def _judged(self, facts, now):
        self.state, self.verdict = self.rule.judge(self.state, facts, now)
        return None if self.verdict is None else "raised" if self.verdict.raised else "cleared"


def test_it_is_raised_once_however_often_it_is_said_and_cleared_when_it_has_ended():
    alert = Watch()
    assert [alert.says(minute, "hot") for minute in range(3)] == ["raised", None, None]
    assert alert.rule.active(alert.state)
    assert alert.says(3, "hotter") is None
    assert alert.says(4, "") == "cleared"
    assert [alert.says(5, ""), alert.says(6, "hot")] == [None, "raised"]


def test_the_end_of_what_was_never_said_is_nothing():
    assert Watch().says(0, "") is None


def test_what_comes_late_is_history():
    alert = Watch()
    alert.says(5, "hot")
    assert alert.says(4, "") is None
    assert alert.rule.active(alert.state)


def test_a_clock_that_was_wrong_does_not_keep_it_standing():
    alert = Watch()
    alert.says(600, "hot")
    assert alert.says(1, "") == "cleared"


def test_without_more_it_stands_until_it_is_resolved():
    alert = Watch()
    alert.says(0, "hot")
    assert alert.rule.due(alert.state) is None
    assert alert.waits(1e6) is None


def test_one_that_is_not_said_again_ends_where_that_is_wanted_also_after_a_restart():
    alert = Watch(not_repeated="5 h")
    alert.says(0, "hot")
    alert.says(200, "hot")
    assert alert.rule.due(alert.state) == START + timedelta(minutes=500)
    assert [alert.waits(499), alert.waits(500)] == [None, "cleared"]
    assert alert.says(501, "hot") == "raised"


@pytest.mark.parametrize(
    "device, sources, concerned",
    [
        ("alert:prom:1", [], True),
        ("alert:prom:1", ["prom"], True),
        ("alert:prometheus:1", ["prom"], False),
        ("mqtt:a", [], False),
    ],
)
def test_it_judges_alerts_of_its_sources_and_nothing_else(device, sources, concerned):
    assert build(Config(sources=sources)).concerns(Subject(device)) is concerned


def test_it_is_called_as_where_it_comes_from():
    alert = build(Config())
    hot = Verdict(True, START, START, "hot")
    assert alert.title(Subject("alert:prom:1", device_name="RoomTempHigh"), hot) == "RoomTempHigh: hot"
    assert alert.normal() == "resolved where it comes from"


def test_numbers_are_no_words():
    alert = Watch()
    assert alert.says(0, 1.0) is None
    assert alert.state == {}


def test_what_it_cannot_be():
    for wrong in ({"metric": "temperature"}, {"not_repeated": "soon"}):
        with pytest.raises(ValidationError):
            Config.model_validate(wrong)
