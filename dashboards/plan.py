"""A floor's plan as numbers for drawing: outlines in metres, labels and dots in per cent of the plan.

The drawing (templates/plan.html) is made once for every width: outlines lie in an inner SVG that is stretched to the
plan, with lines of constant width; labels, marks and dots are placed in per cent and sized in screen pixels, so that
nothing that is read is ever scaled. Zooming in makes the drawing larger, not its letters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asset_registry.known import KnownGateway, KnownPlace
from asset_registry.outlines import Box, Door, Line, Point, box_around, doors_of
from asset_registry.places import WAYS, outline_of
from asset_registry.snapshot import Snapshot

UNCOUNTED = WAYS
"""Types of place that nobody counts as a room."""

SPACES = (1.7, 1.25, 1.1, 0.95, 0.75)
"""Metres between two dots: the widest at which all of a room's fit."""
LABELS_M = 3.5
"""What the three lines of a label take of a room's depth, at most half of it."""
TREAD_M = 0.55
BRACKETED = 3


@dataclass(frozen=True)
class Outline:
    """A place of the plan. `x`, `y`: where its label begins, in per cent; `slots` and `space`: where dots may stand."""

    place: KnownPlace
    kind: str
    points: str
    box: Box
    x: float
    y: float
    doors: tuple[Door, ...]
    hatch: tuple[Line, ...]
    slots: tuple[Point, ...]
    space: float

    @property
    def counted(self) -> bool:
        """Whether it is a room in people's words."""
        return self.kind == "room"


@dataclass(frozen=True)
class Plan:
    """A floor: its size in metres and everything that is drawn of it."""

    floor: KnownPlace
    width: float
    depth: float
    outlines: tuple[Outline, ...]

    def percent(self, x: float, y: float) -> Point:
        """A point of the floor in per cent of the plan."""
        return round(100 * x / self.width, 2), round(100 * y / self.depth, 2)

    def outline(self, place_id: int) -> Outline | None:
        """The outline of one place."""
        return next((outline for outline in self.outlines if outline.place.id == place_id), None)


def plan_of(now: Snapshot, floor: KnownPlace, dots: dict[int, int] | None = None) -> Plan | None:
    """The plan of a floor with room for so many `dots` by place; None when nobody has drawn it."""
    places = [(place, outline_of(place.plan)) for place in now.rooms_on(floor.id)]
    drawn = [(place, corners) for place, corners in places if len(corners) > 2]
    if not drawn:
        return None
    around = box_around([corner for _, corners in drawn for corner in corners])
    width = float(floor.plan.get("width") or around.east)
    depth = float(floor.plan.get("depth") or around.south)
    plan = Plan(floor, width, depth, ())
    counts = dots or {}
    return Plan(
        floor,
        width,
        depth,
        tuple(_outline(plan, place, corners, counts.get(place.id, 0)) for place, corners in drawn),
    )


def _outline(plan: Plan, place: KnownPlace, corners: list[Point], dots: int) -> Outline:
    box = box_around(corners)
    first = min(corners, key=lambda corner: corner[0] + corner[1])
    kind = place.room_type if place.room_type in UNCOUNTED else "room"
    space, slots = _slots(box, dots + 1, labelled=kind == "room")
    x, y = plan.percent(*first)
    return Outline(
        place=place,
        kind=kind,
        points=" ".join(f"{px:g},{py:g}" for px, py in corners),
        box=box,
        x=x,
        y=y,
        doors=tuple(doors_of(place)),
        hatch=tuple(_hatch(kind, box)),
        slots=tuple(plan.percent(*slot) for slot in slots),
        space=space,
    )


def _hatch(kind: str, box: Box) -> Iterable[Line]:
    """Treads for stairs, a cross for a lift."""
    if kind == "lift":
        yield box.west, box.north, box.east, box.south
        yield box.west, box.south, box.east, box.north
    if kind == "stairs":
        count = int(box.depth / TREAD_M)
        for step in range(1, count):
            y = round(box.north + box.depth * step / count, 2)
            yield box.west, y, box.east, y


def _slots(box: Box, count: int, *, labelled: bool) -> tuple[float, list[Point]]:
    """Where dots stand: in rows from the bottom up, below the label; the spacing and all places there are."""
    for space in SPACES:
        slots = _grid(box, space, labelled=labelled)
        if len(slots) >= count:
            return space, slots
    return SPACES[-1], slots


def _grid(box: Box, space: float, *, labelled: bool) -> list[Point]:
    label = min(LABELS_M, box.depth / 2) if labelled else 0.0
    margin = min(1.0, space * 0.7, box.width / 2, box.depth / 2)
    columns = max(1, int((box.width - 2 * margin) / space) + 1)
    rows = max(1, int((box.depth - label - 1.5 * margin) / space) + 1)
    left = box.west + min(1.2, (box.width - (columns - 1) * space) / 2)
    bottom = box.south - 1.25 * margin
    return [
        (round(left + column * space, 2), round(bottom - row * space, 2))
        for row in range(rows)
        for column in range(columns)
    ]


@dataclass(frozen=True)
class GatewayMark:
    """A gateway on the plan, in per cent. One in a room is drawn in its corner, out of the way of what stands there."""

    device_id: int
    room_id: int
    name: str
    x: float
    y: float
    silent: bool
    cornered: bool


@dataclass(frozen=True)
class Bracket:
    """What several rooms in a row have in common: a line along their doors with a title at its middle."""

    priority: str
    title: str
    since: str
    path: str
    x: float
    y: float
    up: bool


def bracket_of(plan: Plan, rooms: Sequence[Outline], priority: str, title: str, since: str) -> Bracket | None:
    """A bracket under three or more rooms of one row; None for others."""
    walls = {(each.box.north, each.box.south) for each in rooms}
    if len(rooms) < BRACKETED or len(walls) > 1:
        return None
    north, south = walls.pop()
    up = any(door.wall == "n" for each in rooms for door in each.doors)
    west, east = min(each.box.west for each in rooms) + 0.7, max(each.box.east for each in rooms) - 0.7
    edge, tip = (north, -1) if up else (south, 1)
    near, far = round(edge + 0.35 * tip, 2), round(edge + 0.75 * tip, 2)
    x, y = plan.percent((west + east) / 2, far)
    return Bracket(priority, title, since, f"M{west:g} {near}V{far}H{east:g}V{near}", x, y, up)


def gateways_on(now: Snapshot, floor_id: int) -> list[KnownGateway]:
    """The gateways of a floor."""
    found = []
    for gateway in now.gateways.values():
        on = now.floor_of(gateway.place_id)
        if on is not None and on.id == floor_id:
            found.append(gateway)
    return found
