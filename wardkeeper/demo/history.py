"""The day before the demo began, as devices with a clock of their own tell it late: readings with the device's time.

About 30,000 messages for 24 hours: enough for a chart, little enough for the embedded broker.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta

from wardkeeper.demo.simulator import Hospital
from wardkeeper.demo.wire import Event
from wardkeeper.demo.world import Talker

LENGTH = timedelta(hours=24)

STEP_S = {
    "room climate": 1200,
    "cold probe": 300,
    "plug": 600,
    "room pressure": 600,
    "air flow": 1800,
    "air handler": 1800,
    "pump dock": 7200,
}
"""Seconds between two reports of the past, by kind."""

CHANGES_S = {"light": 300, "presence": 300, "door contact": 15}
"""How closely the past of those that report changes is looked at."""


def history(hospital: Hospital, length: timedelta = LENGTH) -> Iterator[Event]:
    """What was measured from `length` before the hospital's start until then, the oldest first."""
    begin = hospital.start - length
    past = [_past(hospital, talker, begin) for talker in (*hospital.world.zigbees, *hospital.world.talkers("plug"))]
    return heapq.merge(*past, key=lambda event: event[0])


def _past(hospital: Hospital, talker: Talker, begin: datetime) -> Iterator[Event]:
    changes = CHANGES_S.get(talker.kind)
    step = timedelta(seconds=changes or STEP_S[talker.kind])
    at, said = begin + step * hospital.first(talker.topic), None
    while at < hospital.start:
        if changes:
            now = hospital.changing(talker, at)
            if now != said:
                yield hospital.report(talker, at)[0]
            said = now
        else:
            yield hospital.report(talker, at)[0]
        at += step
