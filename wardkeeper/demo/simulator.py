"""Everything Linden General publishes, in order of time: deterministic by seed, no I/O, no clock.

At speed 1 about 120 messages a second; a `Pace` stretches the intervals for a fast clock and a slow broker.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from wardkeeper.demo import wire
from wardkeeper.demo.movement import Movement
from wardkeeper.demo.programme import Programme
from wardkeeper.demo.radio import Radio
from wardkeeper.demo.signals import Signals, Values, share
from wardkeeper.demo.wire import Event
from wardkeeper.demo.world import Talker, World, tag_of

LOOK_S = 5.0
"""How often a device that reports changes looks at its world."""

SCENE_S = 10.0
"""How often a device reports while a scene is about it: what changes is reported at once."""

SIGHTING_S = 8.0
REST_S = 15.0
"""How often a tag sends: on the way, and at rest, as its motion sensor tells it."""

FIRST_S = 8.0
"""Within so many seconds everybody has spoken once, so that a floor plan fills quickly."""

_ON_CHANGE = {"light": "state", "presence": "occupancy", "door contact": "contact"}
"""Kinds that report a change of this field at once."""

_BEGINNING = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Pace:
    """How far intervals are stretched: those of devices, and those of tags, which make nine in ten messages."""

    devices: float = 1.0
    tags: float = 1.0

    @classmethod
    def at(cls, speed: float) -> "Pace":
        """So that a clock of this speed stays below 600 messages a second of real time."""
        return cls(devices=max(1.0, speed / 16), tags=max(1.0, speed / 3))


NORMAL = Pace()


class Hospital:
    """The voices of one hospital from `start` on."""

    def __init__(self, world: World, start: datetime, pace: Pace = NORMAL, programme: Programme | None = None) -> None:
        self.world = world
        self.start = start
        self.programme = programme or Programme(start)
        self.signals = Signals(world)
        self.movement = Movement(world)
        self._radio = Radio(world)
        self._pace = pace

    def greetings(self) -> list[Event]:
        """What is said once at the start, most of it kept by the broker: who is there, and that they are well."""
        at = self.start
        said = wire.zigbee_bridge(self.world.zigbees, at, self._pace.devices)
        said += [wire.zigbee_available(talker, at) for talker in self.world.zigbees]
        for plug in self.world.talkers("plug"):
            said += wire.tasmota_boot(plug, at)
        said += [wire.gateway_status(spot, at) for spot in self.world.gateways]
        return said

    def devices(self) -> list[Iterator[Event]]:
        """One endless stream for each device that measures."""
        return [self._device(talker) for talker in (*self.world.zigbees, *self.world.talkers("plug"))]

    def tags(self) -> list[Iterator[Event]]:
        """One endless stream for each tag, as the gateways hear it, and for each gateway."""
        tags = [self._tag(index) for index in range(len(self.world.tagged))]
        return [*tags, *(self._gateway(index) for index in range(len(self.world.gateways)))]

    def report(self, talker: Talker, at: datetime, changed: Values | None = None) -> list[Event]:
        """What `talker` says at that moment; `changed` is what a scene makes of it."""
        values = {**self.signals.values(talker, at), **(changed or {})}
        if talker.dialect == "tasmota":
            watts, age = float(values["Power"]), (at - _BEGINNING).total_seconds()
            sensor = wire.tasmota_sensor(talker, at, watts, 210 + age / 3600 * 0.028)
            return [sensor, wire.tasmota_state(talker, at, int(age))]
        return [wire.zigbee(talker, at, values)]

    def changing(self, talker: Talker, at: datetime, changed: Values | None = None) -> object:
        """The value whose change `talker` reports at once; None when it only reports in its interval."""
        field = _ON_CHANGE.get(talker.kind)
        return {**self.signals.values(talker, at), **(changed or {})}.get(field) if field else None

    def _device(self, talker: Talker) -> Iterator[Event]:
        interval = talker.interval_s * self._pace.devices
        at = self.start + timedelta(seconds=self.first(talker.topic, FIRST_S))
        said, spoken, touched = None, self.start - timedelta(days=1), False
        # all have spoken within seconds; the second time is early, so that those of one kind come apart
        stagger = timedelta(seconds=interval * share(self.world.seed, talker.topic, "stagger"))
        while True:
            changed = self.programme.says(talker.topic, at, partial(self.signals.values, talker, at))
            now = self.changing(talker, at, changed)
            due = (at - spoken).total_seconds() >= interval - 0.5
            if due or now != said or (changed and (at - spoken).total_seconds() >= SCENE_S) or touched != bool(changed):
                yield from self.report(talker, at, changed)
                spoken, said, touched = at - stagger, now, bool(changed)
                stagger = timedelta()
            else:
                yield _nothing(at)
            at += timedelta(seconds=LOOK_S)

    def _tag(self, index: int) -> Iterator[Event]:
        thing, tag, before = self.world.tagged[index], tag_of(index), None
        chance = random.Random(f"{self.world.seed}/{tag}/{self.start.isoformat()}")
        at = self.start + timedelta(seconds=self.first(tag, SIGHTING_S))
        while True:
            spot = self.movement.spot(thing, at)
            heard = [one for one in self._radio.heard(tag, spot, chance) if not self.programme.silent(one[0].slug, at)]
            moments = sorted(chance.uniform(0, 1.5) for _ in heard)
            for later, (gateway, rssi, distance) in zip(moments, heard, strict=True):
                yield wire.sighting(tag, gateway, _ms(at + timedelta(seconds=later)), rssi, distance)
            pause = (SIGHTING_S if before and spot != before else REST_S) * self._pace.tags
            stray = (0.9, 1.1) if before else (0.1, 1.1)  # all were heard in the first seconds: so they come apart
            at, before = _ms(at + timedelta(seconds=chance.uniform(*stray) * pause)), spot

    def _gateway(self, index: int) -> Iterator[Event]:
        spot = self.world.gateways[index]
        at = self.start + timedelta(seconds=self.first(spot.slug, FIRST_S))
        spoken, gone = self.start - timedelta(days=1), False
        while True:
            silent = self.programme.silent(spot.slug, at)
            if silent != gone:
                yield wire.gateway_status(spot, at, online=gone)  # its will, or itself when it is back
                gone = silent
            elif not gone and (at - spoken).total_seconds() >= 30 * self._pace.devices - 0.5:
                yield wire.gateway_telemetry(spot, at, int((at - _BEGINNING).total_seconds()), 14 + index % 9)
                spoken = at
            else:
                yield _nothing(at)
            at += timedelta(seconds=LOOK_S)

    def first(self, key: str, within: float = 1.0) -> float:
        """When something speaks for the first time, of `within` seconds, to the millisecond."""
        return round(share(self.world.seed, key, "first") * within, 3)


def _nothing(at: datetime) -> Event:
    """A look without a report. It keeps a stream from running ahead: a scene may begin at any moment."""
    return at, "", b"", False


def _ms(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def events(
    world: World,
    start: datetime,
    until: datetime | None = None,
    pace: Pace = NORMAL,
    programme: Programme | None = None,
) -> Iterator[Event]:
    """Everything from `start` on, ordered by time, up to `until`. The first are the greetings, all at `start`."""
    hospital = Hospital(world, start, pace, programme)
    yield from hospital.greetings()
    for event in heapq.merge(*hospital.devices(), *hospital.tags(), key=lambda event: event[0]):
        if until is not None and event[0] >= until:
            return
        if event[1]:
            yield event
