"""Where an asset was, from the rooms its tag was believed to be in: pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest

from collector.reading import Reading

FORGOTTEN = timedelta(minutes=30)
"""A fix that is older says nothing of where something was."""


@dataclass(frozen=True)
class Stay:
    """An asset in a room from `start` until `end`; `going_on` when it is still there. `place_id` None: unknown."""

    asset_id: int
    place_id: int | None
    start: datetime
    end: datetime
    going_on: bool = False

    @property
    def lasted(self) -> timedelta:
        """How long."""
        return self.end - self.start


def stays_of(asset_id: int, rooms: Iterable[Reading], start: datetime, end: datetime) -> list[Stay]:
    """The stays between two moments, in their order.

    `rooms`: the tag's readings of `room`, said again while it is heard; what was not for `FORGOTTEN` is unknown.
    """
    said = [each for each in sorted(rooms, key=lambda reading: reading.at) if each.at < end]
    found: list[Stay] = []

    def add(place: int | None, first: datetime, last: datetime) -> None:
        first = max(first, start)
        if last > first and found and found[-1].place_id == place:
            first = found.pop().start
        if last > first:
            found.append(Stay(asset_id, place, first, last, last == end and place is not None))

    for reading, following in zip_longest(said, said[1:]):
        until = following.at if following is not None else end
        held = min(until, reading.at + FORGOTTEN)
        add(_place(reading), reading.at, held)
        add(None, held, until)
    return found


def in_room(stays: Iterable[Stay], place_ids: set[int], least: timedelta = timedelta()) -> list[Stay]:
    """Who was in one of the rooms for at least so long, the longest first."""
    there = [stay for stay in stays if stay.place_id in place_ids and stay.lasted >= least]
    return sorted(there, key=lambda stay: (-stay.lasted, stay.start))


def dwell(stays: Iterable[Stay]) -> dict[int | None, timedelta]:
    """How long altogether in each room, the longest first."""
    told: dict[int | None, timedelta] = defaultdict(timedelta)
    for stay in stays:
        told[stay.place_id] += stay.lasted
    return dict(sorted(told.items(), key=lambda item: -item[1]))


def moves(stays: Sequence[Stay]) -> int:
    """How often it changed its room; a time in which nobody knew where it was is no move."""
    known = [stay.place_id for stay in stays if stay.place_id is not None]
    return sum(one != other for one, other in pairwise(known))


def _place(reading: Reading) -> int | None:
    return int(reading.value) if isinstance(reading.value, str) and reading.value.isdecimal() else None
