"""How much a category of equipment is used, and how many of it are enough: pure.

An asset is used while its status says `in_use`; telemetry, a person or both write that down (`asset_registry.status`).
The size of a fleet: enough for all but one in twenty quarter hours, and a spare for every five in use. The rule is the
project's own; a house may want more.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

STEP = timedelta(minutes=15)
BUSY_SHARE = 0.95
SPARES = 0.2

Use = tuple[datetime, datetime]
"""In use from, until."""


@dataclass(frozen=True)
class Member:
    """An asset of a fleet: since when it belongs to it, and when it was in use."""

    asset_id: int
    since: datetime
    uses: Sequence[Use]
    rented: bool = False


@dataclass(frozen=True)
class Fleet:
    """A category between two moments.

    `busy`: how many were in use for all but one in twenty quarter hours; `most`: the most at once; `utilization`: the
    share of the time that one of them is in use; `turnover`: uses an asset and week; `unused`: who was never in use.
    """

    category: str
    size: int
    rented: int
    utilization: float
    busy: int
    most: int
    turnover: float
    unused: Sequence[int]
    known: timedelta

    @property
    def enough(self) -> int:
        """How many would do."""
        return math.ceil(self.busy * (1 + SPARES))

    @property
    def spare(self) -> int:
        """How many more there are than would do; negative when too few."""
        return self.size - self.enough

    @property
    def advice(self) -> str:
        """What follows from it, in words; "" as long as there are too few days to say."""
        if self.known < timedelta(days=7):
            return ""
        if self.rented and self.spare > 0:
            back = min(self.rented, self.spare)
            return f"{back} of the {self.rented} rented can go back"
        if self.spare < 0:
            return f"{-self.spare} more would be enough" if self.size else ""
        if self.size > 4 and self.spare > self.size / 3:
            return f"{self.spare} more than are needed: no need to buy or rent"
        return "about right"


def uses_of(changes: Iterable[tuple[datetime, str]], start: datetime, end: datetime) -> list[Use]:
    """When it was in use between two moments. `changes` of its use by time, the first may lie before `start`."""
    found: list[Use] = []
    begun: datetime | None = None
    for at, use in sorted(changes):
        if use == "in_use" and begun is None:
            begun = at
        elif use != "in_use" and begun is not None:
            found.append((begun, at))
            begun = None
    if begun is not None:
        found.append((begun, end))
    return [(max(a, start), min(b, end)) for a, b in found if b > start and a < end]


def fleet_of(category: str, members: Sequence[Member], start: datetime, end: datetime) -> Fleet:
    """How a category was used."""
    owned = sum((end - max(start, each.since) for each in members if each.since < end), timedelta())
    used = sum((b - a for each in members for a, b in each.uses), timedelta())
    counts = _in_use(members, start, end)
    weeks = owned / timedelta(weeks=1)
    return Fleet(
        category,
        len(members),
        sum(each.rented for each in members),
        used / owned if owned else 0.0,
        _quantile(counts, BUSY_SHARE),
        max(counts, default=0),
        sum(len(each.uses) for each in members) / weeks if weeks else 0.0,
        [each.asset_id for each in members if not each.uses],
        end - start,
    )


def _in_use(members: Sequence[Member], start: datetime, end: datetime) -> list[int]:
    """How many were in use at some time of each quarter hour."""
    steps = max(1, math.ceil((end - start) / STEP))
    rises = [0] * (steps + 1)
    for each in members:
        for first, last in _steps(each.uses, start):
            rises[first] += 1
            rises[min(last + 1, steps)] -= 1
    counts, level = [], 0
    for rise in rises[:steps]:
        level += rise
        counts.append(level)
    return counts


def _steps(uses: Iterable[Use], start: datetime) -> Iterable[tuple[int, int]]:
    """The quarter hours of each use, those that follow each other without a gap as one."""
    joined: list[tuple[int, int]] = []
    for a, b in uses:
        first, last = (a - start) // STEP, max(a - start, b - start - timedelta(milliseconds=1)) // STEP
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _quantile(counts: Sequence[int], share: float) -> int:
    return sorted(counts)[min(len(counts) - 1, math.ceil(share * len(counts)) - 1)] if counts else 0


def hoards(idle: Mapping[int, Sequence[int]], least: int = 4, share: float = 0.5) -> dict[int, Sequence[int]]:
    """The rooms that hold at least so many idle assets of a category, and half of all idle ones: room -> assets."""
    total = sum(len(assets) for assets in idle.values())
    return {room: assets for room, assets in idle.items() if len(assets) >= least and len(assets) >= share * total}
