"""Outlines on a floor, as numbers: what lies inside, crosses itself or lies on another. Metres, y to the south."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

Point = tuple[float, float]
Wall = tuple[Point, Point]

SAMPLES = 25
"""Points a side at which two outlines are compared."""


def walls_of(polygon: Sequence[Point]) -> Iterator[Wall]:
    """Its sides, the last back to the first corner."""
    return zip(polygon, [*polygon[1:], *polygon[:1]], strict=True)


def area_of(polygon: Sequence[Point]) -> float:
    """Square metres; negative when the corners go against the clock, as seen on the plan."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in walls_of(polygon)) / 2


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether a point lies inside."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in walls_of(polygon):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def to_wall(wall: Wall, point: Point) -> float:
    """How far a point is from a wall."""
    (x1, y1), (x2, y2) = wall
    dx, dy = x2 - x1, y2 - y1
    length = dx * dx + dy * dy
    along = max(0.0, min(1.0, ((point[0] - x1) * dx + (point[1] - y1) * dy) / length)) if length else 0.0
    return math.dist(point, (x1 + along * dx, y1 + along * dy))


def facing(polygon: Sequence[Point], point: Point) -> tuple[str, float]:
    """The side (n, e, s, w) to which the wall nearest to a point looks, and how far that wall is."""
    wall = min(walls_of(polygon), key=lambda each: to_wall(each, point))
    (x1, y1), (x2, y2) = wall
    turn = 1 if area_of(polygon) > 0 else -1
    out_x, out_y = turn * (y2 - y1), -turn * (x2 - x1)
    side = ("e" if out_x > 0 else "w") if abs(out_x) > abs(out_y) else ("s" if out_y > 0 else "n")
    return side, to_wall(wall, point)


def crosses(polygon: Sequence[Point]) -> bool:
    """Whether its walls cross or touch each other anywhere but at the corners that they share."""
    walls = list(walls_of(polygon))
    last = len(walls) - 1
    return any(
        _meet(one, other)
        for (n, one), (m, other) in combinations(enumerate(walls), 2)
        if m - n > 1 and (n, m) != (0, last)
    )


def _meet(one: Wall, other: Wall) -> bool:
    (a, b), (c, d) = one, other
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    return any(to_wall(wall, point) < 1e-6 for wall, point in ((one, c), (one, d), (other, a), (other, b)))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def overlap(one: Sequence[Point], other: Sequence[Point], wall: float) -> bool:
    """Whether they lie on each other by more than a wall's thickness."""
    (west, east), (north, south) = (
        (
            max(min(corner[axis] for corner in one), min(corner[axis] for corner in other)),
            min(max(corner[axis] for corner in one), max(corner[axis] for corner in other)),
        )
        for axis in (0, 1)
    )
    if east - west <= wall or south - north <= wall:
        return False
    points = (
        (west + (east - west) * (i + 0.5) / SAMPLES, north + (south - north) * (j + 0.5) / SAMPLES)
        for i in range(SAMPLES)
        for j in range(SAMPLES)
    )
    return any(_deep(one, point, wall / 2) and _deep(other, point, wall / 2) for point in points)


def _deep(polygon: Sequence[Point], point: Point, depth: float) -> bool:
    return contains(polygon, point) and all(to_wall(each, point) >= depth for each in walls_of(polygon))
