"""From a recorded survey to a plan and to what each gateway heard where."""

from dataclasses import dataclass

import msgspec
import numpy as np

from asset_registry.locating.arrays import Floats, Indices, decibels, milliwatts
from asset_registry.locating.bays import bay_counts, bays, extent, regular
from asset_registry.locating.layout import GatewayAt, Plan, Room
from asset_registry.locating.radiomap import Surveyed
from asset_registry.locating.recording import Recording
from collector.errors import ConfigError

POINT_M = 1.0
"""What was heard within one square of this side is one point of the map."""

_FEWEST_PACKETS = 3


class Point(msgspec.Struct, frozen=True):
    """One point of a survey: what each gateway heard there, in dBm (the mean of linear power)."""

    floor: str
    x_m: float
    y_m: float
    levels: dict[str, float]


@dataclass(frozen=True)
class Points:
    """The points of a recording. `of` (rows) says which point each row belongs to; `room` (points) is -1 if unnamed."""

    of: Indices
    at: Floats
    level: Floats
    """(points, gateways of the recording), NaN where not heard."""
    floor: Indices
    room: Indices


def points_in(recording: Recording) -> Points:
    """The points of a survey."""
    square = np.column_stack([recording.floor, np.floor(recording.at / POINT_M + 1e-9).astype(int)])
    found, of = np.unique(square, axis=0, return_inverse=True)
    rows = np.bincount(of)
    at = np.column_stack([np.bincount(of, recording.at[:, n]) / rows for n in (0, 1)])
    wide = len(recording.gateways)
    key = of * wide + recording.gateway
    packets: Floats = np.zeros(len(found) * wide)
    power: Floats = np.zeros(len(found) * wide)
    np.add.at(packets, key, 1.0)
    np.add.at(power, key, milliwatts(recording.rssi))
    level = np.where(packets >= _FEWEST_PACKETS, decibels(power, packets), np.nan).reshape(len(found), wide)
    room = np.full(len(found), -1)
    if recording.rooms:
        room[of] = recording.room
    return Points(of, at, level, found[:, 0].astype(int), room)


def plan_of(
    recording: Recording,
    points: Points,
    gateways: list[GatewayAt],
    rooms: list[Room] | None = None,
    grid: tuple[int, int] | None = None,
) -> Plan:
    """Where the gateways hang and what the rooms are: as given, else a grid of bays, else as the survey named them.

    Raises ConfigError when a gateway was heard that has no place, or nothing was heard by any that has one.
    """
    if len(recording.floors) == 1:
        only = recording.floors[0]
        gateways = [GatewayAt(one.id, one.x_m, one.y_m, one.floor or only) for one in gateways]
    known = {one.id for one in gateways}
    strange = [name for name in recording.gateways if name not in known]
    if strange:
        raise ConfigError(f"the survey names gateways that have no position: {', '.join(strange)}")
    strange = sorted({one.floor for one in gateways} - set(recording.floors) - {room.floor for room in rooms or ()})
    if strange:
        raise ConfigError(
            f"gateways hang on floors that neither survey nor rooms have: {', '.join(map(repr, strange))}"
        )
    if rooms:
        return Plan(gateways, rooms, walls=True)
    found: list[Room] = []
    for number, floor in enumerate(recording.floors):
        here = points.floor == number
        around = [(one.x_m, one.y_m) for one in gateways if one.floor == floor]
        low, high = extent([*map(tuple, points.at[here]), *around])
        if grid is None and recording.rooms:
            found += _named(recording, points, number, (low, high))
        else:
            found += bays(*(grid or bay_counts(low, high)), low, high, floor)
    return Plan(gateways, found)


def _named(
    recording: Recording, points: Points, floor: int, around: tuple[tuple[float, float], tuple[float, float]]
) -> list[Room]:
    """The rooms of one floor as the survey named them."""
    here = np.flatnonzero(points.floor == floor)
    rooms = []
    for room in np.unique(points.room[here]):
        at = points.at[here[points.room[here] == room]]
        rooms.append(Room(recording.rooms[room], recording.floors[floor], [], [(float(x), float(y)) for x, y in at]))
    return regular(rooms, *around) or rooms


def listed(recording: Recording, points: Points) -> list[Point]:
    """The points as a model keeps them."""
    found = []
    for n, level in enumerate(points.level):
        levels = {recording.gateways[g]: round(float(level[g]), 2) for g in np.flatnonzero(np.isfinite(level))}
        if levels:
            x, y = points.at[n]
            found.append(Point(recording.floors[points.floor[n]], round(float(x), 3), round(float(y), 3), levels))
    return found


def surveyed(points: list[Point], plan: Plan, floor: str) -> Surveyed:
    """The points of one floor, for the floor's own gateways."""
    own = [one.id for one in plan.gateways if one.floor == floor]
    here = [point for point in points if point.floor == floor]
    at = np.array([(point.x_m, point.y_m) for point in here]).reshape(-1, 2)
    level = np.array([[point.levels.get(name, np.nan) for name in own] for point in here]).reshape(-1, len(own))
    return Surveyed(at, level)
