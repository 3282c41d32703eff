"""Where an asset was, from the rooms its tag was believed to be in: pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from collector.reading import Reading


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
    """The stays between two moments, in their order. `rooms`: the tag's readings of `room`, each a change."""
    changes = [(each.at, _place(each)) for each in sorted(rooms, key=lambda reading: reading.at) if each.at < end]
    found: list[Stay] = []
    for index, (at, place) in enumerate(changes):
        last = index + 1 == len(changes)
        until = end if last else changes[index + 1][0]
        if until <= start or until <= at:
            continue
        if found and found[-1].place_id == place:
            before = found.pop()
            found.append(Stay(asset_id, place, before.start, until, last))
        else:
            found.append(Stay(asset_id, place, max(at, start), until, last))
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
