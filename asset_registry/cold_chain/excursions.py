"""When a store was out of its range, and when nobody knows: pure, from its readings alone.

A reading at least every 30 minutes: CDC, Vaccine Storage and Handling Toolkit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from asset_registry.hvac import Range

LONGEST_GAP = timedelta(minutes=30)
"""Longer without a reading, and the store's temperature was not known."""

Point = tuple[datetime, float]


@dataclass(frozen=True)
class Excursion:
    """From the first reading outside to the first one inside again; `end` is None while it goes on.

    `lowest` and `highest` in °C of its `readings`; `unseen` is how much of it lies in gaps.
    """

    start: datetime
    end: datetime | None
    lowest: float
    highest: float
    readings: int
    unseen: timedelta

    def lasted(self, now: datetime) -> timedelta:
        """How long it took, or has taken until `now`."""
        return (self.end or now) - self.start


@dataclass(frozen=True)
class Extreme:
    """The lowest or highest reading, and when it was first."""

    value: float
    at: datetime


@dataclass(frozen=True)
class Log:
    """What the readings between `start` and `end` say.

    `gaps` are longer than 30 minutes without a reading, `known` the share of the time that lies in none.
    """

    start: datetime
    end: datetime
    readings: int
    lowest: Extreme | None
    highest: Extreme | None
    excursions: Sequence[Excursion]
    gaps: Sequence[tuple[datetime, datetime]]

    @property
    def known(self) -> float:
        """The share of the time of which the temperature is known, 0 to 1."""
        blind = sum((end - start for start, end in self.gaps), timedelta())
        return 1 - blind / (self.end - self.start) if self.end > self.start else 0.0


def read_log(points: Iterable[Point], wanted: Range, start: datetime, end: datetime) -> Log:
    """The log of a store. `points` in their order of time; those outside `start` to `end` do not count."""
    within = [point for point in points if start <= point[0] <= end]
    extremes = [Extreme(value, at) for at, value in within]
    times = [start, *(at for at, _ in within), end]
    gaps = [(a, b) for a, b in pairwise(times) if b - a > LONGEST_GAP]
    return Log(
        start,
        end,
        len(within),
        min(extremes, key=lambda each: each.value, default=None),
        max(extremes, key=lambda each: each.value, default=None),
        list(_excursions(within, wanted, gaps, end)),
        gaps,
    )


def _excursions(
    points: Sequence[Point], wanted: Range, gaps: Sequence[tuple[datetime, datetime]], end: datetime
) -> Iterable[Excursion]:
    outside: list[Point] = []
    for at, value in points:
        if not wanted.holds(value):
            outside.append((at, value))
        elif outside:
            yield _excursion(outside, at, gaps, end)
            outside = []
    if outside:
        yield _excursion(outside, None, gaps, end)


def _excursion(
    outside: Sequence[Point], back: datetime | None, gaps: Sequence[tuple[datetime, datetime]], end: datetime
) -> Excursion:
    start, values = outside[0][0], [value for _, value in outside]
    over = back or end
    unseen = sum((b - a for a, b in gaps if a >= start and b <= over), timedelta())
    return Excursion(start, back, min(values), max(values), len(values), unseen)
