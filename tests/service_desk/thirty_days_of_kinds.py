"""Thirty days of devices that can fail in one way each, by a script: its faults, and what only looks like one.

What a person could do something about is a fault, or a battery that is empty within two weeks of the forecast.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.service_desk.thirty_days import DAY, HOUR, MINUTE, Told, Word, within

REOPENED = 30 * MINUTE
FORECAST = 14 * DAY
RULES = {
    1: ("stuck", {"metric": "temperature", "after": "6 h"}),
    2: ("rate", {"metric": "humidity", "more_than": 15, "direction": "rising", "window": "1 h", "for": "15 min"}),
    3: ("flapping", {"metric": "running"}),
    4: ("battery_forecast", {}),
    5: ("technical", {"for": "1 min"}),
    6: ("link_down", {"for": "1 min"}),
    7: ("silence", {"for": "2 min"}),
}
KINDS = ("stuck", "rate", "flapping", "battery", "technical", "gateway")


@dataclass
class Script:
    """One device. `faults` are what truly is wrong with it, `looks` what looks like that: (from, until)."""

    name: str
    kind: str
    faults: list[tuple[float, float]]
    looks: list[tuple[float, float]]
    life: float = 0.0


def house(chance: random.Random, count: int, days: float) -> list[Script]:
    """Each fails about twice in thirty days and has as many moments that look like it."""
    lengths = {
        "stuck": ((8 * HOUR, 20 * HOUR), (2 * HOUR, 5 * HOUR)),
        "rate": ((HOUR, 2 * HOUR), (3 * MINUTE, 8 * MINUTE)),
        "flapping": ((10 * MINUTE, HOUR), (30.0, 90.0)),
        "technical": ((5 * MINUTE, 6 * HOUR), (5.0, 30.0)),
        "gateway": ((5 * MINUTE, 3 * HOUR), (10.0, 40.0)),
    }
    found = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        script = Script(f"{kind}-{number}", kind, [], [])
        if kind == "battery":
            script.life = chance.choice([chance.uniform(15, 40), chance.uniform(100, 900)]) * DAY
        else:
            at = chance.uniform(0.1, 0.4) * days * DAY
            while at < (days - 1) * DAY:
                real = chance.random() < 0.5
                length = chance.uniform(*lengths[kind][0 if real else 1])
                (script.faults if real else script.looks).append((at, at + length))
                at += length + chance.uniform(DAY, max(2.0, days / 2) * DAY)
        found.append(script)
    return found


def words(script: Script, chance: random.Random, days: float) -> Iterator[Word]:
    """What it says: numbers every five minutes, states when they change; one number in a hundred is lost."""
    if script.kind == "flapping":
        yield from _switched(script, chance, days)
    elif script.kind in ("technical", "gateway"):
        yield from _states(script, chance, days)
    else:
        at = chance.uniform(0, 5 * MINUTE)
        while at < days * DAY:
            if chance.random() >= 0.01:
                metric, value = _number(script, at, chance)
                yield at + chance.uniform(0, 2), at, script.name, metric, value
            at += 5 * MINUTE * chance.uniform(0.98, 1.02)


def _number(script: Script, at: float, chance: random.Random) -> tuple[str, float]:
    if script.kind == "battery":
        cold = 2 * max(0.0, math.sin(at / DAY * math.tau))
        return "battery", float(max(0, round(100 - 100 * at / script.life - cold)))
    day = math.sin(at / DAY * math.tau)
    spans = script.faults + script.looks
    if script.kind == "stuck":
        return "temperature", 21.4 if within(spans, at) else round(21 + day + chance.gauss(0, 0.2), 1)
    wet = sum(_risen(40.0, HOUR, span, at) for span in script.faults)
    wet += sum(_risen(120.0, 20 * MINUTE, span, at) for span in script.looks)  # a shower
    return "humidity", round(min(100.0, 40 + 5 * day + wet + chance.gauss(0, 0.5)), 1)


def _risen(an_hour: float, gone_s: float, span: tuple[float, float], at: float) -> float:
    begin, until = span
    if at <= begin:
        return 0.0
    return an_hour * (min(at, until) - begin) / HOUR * math.exp(-max(0.0, at - until) / gone_s)


def _switched(script: Script, chance: random.Random, days: float) -> Iterator[Word]:
    at, on = 0.0, False
    while at < days * DAY:
        yield at + chance.uniform(0, 1), at, script.name, "running", on
        on = not on
        pause = (
            chance.uniform(20, 40) if within(script.faults + script.looks, at) else chance.expovariate(1 / HOUR) + 60
        )
        soon = [begin for begin, _ in script.faults + script.looks if at < begin < at + pause]
        at = min([at + pause, *soon])


def _states(script: Script, chance: random.Random, days: float) -> Iterator[Word]:
    metric, well, ill = (
        ("technical_alarm", "", "Sensor fault") if script.kind == "technical" else ("available", True, False)
    )
    yield 1.0, 1.0, script.name, metric, well
    for begin, until in sorted(script.faults + script.looks):
        for at, value in ((begin, ill), (until, well)):
            if at < days * DAY:
                yield at + chance.uniform(0, 1), at, script.name, metric, value


@dataclass
class Score:
    """Against what truly happened. A ticket is all that one device raises until it was calm for half an hour."""

    faults: int
    missed: int
    tickets: int
    actionable: float
    by_kind: dict[str, tuple[int, int]]
    false_silences: int
    device_days: float
    alarms_an_hour: float


def score(scripts: list[Script], told: Told, days: float) -> Score:
    """A fault is missed when no alarm began in it or in the hour after it; the last day's may be yet to come."""
    by_name = {one.name: one for one in scripts}
    opened = list(_tickets(told))
    useful = [name for name, at in opened if _actionable(by_name[name], at)]
    due = [(one.name, span) for one in scripts for span in one.faults if span[1] < (days - 1) * DAY]
    due += [(one.name, (0.0, one.life)) for one in scripts if one.kind == "battery" and one.life < days * DAY]
    raised = [(name, moment) for each in told.raised.values() for name, _, moment in each]
    missed = [
        (name, span) for name, span in due if not any(of == name and span[0] < at < span[1] + HOUR for of, at in raised)
    ]
    kinds = {
        kind: tuple(sum(name.startswith(kind) for name in names) for names in (useful, [name for name, _ in opened]))
        for kind in KINDS
    }
    return Score(
        faults=len(due),
        missed=len(missed),
        tickets=len(opened),
        actionable=len(useful) / max(1, len(opened)),
        by_kind=kinds,
        false_silences=sum(not _actionable(by_name[name], at) for name, _, at in told.raised[7]),
        device_days=len(scripts) * days,
        alarms_an_hour=len(raised) / (days * 24),
    )


def _actionable(script: Script, at: float) -> bool:
    """Whether somebody who comes at once, or within the hour, finds something to do."""
    if script.kind == "battery":
        return script.life - at <= FORECAST
    return any(begin <= at <= until + HOUR for begin, until in script.faults)


def _tickets(told: Told) -> Iterator[tuple[str, float]]:
    """(device, moment) of each that opens."""
    standing: dict[str, int] = {}
    calm: dict[str, float] = {}
    for name, at, raised in told.said:
        if raised:
            if not standing.get(name) and at - calm.get(name, -DAY) > REOPENED:
                yield name, at
            standing[name] = standing.get(name, 0) + 1
        else:
            standing[name], calm[name] = standing.get(name, 1) - 1, at
