"""Thirty days of a house by its own script: what truly happened, what of it was heard, and what the rules said of it.

Two hundred devices; each drops words, jitters, reboots, has bad hours in which it drops many; a third talks only when
something happens. Fridges warm for short and for long, some devices die. Wardkeeper itself is restarted and is away.
"""

import heapq
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.latest import Latest
from collector.reading import Reading
from service_desk.alarms.judge import Judge
from service_desk.ports import Subject
from service_desk.rulebook import built
from service_desk.rules_yaml import Draft

START = datetime(2026, 11, 1, tzinfo=UTC)
HOLD = 1200.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
RULES = {
    1: ("threshold", {"metric": "probe_temperature", "above": 8, "clear": 7.5, "for": "20 min", "keep_for": "10 min"}),
    2: ("silence", {}),
}


@dataclass
class Device:
    """`every` None: it talks when something happens. `warm` and `dead` are when it truly was: (from, until)."""

    name: str
    every: float | None
    warm: list[tuple[float, float]] = field(default_factory=list)
    dead: list[tuple[float, float]] = field(default_factory=list)
    bad: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Told:
    """What the rules said: (device, onset, moment) of every alarm, by rule; (device, moment, raised) in order."""

    raised: dict[int, list[tuple[str, float, float]]] = field(default_factory=lambda: defaultdict(list))
    said: list[tuple[str, float, bool]] = field(default_factory=list)
    open: set[tuple[int, str]] = field(default_factory=set)
    readings: int = 0
    restarts: int = 0


def house(chance: random.Random, count: int, days: float) -> list[Device]:
    """A third at a minute, a third at five, a third on events; excursions clearly shorter or longer than the hold."""
    found = []
    for number in range(count):
        every = (MINUTE, 5 * MINUTE, None)[number % 3]
        device = Device(f"d{number}", every)
        at = chance.uniform(0, days / 3) * DAY
        while every is not None and at < (days - 0.2) * DAY:
            long = chance.random() < 0.5
            length = chance.uniform(HOLD + 3 * every, 4 * HOUR) if long else chance.uniform(60, HOLD - 3 * every)
            device.warm.append((at, at + length))
            at += length + chance.uniform(days / 10, days / 2) * DAY
        if every is not None and chance.random() < 0.2 and days > 3:
            died = chance.uniform(1, days - 1) * DAY
            device.dead.append((died, died + chance.uniform(2, 12) * HOUR))
        device.bad = [(at, at + HOUR) for at in (chance.uniform(0, days) * DAY for _ in range(3))]
        found.append(device)
    return found


def within(spans: list[tuple[float, float]], at: float) -> bool:
    """Whether the moment lies in one of the spans."""
    return any(begin <= at < end for begin, end in spans)


Word = tuple[float, float, str, str, Any]
"""(heard at, measured at, device, metric, value), in seconds since the start."""


def words(device: Device, chance: random.Random, days: float) -> Iterator[Word]:
    """Everything that arrives: one word in a hundred does not."""
    at = chance.uniform(0, device.every or HOUR)
    while at < days * DAY:
        dropped = chance.random() < (0.05 if within(device.bad, at) else 0.01)
        if not dropped and not within(device.dead, at):
            value = 9.5 if within(device.warm, at) else 5.0 + chance.uniform(-1, 1)
            yield at + chance.uniform(0, 2), at, device.name, "probe_temperature", round(value, 1)
        if device.every is None:
            at += chance.expovariate(1 / (2 * MINUTE if (at / HOUR) % 24 > 7 else 3 * HOUR))
        elif chance.random() < 0.0005:
            at += chance.uniform(1, 2) * device.every  # it reboots
        else:
            at += device.every * chance.uniform(0.95, 1.05)


def run(devices: list[Device], seed: int, days: float, restarts_a_day: float) -> Told:
    """What these devices say, through the judge."""
    streams = [words(device, random.Random(f"{seed}/{device.name}"), days) for device in devices]
    return judged(streams, RULES, seed, restarts_a_day)


def judged(
    streams: list[Iterator[Word]], given: Mapping[int, tuple[str, dict[str, Any]]], seed: int, restarts_a_day: float
) -> Told:
    """Everything through the judge; now and then only the states are left, as JSON, and some minutes are missed."""
    chance, told, latest = random.Random(seed), Told(), Latest()
    rules = {key: built(Draft(kind, config, f"rule.{kind}")) for key, (kind, config) in given.items()}

    def subject(name: str, _at: datetime) -> Subject:
        every = latest.interval(name)
        every_s = every.total_seconds() if every else None
        pace = "even" if latest.even(name) else ""
        return Subject(name, place_id=1, every_s=every_s, gateway=name.startswith("gateway"), pace=pace)

    judge, away = Judge(rules, subject), 0.0
    stop = chance.expovariate(restarts_a_day / DAY)
    for heard, measured, name, metric, value in heapq.merge(*streams, key=lambda word: word[0]):
        if heard >= stop:
            away, told.restarts = stop + chance.choice([5.0, 30.0, 600.0]), told.restarts + 1
            states = json.loads(json.dumps([[*key, state] for key, state in judge.states.items()]))
            judge = Judge(
                rules, subject, {(rule, of): state for rule, of, state in states}, missed=timedelta(seconds=away - stop)
            )
            latest, stop = Latest(), away + chance.expovariate(restarts_a_day / DAY)
        late = heard < away  # the broker kept it: it comes when we are back, or is lost with the session
        if late and chance.random() < 0.5:
            continue
        at, received = (START + timedelta(seconds=moment) for moment in (measured, max(heard, away)))
        reading = Reading(name, metric, value, at, received)
        latest.update([reading])
        told.readings += 1
        for rule, _, about, verdict, _ in judge.hear([reading]):
            onset, moment = ((each - START).total_seconds() for each in (verdict.since, verdict.at))
            told.said.append((about.device, moment, verdict.raised))
            if verdict.raised:
                told.raised[rule].append((about.device, onset, moment))
                told.open.add((rule, about.device))
            else:
                told.open.discard((rule, about.device))
    return told


@dataclass
class Score:
    """Against what truly happened."""

    excursions: int
    missed: int
    short: int
    alarmed_short: int
    silences: int
    missed_silences: int
    false_silences: int
    device_days: float
    alarms_an_hour: float


def score(devices: list[Device], told: Told, days: float) -> Score:
    """An alarm belongs to what it overlaps; a silence of less than two hours is nobody's loss."""
    long = [(one.name, span) for one in devices for span in one.warm if span[1] - span[0] > HOLD]
    short = [(one.name, span) for one in devices for span in one.warm if span[1] - span[0] <= HOLD]
    dead = [(one.name, span) for one in devices for span in one.dead]
    by_name = {one.name: one for one in devices}

    def alarmed(rule: int, name: str, span: tuple[float, float]) -> bool:
        return any(of == name and span[0] - HOUR < onset <= span[1] for of, onset, _ in told.raised[rule])

    def unheard(name: str, span: tuple[float, float]) -> bool:
        """It was dead for most of it, so that nobody could know."""
        return within(by_name[name].dead, (span[0] + span[1]) / 2) or any(
            begin < span[1] and end > span[0] for begin, end in by_name[name].dead
        )

    false = [one for one in told.raised[2] if not within([(a, b + 60) for a, b in by_name[one[0]].dead], one[2])]
    return Score(
        excursions=sum(not unheard(*one) for one in long),
        missed=sum(not alarmed(1, *one) and not unheard(*one) for one in long),
        short=sum(not unheard(*one) for one in short),
        alarmed_short=sum(alarmed(1, *one) and not unheard(*one) for one in short),
        silences=len(dead),
        missed_silences=sum(not alarmed(2, *one) for one in dead),
        false_silences=len(false),
        device_days=len(devices) * days,
        alarms_an_hour=sum(map(len, told.raised.values())) / (days * 24),
    )
