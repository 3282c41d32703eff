"""The way on foot from one room to another: door, corridors' center lines, lifts; stairs only where no lift goes.

Between buildings it leads over a bridge: a place of that type on each side, of one name.

Corridors are taken as the rectangles around their outlines, which is right for straight ones. A floor without drawn
corridors has only straight lines. Distances are estimates in metres for people, not for automation.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from asset_registry.known import KnownPlace
from asset_registry.outlines import Box, Point, box_around, doors_of
from asset_registry.places import outline_of

TOUCH_M = 0.35
"""So far apart two outlines may be and still touch."""
CLIMB_M = {"lift": 12.0, "stairs": 60.0, "bridge": 30.0}
"""What a floor up or down is worth in metres on the flat; what is fetched has wheels, so stairs are a last resort.

A bridge is taken to be that long.
"""

LEVEL_M = 20.0
"""What a change of level costs where no lift or stairs are drawn."""
BUILDING_M = 120.0
"""What another building costs where no bridge is drawn: plans of two buildings have nothing in common."""

Node = tuple[str, int, float, float]
"""What it belongs to (room, door, corridor, lift, stairs, bridge), that place's id, and the point on its floor."""


@dataclass(frozen=True)
class Step:
    """A part of a way in words."""

    words: str
    metres: float


@dataclass(frozen=True)
class Way:
    """`legs` are the lines to draw by floor id; `by` is how it comes to the last floor: lift, stairs, bridge or ""."""

    metres: float
    legs: dict[int, list[Point]]
    by: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Drawn:
    place: KnownPlace
    floor: int
    building: int | None
    level: int
    box: Box

    @property
    def kind(self) -> str:
        return self.place.room_type if self.place.room_type in ("corridor", *CLIMB_M) else "room"


class Walks:
    """Every way of a site, from wherever one starts; worked out when it is asked for."""

    def __init__(self, rooms: Sequence[KnownPlace], floor_of: Callable[[KnownPlace], KnownPlace | None]) -> None:
        self._rooms, self._floor_of = rooms, floor_of
        self._ways: dict[int, Ways] = {}

    @cached_property
    def _net(self) -> "Net":
        return Net(self._rooms, self._floor_of)

    def start(self, room: KnownPlace) -> "Ways":
        """The ways that start in a room."""
        if room.id not in self._ways:
            self._ways[room.id] = Ways(self._net, room)
        return self._ways[room.id]


class Net:
    """Rooms, doors, corridors and shafts of a site, and how they hang together. Never changes."""

    def __init__(self, rooms: Iterable[KnownPlace], floor_of: Callable[[KnownPlace], KnownPlace | None]) -> None:
        self.drawn: dict[int, _Drawn] = {}
        self.edges: dict[Node, dict[Node, float]] = defaultdict(dict)
        self._on: dict[int, set[Node]] = defaultdict(set)
        for room in rooms:
            corners, floor = outline_of(room.plan), floor_of(room)
            if len(corners) > 2 and floor is not None:
                self.drawn[room.id] = _Drawn(room, floor.id, floor.parent_id, floor.level or 0, box_around(corners))
        self._connect()

    def _connect(self) -> None:
        corridors = [each for each in self.drawn.values() if each.kind == "corridor"]
        for each in self.drawn.values():
            near = [c for c in corridors if c.floor == each.floor and c is not each]
            if each.kind == "room":
                self._open_doors(each, near)
            elif each.kind in ("corridor", "bridge"):
                for corridor in near:
                    self._join(each, corridor)
            elif near:  # a shaft opens to the corridor it shares most wall with; nobody walks through it
                self._join(each, max(near, key=lambda corridor: _wall(each.box, corridor.box)))
        for corridor in corridors:
            along = sorted(self._on[corridor.place.id], key=lambda node: (node[2], node[3]))
            for one, other in pairwise(along):
                self._edge(one, other)
        self._climb()

    def _open_doors(self, room: _Drawn, corridors: Iterable[_Drawn]) -> None:
        for door in doors_of(room.place):
            at: Node = ("door", room.place.id, door.x, door.y)
            self._edge(_middle(room), at)
            for corridor in corridors:
                if _holds(corridor.box, (door.x, door.y)):
                    self._edge(at, self._on_line(corridor, (door.x, door.y)))

    def _join(self, each: _Drawn, corridor: _Drawn) -> None:
        shared = _shared(each.box, corridor.box)
        if shared is not None:
            here = self._on_line(each, shared) if each.kind == "corridor" else _middle(each)
            self._edge(here, self._on_line(corridor, shared))

    def _climb(self) -> None:
        shafts = [each for each in self.drawn.values() if each.kind in CLIMB_M]
        for index, one in enumerate(shafts):
            for other in shafts[index + 1 :]:
                if one.kind != other.kind:
                    continue
                if one.kind == "bridge":
                    if one.place.name == other.place.name and one.building != other.building:
                        self._edge(_middle(one), _middle(other), CLIMB_M["bridge"])
                elif one.building == other.building and math.dist(one.box.center, other.box.center) < 1.0:
                    floors = abs(one.level - other.level)
                    if floors:
                        self._edge(_middle(one), _middle(other), floors * CLIMB_M[one.kind])

    def _on_line(self, corridor: _Drawn, point: Point) -> Node:
        """The point of a corridor's center line beside a point."""
        box, (x, y) = corridor.box, point
        cx, cy = box.center
        if box.width >= box.depth:
            node: Node = ("corridor", corridor.place.id, round(min(max(x, box.west), box.east), 2), round(cy, 2))
        else:
            node = ("corridor", corridor.place.id, round(cx, 2), round(min(max(y, box.north), box.south), 2))
        self._on[corridor.place.id].add(node)
        return node

    def _edge(self, one: Node, other: Node, metres: float | None = None) -> None:
        length = math.dist(one[2:], other[2:]) if metres is None else metres
        self.edges[one][other] = self.edges[other][one] = length


class Ways:
    """Every way of a site, seen from one room."""

    def __init__(self, net: Net, start: KnownPlace) -> None:
        self._drawn, self._edges = net.drawn, net.edges
        self._start = net.drawn.get(start.id)
        self._far: dict[Node, float] = {}
        self._before: dict[Node, Node] = {}
        self._metres: dict[int, float | None] = {}
        if self._start is not None:
            self._walk(_middle(self._start))

    def metres(self, end: KnownPlace) -> float | None:
        """How far it is on foot, roughly where no way is drawn; None when a room is not drawn at all."""
        if end.id not in self._metres:
            self._metres[end.id] = self._measured(end)
        return self._metres[end.id]

    def _measured(self, end: KnownPlace) -> float | None:
        start, goal = self._start, self._drawn.get(end.id)
        if goal is None or start is None:
            return 0.0 if start is not None and start.place.id == end.id else None
        known = self._far.get(_middle(goal))
        return _roughly(start, goal) if known is None else known

    def to(self, end: KnownPlace) -> Way | None:
        """The shortest way; None when nobody can say."""
        goal, metres = self._drawn.get(end.id), self.metres(end)
        if goal is None or metres is None or self._start is None:
            return None
        node = _middle(goal)
        if node not in self._far:
            if goal.floor != self._start.floor:
                return None
            straight = {goal.floor: [self._start.box.center, goal.box.center]}
            return Way(metres, straight, "", (Step(f"Straight to {end.number}", metres),))
        nodes = [node]
        while nodes[-1] in self._before:
            nodes.append(self._before[nodes[-1]])
        nodes.reverse()
        legs: dict[int, list[Point]] = defaultdict(list)
        for kind, place, x, y in nodes:
            if kind not in CLIMB_M or not legs[self._drawn[place].floor]:
                legs[self._drawn[place].floor].append((x, y))
        by = next((kind for kind, *_ in reversed(nodes) if kind in CLIMB_M and len(legs) > 1), "")
        return Way(metres, {floor: _straightened(points) for floor, points in legs.items()}, by, self._steps(nodes))

    def _walk(self, start: Node) -> None:
        self._far[start] = 0.0
        waiting = [(0.0, start)]
        while waiting:
            far, node = heapq.heappop(waiting)
            if far > self._far[node]:
                continue
            for other, length in self._edges.get(node, {}).items():
                if far + length < self._far.get(other, math.inf):
                    self._far[other], self._before[other] = far + length, node
                    heapq.heappush(waiting, (far + length, other))

    # ------------------------------------------------------------ in words

    def _steps(self, nodes: list[Node]) -> tuple[Step, ...]:
        parts: list[tuple[str, float]] = []
        for words, metres in self._parts(nodes):
            if parts and parts[-1][0] == words:
                parts[-1] = (words, parts[-1][1] + metres)
            else:
                parts.append((words, metres))
        return tuple(Step(words, metres) for words, metres in parts if metres >= 1)

    def _parts(self, nodes: list[Node]) -> Iterator[tuple[str, float]]:
        first, last = self._drawn[nodes[0][1]].place, self._drawn[nodes[-1][1]].place
        for one, other in pairwise(nodes):
            metres, place = self._edges[one][other], self._drawn[other[1]].place
            if one[0] in CLIMB_M and other[0] in CLIMB_M:
                yield f"{place.name or other[0].capitalize()} to level {place.level}", metres
            elif one[0] in ("room", "door") and one[1] == first.id and other[0] != "room":
                yield f"Leave {first.number}", metres
            elif other[0] in ("door", "room"):
                yield f"{last.number}{_side(nodes)}", metres
            elif other[0] in CLIMB_M:
                yield f"To {_the(place.name) or other[0]}", metres
            else:
                yield f"Along {_the(self._drawn[(other if one[0] in CLIMB_M else one)[1]].place.name)}", metres


def _the(name: str) -> str:
    return f"the {name[:1].lower()}{name[1:]}" if name and not name[-1].isdigit() else name


def _side(nodes: list[Node]) -> str:
    """On which side the last door is for one who walks the corridor to it."""
    line = [node for node in nodes if node[0] == "corridor"]
    door = next((node for node in reversed(nodes) if node[0] == "door"), None)
    if len(line) < 2 or door is None:
        return ""
    (ax, ay), (bx, by) = line[-2][2:], line[-1][2:]
    turn = (bx - ax) * (door[3] - by) - (by - ay) * (door[2] - bx)
    if abs(turn) < TOUCH_M:
        return " straight on"
    return " on the right" if turn > 0 else " on the left"


def _roughly(one: _Drawn, other: _Drawn) -> float:
    """Between rooms that no drawn way joins: straight on one floor, with a detour for each floor and for a building."""
    levels = abs(one.level - other.level)
    beside = math.dist(one.box.center, other.box.center) if one.building == other.building else BUILDING_M
    return beside + LEVEL_M * levels


def _middle(each: _Drawn) -> Node:
    x, y = each.box.center
    return each.kind, each.place.id, round(x, 2), round(y, 2)


def _holds(box: Box, point: Point) -> bool:
    x, y = point
    return box.west - TOUCH_M <= x <= box.east + TOUCH_M and box.north - TOUCH_M <= y <= box.south + TOUCH_M


def _wall(one: Box, other: Box) -> float:
    """How long the wall is that two rectangles share; negative when they are apart."""
    across = min(one.east, other.east) - max(one.west, other.west)
    along = min(one.south, other.south) - max(one.north, other.north)
    return max(across, along) if min(across, along) > -TOUCH_M else min(across, along)


def _shared(one: Box, other: Box) -> Point | None:
    """The middle of the wall that two rectangles share; None when they do not touch along one."""
    west, east = max(one.west, other.west), min(one.east, other.east)
    north, south = max(one.north, other.north), min(one.south, other.south)
    if east - west < -TOUCH_M or south - north < -TOUCH_M or max(east - west, south - north) < 1.0:
        return None
    return (west + east) / 2, (north + south) / 2


def _straightened(points: list[Point]) -> list[Point]:
    """Without the points that lie on a line between their neighbours."""
    kept: list[Point] = []
    for point in points:
        if kept and math.dist(kept[-1], point) < 0.01:
            continue
        if len(kept) > 1:
            (ax, ay), (bx, by), (cx, cy) = kept[-2], kept[-1], point
            if abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) < 0.01:
                kept.pop()
        kept.append(point)
    return kept
