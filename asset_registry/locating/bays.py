"""Rooms without walls on an open floor: a regular grid of bays, given, guessed, or found in the names of a survey."""

from collections.abc import Iterable

import numpy as np

from asset_registry.locating.arrays import Floats
from asset_registry.locating.layout import Room

Corner = tuple[float, float]

BAY_M = 5.5
"""The side that bays get when nobody says how many there are."""

_TOLERANCE_M = 0.15


def bays(columns: int, rows: int, low: Corner, high: Corner, floor: str = "") -> list[Room]:
    """A regular grid of rooms: `bay-00` in the corner of the origin, counted along y first."""
    xs, ys = np.linspace(low[0], high[0], columns + 1), np.linspace(low[1], high[1], rows + 1)
    return [
        _box(f"bay-{column * rows + row:02d}", floor, xs[column : column + 2], ys[row : row + 2])
        for column in range(columns)
        for row in range(rows)
    ]


def _box(name: str, floor: str, xs: Floats, ys: Floats) -> Room:
    west, east, north, south = (round(float(side), 4) for side in (*xs, *ys))
    return Room(name, floor, [(west, north), (east, north), (east, south), (west, south)])


def extent(points: Iterable[tuple[float, ...]]) -> tuple[Corner, Corner]:
    """What a grid of bays covers: all points, from the origin where they begin within a metre of it."""
    at = np.array(list(points))
    low, high = at.min(0), at.max(0)
    low = np.where((low >= 0) & (low < 1), 0.0, low)
    return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))


def bay_counts(low: Corner, high: Corner) -> tuple[int, int]:
    """How many bays of about BAY_M fit, along x and along y."""
    return max(1, round((high[0] - low[0]) / BAY_M)), max(1, round((high[1] - low[1]) / BAY_M))


def regular(rooms: list[Room], low: Corner, high: Corner) -> list[Room]:
    """Rooms that are known by surveyed points, with the outlines of a regular grid where one explains the points.

    Its borders may move as far as the points allow. No rooms when no grid fits.
    """
    count = len(rooms)
    if count < 2:
        return []
    boxes = np.array([(np.min(room.points, axis=0), np.max(room.points, axis=0)) for room in rooms])
    for columns in (n for n in range(1, count + 1) if count % n == 0):
        shape = (columns, count // columns)
        sides = [np.linspace(low[axis], high[axis], shape[axis] + 1) for axis in (0, 1)]
        middles = boxes.mean(1)
        cell = [np.clip(np.searchsorted(sides[axis][1:-1], middles[:, axis]), 0, shape[axis] - 1) for axis in (0, 1)]
        if len(set(zip(*(c.tolist() for c in cell), strict=True))) < count:
            continue
        xs, ys = (_borders(sides[axis], cell[axis], boxes[:, :, axis]) for axis in (0, 1))
        if xs is not None and ys is not None:
            return [
                _box(room.id, room.floor, xs[column : column + 2], ys[row : row + 2])
                for room, column, row in zip(rooms, *cell, strict=True)
            ]
    return []


def _borders(sides: Floats, cell: Floats, boxes: Floats) -> Floats | None:
    """The borders along one axis, moved between the points on both sides; None when they lie elsewhere."""
    moved = sides.copy()
    for k in range(1, len(sides) - 1):
        before, after = boxes[cell < k, 1].max(), boxes[cell >= k, 0].min()
        if before > after + _TOLERANCE_M or not before - _TOLERANCE_M <= sides[k] <= after + _TOLERANCE_M:
            return None
        moved[k] = min(max(sides[k], min(before, after)), max(before, after))
    return moved
