"""Where to stand on a survey: points spread over the rooms of a floor, which of them are done, and the next one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from asset_registry.known import KnownPlace
from asset_registry.outlines import Box, box_around
from asset_registry.places import outline_of
from asset_registry.polygons import Point, area_of, contains, to_wall, walls_of

SPACING_M = 6.0
"""Between two points of one room, about."""
REACH_M = 4.0
"""A point is done when somebody stood in its room so near; the only one of a room is, wherever in it."""
BORDER_M = 0.5
"""A point on a border says little of either room."""
TWO_FROM_M2 = 12.0
"""From this size on a room is surveyed at two points at least."""
FINE_M = 0.5
FILLED = 0.25
"""A square of which less lies in the room gets no point of its own."""
LEFT_OUT = ("lift", "stairs")
OTHER_ROOM_M = 6.0
"""So much further the next point may be in the room where one stands."""


@dataclass(frozen=True)
class Spot:
    """A point of a floor to stand at."""

    room: KnownPlace
    x: float
    y: float
    done: bool = False


def spots(rooms: Iterable[KnownPlace], stood: Iterable[Point]) -> list[Spot]:
    """The points of a floor, room by room; `stood` is where somebody has been: each does one point of its room."""
    drawn = [(room, outline_of(room.plan)) for room in rooms if room.room_type not in LEFT_OUT]
    found = {room.id: [Spot(room, *point) for point in spread(outline)] for room, outline in drawn if len(outline) > 2}
    outlines = {room.id: outline for room, outline in drawn}
    for point in stood:
        room_id = next((room_id for room_id in found if contains(outlines[room_id], point)), None)
        here = found.get(room_id or 0, [])
        left = [n for n, spot in enumerate(here) if not spot.done and (len(here) == 1 or _near(spot, point))]
        if left:
            n = min(left, key=lambda each: math.dist((here[each].x, here[each].y), point))
            here[n] = replace(here[n], done=True)
    return [spot for room in found.values() for spot in room]


def _near(spot: Spot, point: Point) -> bool:
    return math.dist((spot.x, spot.y), point) <= REACH_M


def spread(corners: Sequence[Point]) -> list[Point]:
    """Points about SPACING_M apart inside an outline, away from its walls; one at least.

    The floor is cut into squares; of each that the room fills enough of, the middle of what is inside counts.
    """
    box = box_around(corners)
    across, down = max(1, round(box.width / SPACING_M)), max(1, round(box.depth / SPACING_M))
    if across * down == 1 and abs(area_of(corners)) >= TWO_FROM_M2:
        across, down = (2, 1) if box.width >= box.depth else (1, 2)
    squares: dict[tuple[int, int], list[Point]] = {}
    inside = [point for point in _fine(box) if contains(corners, point)]
    for x, y in inside:
        if _from_walls(corners, (x, y)) >= BORDER_M:
            square = int((y - box.north) / box.depth * down), int((x - box.west) / box.width * across)
            squares.setdefault(square, []).append((x, y))
    most = max(map(len, squares.values()), default=0)
    found = [_middle(points) for _, points in sorted(squares.items()) if len(points) >= FILLED * most]
    return found or [max(inside or [box.center], key=lambda point: _from_walls(corners, point))]


def _fine(box: Box) -> list[Point]:
    """A fine grid, at least nine points a side."""
    wide, deep = (min(max(9, round(side / FINE_M)), 160) for side in (box.width, box.depth))
    return [
        (round(box.west + box.width * (i + 0.5) / wide, 2), round(box.north + box.depth * (j + 0.5) / deep, 2))
        for j in range(deep)
        for i in range(wide)
    ]


def _middle(points: Sequence[Point]) -> Point:
    """The one nearest to their mean."""
    mean = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
    return min(points, key=lambda point: math.dist(point, mean))


def _from_walls(corners: Sequence[Point], point: Point) -> float:
    return min(to_wall(wall, point) for wall in walls_of(corners))


def following(spots: Sequence[Spot], last: Point | None) -> Spot | None:
    """The next to stand at: the nearest that is not done, in the room where one stands before all others."""
    left = [spot for spot in spots if not spot.done]
    if last is None or not left:
        return left[0] if left else None
    here = next((spot.room.id for spot in spots if contains(outline_of(spot.room.plan), last)), None)
    return min(
        left, key=lambda spot: math.dist((spot.x, spot.y), last) + (OTHER_ROOM_M if spot.room.id != here else 0.0)
    )
