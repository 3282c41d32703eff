"""A rule in its judge: what is said goes in, what became of it comes out."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from collector.reading import OWN_GATEWAY, Quality, Reading
from service_desk.alarms.judge import Judge
from service_desk.ports import Subject
from service_desk.rulebook import built
from service_desk.rules_yaml import Draft

START = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday
DEVICE = Subject("d", asset_id=7, asset="Fridge F-07", number="F-07", place_id=3, room="4.18")


class Hearing:
    """`says` at a second and `waits` until one give what became: "raised", "cleared". `restart` leaves what is JSON."""

    def __init__(self, kind, config, *subjects):
        self.rule = built(Draft("A rule", config, f"rule.{kind}"))
        self.subjects = {subject.device: subject for subject in subjects or (DEVICE,)}
        self.judge = Judge({1: self.rule}, self._subject_of)
        self.judged = []
        self.now = START

    def _subject_of(self, device, at):
        return self.subjects.get(device, Subject(device))

    def _became(self, judgements):
        self.judged += (found := list(judgements))
        return ["raised" if one.verdict.raised else "cleared" for one in found]

    def says(self, second, metric, value, device="d", late=0.0, **more):
        """`late` is how long it was on its way."""
        self.now = START + timedelta(seconds=second)
        reading = Reading(device, metric, value, self.now - timedelta(seconds=late), self.now, **more)
        return self.hears([reading])

    def hears(self, items):
        return self._became(self.judge.hear(items))

    def derives(self, second, metric, value):
        return self.says(second, metric, value, gateway=OWN_GATEWAY, quality=Quality.GOOD)

    def waits(self, second):
        self.now = START + timedelta(seconds=second)
        return self._became(self.judge.wait(self.now))

    def restart(self, missed=0.0):
        """After `missed` seconds in which nobody listened."""
        states = {key: json.loads(json.dumps(state)) for key, state in self.judge.states.items()}
        self.judge = Judge({1: self.rule}, self._subject_of, states, missed=timedelta(seconds=missed))

    @property
    def verdict(self):
        return self.judged[-1].verdict

    @property
    def title(self):
        return self.rule.title(self.judged[-1].subject, self.verdict).replace("\N{NO-BREAK SPACE}", " ")

    @property
    def state(self):
        """What the rule remembers of the only subject."""
        (state,) = self.judge.states.values()
        return state


@pytest.fixture
def hearing():
    return Hearing
