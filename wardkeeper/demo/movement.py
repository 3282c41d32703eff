"""Who is where: a working day of equipment, as a pure function of seed, asset and time.

Pumps leave the store, are used at a patient, go to the soiled utility, are cleaned, and come back; what is in use
changes rooms now and then; wheelchairs drive about. People walk along the corridors, through doors, at 1.1 m/s.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise

from wardkeeper.demo.building import CORE, CROSSINGS, NORTH, SOUTH, Room
from wardkeeper.demo.inventory import at_a_patient, nearest
from wardkeeper.demo.signals import hour, share
from wardkeeper.demo.thing import Thing
from wardkeeper.demo.world import World

PACE = 1.1
"""Metres a second."""

Point = tuple[float, float]
Leg = tuple[str, str, float]
"""(room, use, for how long in s): use is one of USES."""

USES = {
    "home": ("idle", "clean"),
    "patient": ("in_use", "clean"),
    "soiled": ("idle", "soiled"),
    "cleaning": ("idle", "reprocessing"),
}
"""What a stay says about the first two parts of the status: use and hygiene."""


@dataclass(frozen=True)
class Spot:
    """Where an asset is: on which floor, at which point, and what it is there for."""

    level: int
    x: float
    y: float
    room: str
    stay: str


class Movement:
    """The whereabouts of every asset of one hospital."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seed = world.seed
        self._plan = lru_cache(maxsize=2048)(self._plan_of)

    def travels(self, thing: Thing) -> bool:
        """Whether the asset ever moves: what is broken, blocked, soiled or built in stays."""
        fit = thing.mobile and thing.condition == "ok" and thing.hygiene == "clean"
        return fit and thing.number != "P-117"

    def spot(self, thing: Thing, at: datetime) -> Spot:
        """Where `thing` is."""
        rest = "patient" if thing.use == "in_use" else "home"
        if thing.hygiene in {"soiled", "reprocessing"}:
            rest = "soiled" if thing.hygiene == "soiled" else "cleaning"
        if not self.travels(thing):
            return self._standing(thing, thing.stands, rest)
        length = 3600 if thing.category == "wheelchair" else 28_800
        turn, second = divmod(at.timestamp() + length * share(self._seed, thing.number, "turn"), length)
        before = thing.stands
        for begin, end, room, stay in self._plan(thing.number, int(turn), length):
            if second < begin:
                return self._standing(thing, before, rest)
            way = self._way(thing, before, room)
            walked = (second - begin) * PACE
            if walked < _length(way):
                return self._walking(before, room, _along(way, walked), stay)
            if second < end:
                return self._standing(thing, room, stay)
            before, rest = room, stay
        return self._standing(thing, before, rest)

    def status(self, thing: Thing, at: datetime) -> tuple[str, str]:
        """Use and hygiene of `thing` as they follow from what it is where it is for."""
        return USES[self.spot(thing, at).stay] if self.travels(thing) else (thing.use, thing.hygiene)

    def _plan_of(self, number: str, turn: int, length: int) -> tuple[tuple[float, float, str, str], ...]:
        """The stays of one turn: (second it is fetched, second it is left, room, stay); the last is where it stands."""
        thing = self._world.asset[number]
        chance = random.Random(f"{self._seed}/{number}/{turn}")
        begin = chance.uniform(0, length / 4)
        now = datetime.fromtimestamp(turn * length + begin, UTC)
        busy = 0.75 if 6 <= hour(now) < 20 else 0.35
        if chance.random() > busy:
            return ()
        stays = []
        for room, stay, seconds in self._legs(thing, length, chance):
            stays.append((begin, begin + seconds, room, stay))
            begin += seconds
        return tuple(stays)

    def _legs(self, thing: Thing, length: int, chance: random.Random) -> list[Leg]:
        home = self._world.room[thing.home]
        same = [room for room in self._world.rooms if room.level == home.level]
        target = at_a_patient(same, chance)
        if thing.category == "wheelchair":
            return [(target, "patient", length * chance.uniform(0.2, 0.5)), (thing.stands, _rest(thing), 0)]
        if thing.use == "in_use":
            return [(target, "patient", chance.uniform(3600, 9000)), (thing.stands, "patient", 0)]
        soiled, clean = nearest(same, home, "soiled_utility"), nearest(same, home, "clean_utility")
        return [
            (target, "patient", chance.uniform(2400, 10_800)),
            (soiled, "soiled", chance.uniform(1200, 3000)),
            (clean, "cleaning", chance.uniform(900, 1800)),
            (thing.stands, "home", 0),
        ]

    def _standing(self, thing: Thing, number: str, stay: str) -> Spot:
        room = self._world.room[number]
        return Spot(room.level, *self._slot(thing, room), number, stay)

    def _slot(self, thing: Thing, room: Room) -> Point:
        """Where in the room, a metre from the walls."""
        east, south = (share(self._seed, thing.number, room.number, axis) for axis in "xy")
        return (
            round(room.west + 1 + (room.east - room.west - 2) * east, 2),
            round(room.north + 1 + (room.south - room.north - 2) * south, 2),
        )

    def _way(self, thing: Thing, start: str, end: str) -> tuple[Point, ...]:
        one, other = self._world.room[start], self._world.room[end]
        return (self._slot(thing, one), *corridor(one, other), self._slot(thing, other))

    def _walking(self, start: str, end: str, point: Point, stay: str) -> Spot:
        x, y = point
        one, other = self._world.room[start], self._world.room[end]
        room = one.number if one.contains(x, y) else other.number if other.contains(x, y) else ""
        return Spot(other.level, x, y, room, stay)


def _rest(thing: Thing) -> str:
    return "patient" if thing.use == "in_use" else "home"


def corridor(one: Room, other: Room) -> tuple[Point, ...]:
    """From door to door on one floor: along the corridor, and to the other one where that is shortest."""
    start, end = _outside(one), _outside(other)
    if start[1] == end[1]:
        around: tuple[Point, ...] = ()
    else:
        x = min(CROSSINGS, key=lambda gap: abs(start[0] - gap) + abs(end[0] - gap))
        around = ((x, start[1]), (x, end[1]))
    return (_door(one), start, *around, end, _door(other))


def _door(room: Room) -> Point:
    return (room.doors[0].x, room.doors[0].y) if room.doors else room.center


def _outside(room: Room) -> Point:
    """The point on the corridor's middle before the room's door."""
    x, y = _door(room)
    return x, (NORTH + CORE[0]) / 2 if y < CORE[1] else (CORE[2] + SOUTH) / 2


def _length(way: Sequence[Point]) -> float:
    return sum(math.dist(one, other) for one, other in pairwise(way))


def _along(way: Sequence[Point], walked: float) -> Point:
    for one, other in pairwise(way):
        step = math.dist(one, other)
        if walked <= step and step > 0:
            part = walked / step
            return round(one[0] + (other[0] - one[0]) * part, 2), round(one[1] + (other[1] - one[1]) * part, 2)
        walked -= step
    return way[-1]
