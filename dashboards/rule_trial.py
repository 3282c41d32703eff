"""What a rule would have done with the readings of the last day, so far as they are few enough to ask for at once."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from collector.points import readings_of
from collector.ports import Selection
from collector.reading import OWN_GATEWAY, Reading
from dashboards.context import Context
from service_desk.ports import Rule, Subject
from service_desk.replay import replay
from service_desk.rulebook import built
from service_desk.rules_yaml import Draft, written
from service_desk.subjects import Subjects

MOST = 20_000
"""Readings that one trial looks at: about a second's work."""

SPANS = (timedelta(hours=24), timedelta(hours=6), timedelta(hours=1), timedelta(minutes=10))
SHOWN = 100


@dataclass(frozen=True)
class Happening:
    """An alarm that would have been raised or cleared, and what would have happened to a ticket with it."""

    at: datetime
    raised: bool
    title: str
    priority: str
    ticket: str


@dataclass(frozen=True)
class Trial:
    """`devices` and `readings` were judged, those since `start`. `happenings` are the first of `raised` and cleared."""

    start: datetime
    span: timedelta
    devices: int
    readings: int
    raised: int
    tickets: int
    happenings: tuple[Happening, ...]
    why: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is the whole day."""
        return self.span == SPANS[0]


def trial(here: Context, draft: Draft) -> Trial:
    """What `draft` would have done. Whom it is about is taken as it is now. Raises RuleFaults, Unreachable."""
    rule, now = built(draft), here.clock.now()
    known = Subjects(here.snapshots, here.latest, str(here.zone))
    about = {
        subject.device: subject
        for subject in (known.of(device, now) for device in here.latest.devices() if _gives(here, rule, device))
        if rule.about != "device" or rule.concerns(subject)
    }
    metrics = tuple(_metrics(here, rule, about))
    readings: list[Reading] = []
    for span in SPANS:
        start = now - span
        readings = _readings(here, tuple(about), metrics, start, now) if about else []
        if len(readings) <= MOST:
            break
    lines = list(replay(written([draft._replace(enabled=True)]), _lines(readings[:MOST], about)))
    happenings = list(_happenings(lines))
    return Trial(
        start=start,
        span=span,
        devices=len({reading.device for reading in readings}),
        readings=len(readings),
        raised=sum(one.raised for one in happenings),
        tickets=sum(line.get("ticket") == "opened" for line in lines),
        happenings=tuple(happenings[:SHOWN]),
        why=next((str(line["why"]) for line in lines if "why" in line), ""),
    )


def _gives(here: Context, rule: Rule, device: str) -> bool:
    """Whether the device says anything that the rule hears."""
    return rule.awaits or any(here.latest.get(device, metric) is not None for metric in rule.hears)


def _metrics(here: Context, rule: Rule, devices: Iterable[str]) -> set[str]:
    """What to ask for: what the rule hears; and that devices talked at all is shown by what each said last."""
    metrics = set(rule.hears)
    for device in devices if rule.awaits else ():
        own = [reading for reading in here.latest.of(device).values() if reading.gateway != OWN_GATEWAY]
        metrics |= {max(own, key=lambda reading: reading.received).metric} if own else set()
    return metrics


def _readings(
    here: Context, devices: tuple[str, ...], metrics: tuple[str, ...], start: datetime, now: datetime
) -> list[Reading]:
    wanted = Selection(start, now + timedelta(milliseconds=1), devices, metrics, limit=MOST + 1)
    return sorted(readings_of(here.store.query(wanted)), key=lambda reading: reading.received)


def _lines(readings: list[Reading], about: dict[str, Subject]) -> Iterator[str]:
    """As `service_desk.replay` reads them; whom a device belongs to is said once."""
    said: set[str] = set()
    for reading in readings:
        line: dict[str, Any] = {
            "device": reading.device,
            "metric": reading.metric,
            "value": reading.value,
            "at": reading.at.isoformat(),
            "received": reading.received.isoformat(),
            "quality": reading.quality.name,
            "heard_by": reading.gateway,
        }
        if reading.device not in said:
            said.add(reading.device)
            line = {**msgspec.to_builtins(about[reading.device]), **line}
        yield json.dumps(line)


def _happenings(lines: list[dict[str, Any]]) -> Iterator[Happening]:
    """The transitions, each with what it did to a ticket, which is the line after it."""
    for line, after in pairwise([*lines, {}]):
        if "transition" in line:
            ticket = str(after.get("ticket", "")) if line["transition"] == "raised" else ""
            moment = datetime.fromisoformat(line["at"])
            yield Happening(moment, line["transition"] == "raised", line["title"], line["priority"], ticket)
