"""What a gateway can mistake for its own place: the places without a gateway to which it is the nearest one.

A tag heard by one gateway at some level may lie in the gateway's place or in a place next door that nobody hears from.
`share` says how likely the first is: the level expected at a distance is that of Recommendation ITU-R P.1238-12 for an
office at 2.4 GHz (30 dB with every tenfold distance, walls included), from -59 dBm at 1 m; it scatters with 5 dB, for
fading, bodies and tags that were not measured. Every place is as likely as any other, every point in it too.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

Outline = list[tuple[float, float]]
Ranges = dict[int, float]
"""How much of places lies how far away: weight (1 is a whole place) by distance in metres, rounded."""

AT_ONE_METRE_DBM = -59.0
PER_DECADE_DB = 30.0
SCATTER_DB = 5.0
WAY = 0.15
"""The weight of corridors, stairs and lifts beside that of a room: what stands there is soon moved on."""

_STEP_M, _MOST_STEPS = 1.0, 50


class Point(Protocol):
    """What `reaches` needs of a gateway."""

    @property
    def place_id(self) -> int:
        """Its place."""

    @property
    def x_m(self) -> float:
        """East."""

    @property
    def y_m(self) -> float:
        """South."""


def share(level_dbm: float, own: Ranges, others: Ranges) -> float:
    """The probability that a tag heard at this level is in the gateway's own place, 0 to 1."""
    mine, theirs = _weight(level_dbm, own), _weight(level_dbm, others)
    return mine / (mine + theirs) if mine + theirs else 1.0


def _weight(level_dbm: float, ranges: Ranges) -> float:
    return sum(weight * _likelihood(level_dbm, metres) for metres, weight in ranges.items())


def _likelihood(level_dbm: float, metres: int) -> float:
    off = level_dbm - AT_ONE_METRE_DBM + PER_DECADE_DB * math.log10(max(1, metres))
    return math.exp(-0.5 * (off / SCATTER_DB) ** 2)


def reaches(
    gateways: Mapping[str, Point], outlines: Mapping[int, Outline], ways: Collection[int] = ()
) -> dict[str, tuple[Ranges, Ranges]]:
    """For each gateway of one floor its own place's ranges, and those of the silent places nearest to it.

    `outlines` by place; `ways` are those that are corridors.
    """
    heard = {gateway.place_id for gateway in gateways.values()}
    found: dict[str, tuple[Ranges, Ranges]] = {name: ({}, {}) for name in gateways}
    for place_id, outline in outlines.items():
        inside = list(points_in(outline))
        weight = (WAY if place_id in ways else 1.0) / max(1, len(inside))
        own = {name: at for name, at in gateways.items() if at.place_id == place_id}
        for x, y in inside:
            name, metres = _nearest(own or gateways, x, y)
            ranges = found[name][0 if place_id in heard else 1]
            ranges[metres] = ranges.get(metres, 0.0) + weight
    return found


def _nearest(gateways: Mapping[str, Point], x: float, y: float) -> tuple[str, int]:
    away = {name: math.hypot(at.x_m - x, at.y_m - y) for name, at in gateways.items()}
    name = min(away, key=lambda one: away[one])
    return name, round(away[name])


def points_in(outline: Outline) -> Iterator[tuple[float, float]]:
    """The middles of the squares of 1 m (larger ones in a vast place) that lie in an outline; at least one point."""
    if not outline:
        return
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    points = [(x, y) for x in _middles(xs) for y in _middles(ys) if _contains(outline, x, y)]
    yield from points or [((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)]


def _middles(sides: Iterable[float]) -> list[float]:
    low, high = min(sides := list(sides)), max(sides)
    steps = min(_MOST_STEPS, max(1, round((high - low) / _STEP_M)))
    return [low + (high - low) * (n + 0.5) / steps for n in range(steps)]


def _contains(outline: Outline, x: float, y: float) -> bool:
    """Whether a ray to the east crosses the outline an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
            inside = not inside
    return inside
