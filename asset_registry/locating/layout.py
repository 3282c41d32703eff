"""The site as locating sees it: floors cut into cells, each cell in a room, gateways at points.

Rooms come from outlines (polygons on a plan), from a regular grid of bays, or from the names that a survey gave its
points: then a cell is in the room whose points, as a box, are the nearest. Metres, as on the plan of the floor.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from asset_registry.locating.arrays import NOWHERE, Bools, Floats, Indices
from asset_registry.locating.reach import WAY, Outline
from collector.errors import ConfigError

CELL_M = 1.0
MOST_CELLS = 1600
"""Of one floor: on a larger one cells are larger, down to what a room needs."""

_FINE_M = 0.2
_MOST_FINE = 60_000
_SIGHT_STEPS = 64
"""So many points along a line of sight are asked which room they are in."""


class GatewayAt(msgspec.Struct, frozen=True):
    """A gateway of the plan, by the id under which it reports."""

    id: str
    x_m: float
    y_m: float
    floor: str = ""


class Room(msgspec.Struct, frozen=True):
    """A room: its outline, or the points that a survey took in it. `way`: one only passes through it."""

    id: str
    floor: str = ""
    outline: Outline = []
    points: Outline = []
    way: bool = False


class Plan(msgspec.Struct, frozen=True):
    """Gateways and rooms of a site. `walls`: outlines are walls, not lines on an open floor."""

    gateways: list[GatewayAt]
    rooms: list[Room]
    walls: bool = False

    @property
    def floors(self) -> list[str]:
        """The floors that have rooms, in the order of the rooms."""
        return list(dict.fromkeys(room.floor for room in self.rooms))


class Floor:
    """One floor in cells.

    `cells` (cells, 2) are their middles; `share` (cells, rooms of the plan) says how much of each lies in which room;
    `prior` (cells) is the logarithm of how likely things stand there; `gateways` are the indices of the floor's own
    gateways and `at` (gateways, 2) their points.
    """

    def __init__(self, plan: Plan, name: str) -> None:
        """Raises ConfigError for a floor on which nothing lies."""
        self.name = name
        self.gateways: Indices = np.array([n for n, one in enumerate(plan.gateways) if one.floor == name], dtype=int)
        self.at: Floats = np.array([(plan.gateways[n].x_m, plan.gateways[n].y_m) for n in self.gateways]).reshape(-1, 2)
        rooms = [(n, room) for n, room in enumerate(plan.rooms) if room.floor == name]
        corners = np.array([xy for _, room in rooms for xy in (*room.outline, *room.points)]).reshape(-1, 2)
        if not len(corners):
            raise ConfigError(f"floor {name!r}: no room on it has an outline or a surveyed point")
        margin = 0.0 if any(room.outline for _, room in rooms) else CELL_M / 2
        low, high = corners.min(0) - margin, corners.max(0) + margin
        step = max(CELL_M, math.sqrt(float(np.prod(np.maximum(high - low, CELL_M))) / MOST_CELLS))
        cells, spacing = _raster(low, high, step)
        share = _shares(rooms, cells, spacing, len(plan.rooms))
        lies = share.sum(1) > 0
        cells, share = _with_small_rooms(rooms, cells[lies], share[lies])
        self.cells: Floats = cells
        self.share: Floats = (share / share.sum(1, keepdims=True)).astype(np.float32)
        ways = np.array([one.way for one in plan.rooms])
        self.prior: Floats = np.log(share.sum(1) * np.where(self.share[:, ways].sum(1) > 0.5, WAY, 1.0))
        self._walls = _Walls(rooms, low, high) if plan.walls else None
        self.walls: Floats = self.walls_to(self.cells)

    def walls_to(self, points: Floats) -> Floats:
        """(gateways, points): how often the room changes along the line of sight; nothing without walls."""
        if self._walls is None or not len(points) or not len(self.at):
            return np.zeros((len(self.at), len(points)))
        return np.array([self._walls.between(gateway, points) for gateway in self.at])


class _Walls:
    """The rooms of a floor as a fine raster, to look along many lines of sight."""

    def __init__(self, rooms: Sequence[tuple[int, Room]], low: Floats, high: Floats) -> None:
        step = max(_FINE_M, math.sqrt(float(np.prod(np.maximum(high - low, _FINE_M))) / _MOST_FINE))
        points, self._spacing = _raster(low, high, step)
        self._low = low
        self._shape = np.maximum(1, np.round((high - low) / step)).astype(int)
        self._room = rooms_at(rooms, points).reshape(self._shape)

    def between(self, one: Floats, others: Floats) -> Floats:
        """How often the room changes from one point to each of the others."""
        along = one + (others[None] - one) * np.linspace(0.0, 1.0, _SIGHT_STEPS)[:, None, None]
        cell = np.clip(((along - self._low) / self._spacing).astype(int), 0, self._shape - 1)
        room = self._room[cell[..., 0], cell[..., 1]]
        return np.asarray((room[1:] != room[:-1]).sum(0))


def _raster(low: Floats, high: Floats, step: float) -> tuple[Floats, Floats]:
    """The middles of cells of about `step`, and how far they are apart."""
    counts = np.maximum(1, np.round((high - low) / step)).astype(int)
    spacing = (high - low) / counts
    sides = [low[n] + spacing[n] * (np.arange(counts[n]) + 0.5) for n in (0, 1)]
    return np.stack(np.meshgrid(*sides, indexing="ij"), -1).reshape(-1, 2), spacing


def _shares(rooms: Sequence[tuple[int, Room]], cells: Floats, spacing: Floats, count: int) -> Floats:
    """(cells, count): how much of each cell lies in each room, by 25 points in it."""
    share = np.zeros((len(cells), count))
    offsets = (np.arange(5) - 2) / 5
    for x in offsets:
        for y in offsets:
            room = rooms_at(rooms, cells + np.array([x, y]) * spacing)
            lies = np.flatnonzero(room != NOWHERE)
            share[lies, room[lies]] += 1 / 25
    return share


def _with_small_rooms(rooms: Sequence[tuple[int, Room]], cells: Floats, share: Floats) -> tuple[Floats, Floats]:
    """A room that is the greatest part of no cell gets one of its own."""
    most = set(share.argmax(1).tolist()) if len(share) else set()
    small = [(n, room) for n, room in rooms if n not in most and (room.outline or room.points)]
    if not small:
        return cells, share
    own = np.zeros((len(small), share.shape[1]))
    own[np.arange(len(small)), [n for n, _ in small]] = 1.0
    middles = [np.mean(room.outline or room.points, axis=0) for _, room in small]
    return np.vstack([cells, middles]), np.vstack([share, own])


def rooms_at(rooms: Sequence[tuple[int, Room]], points: Floats) -> Indices:
    """The index of the room each point is in; NOWHERE outside of all outlines."""
    found = np.full(len(points), NOWHERE)
    for n, room in rooms:
        if room.outline:
            found[inside(room.outline, points)] = n
    surveyed = [(n, np.array(room.points)) for n, room in rooms if room.points and not room.outline]
    if surveyed:
        away = np.stack([_away(points, at) for _, at in surveyed], axis=1)
        nearest = np.array([n for n, _ in surveyed])[away.argmin(1)]
        found = np.where(found == NOWHERE, nearest, found)
    return found


def _away(points: Floats, of: Floats) -> Floats:
    """How far from the box around a room's surveyed points; within several boxes the nearest point counts."""
    outside = np.maximum(0.0, np.maximum(of.min(0) - points, points - of.max(0)))
    nearest = np.hypot(*(points[:, None] - of[None]).transpose(2, 0, 1)).min(1)
    return np.asarray(np.hypot(*outside.T) + 1e-3 * nearest)


def inside(outline: Outline, points: Floats) -> Bools:
    """Whether a ray to the east from each point crosses the outline an odd number of times."""
    odd = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if y1 == y2:
            continue
        odd ^= ((y1 > y) != (y2 > y)) & (x < x1 + (x2 - x1) * (y - y1) / (y2 - y1))
    return odd
