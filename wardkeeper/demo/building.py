"""The building of Linden General: three floors of 48 m x 32 m, 60 rooms, in metres from the north-west corner.

Rooms line the north and the south side, utility rooms, stairs and lifts stand in the core, a corridor runs around it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

WIDTH, DEPTH = 48.0, 32.0
NORTH, SOUTH = 7.5, 24.5
"""The inner walls of the two rows of rooms."""

CORE = (10.5, 16.0, 21.5)
"""The core's north wall, its middle wall and its south wall."""

UNCOUNTED = ("corridor", "stairs", "lift")
"""Types of place that nobody counts as a room."""

GATEWAY_ROOMS = (
    *("2.03", "2.05", "2.07", "2.09", "2.12", "2.13", "2.14", "2.16"),
    *("3.02", "3.04", "3.06", "3.08", "3.09", "3.11", "3.15", "3.16", "3.17", "3.19"),
    *("4.02", "4.05", "4.08", "4.10", "4.12", "4.15", "4.18", "4.19", "4.20", "4.21", "4.22", "4.23"),
)
"""Where an ESPresense node hangs: stores and utility rooms, and every second or third room of patients."""

DOOR = 1.1
WIDE_DOOR = 1.6


@dataclass(frozen=True)
class Door:
    """A door's middle, its width, and the wall it is in: n, e, s or w."""

    x: float
    y: float
    width: float
    wall: str


@dataclass(frozen=True)
class Room:
    """A rectangle on a floor, from (west, north) to (east, south)."""

    number: str
    name: str
    room_type: str
    level: int
    west: float
    north: float
    east: float
    south: float
    doors: tuple[Door, ...] = ()

    @cached_property
    def center(self) -> tuple[float, float]:
        """The middle of the room."""
        return (self.west + self.east) / 2, (self.north + self.south) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the point is in the room or on its wall."""
        return self.west <= x <= self.east and self.north <= y <= self.south

    @property
    def plan(self) -> dict[str, Any]:
        """What `Place.plan` holds."""
        corners = ((self.west, self.north), (self.east, self.north), (self.east, self.south), (self.west, self.south))
        return {
            "polygon": [[x, y] for x, y in corners],
            "doors": [{"x": d.x, "y": d.y, "width": d.width, "wall": d.wall} for d in self.doors],
        }


Side = tuple[tuple[str, str], ...]
"""(name, room type) of neighbouring rooms."""

_BED = ("Patient room", "patient_room")
_ISOLATION = ("Isolation", "isolation_room")
_THEATRE = ("Operating room", "operating_room")
_RECOVERY = ("Recovery", "recovery_room")
_INTENSIVE = ("Intensive care", "intensive_care")
_NURSES = ("Nurse station", "nurse_station")
_MEDICATION = ("Medication", "medication_room")
_STORE = ("Equipment store", "equipment_store")
_SOILED = ("Soiled utility", "soiled_utility")
_CLEAN = ("Clean utility", "clean_utility")
_PROCEDURE = ("Procedure", "procedure_room")


@dataclass(frozen=True)
class Storey:
    """One floor's rooms in the order of their numbers.

    The north side is numbered from west to east, the south side from east to west, then the core with its walls
    given: (name, room type, west, east, upper half or lower).
    """

    level: int
    north: Side
    south: Side
    core: tuple[tuple[str, str, float, float, bool], ...]


STOREYS = (
    Storey(
        2,
        (("Reception", "waiting_room"), ("Preparation", "treatment_room"), _RECOVERY, _RECOVERY, _PROCEDURE),
        (("Sterile store", "sterile_storage"), _THEATRE, _THEATRE, _THEATRE, _THEATRE),
        (
            (*_NURSES, 6.0, 13.5, True),
            (*_MEDICATION, 13.5, 21.5, True),
            (*_STORE, 27.0, 45.0, True),
            (*_SOILED, 3.0, 21.5, False),
            (*_CLEAN, 27.0, 34.0, False),
            ("Plant room", "plant_room", 34.0, 42.0, False),
        ),
    ),
    Storey(
        3,
        (_INTENSIVE,) * 6 + (_BED, _BED),
        (("Laboratory", "laboratory"), _BED, _BED, _BED, _PROCEDURE),
        (
            (*_NURSES, 6.0, 13.5, True),
            (*_MEDICATION, 13.5, 21.5, True),
            (*_CLEAN, 27.0, 36.0, True),
            (*_SOILED, 36.0, 45.0, True),
            ("Staff room", "staff_room", 3.0, 21.5, False),
            (*_STORE, 27.0, 35.0, False),
            ("Linen", "linen_store", 35.0, 42.0, False),
        ),
    ),
    Storey(
        4,
        (_BED,) * 8,
        (_BED, _BED, _BED, _ISOLATION, _ISOLATION, _BED, _BED, _BED),
        (
            (*_NURSES, 6.0, 13.5, True),
            (*_MEDICATION, 13.5, 21.5, True),
            (*_STORE, 27.0, 36.0, True),
            (*_SOILED, 36.0, 45.0, True),
            (*_CLEAN, 3.0, 12.0, False),
            ("Staff room", "staff_room", 12.0, 21.5, False),
            ("Treatment", "treatment_room", 27.0, 35.0, False),
            ("Linen", "linen_store", 35.0, 42.0, False),
        ),
    ),
)


def rooms() -> tuple[Room, ...]:
    """Every room of the building, and its corridors, stairs and lifts, floor by floor."""
    return tuple(room for storey in STOREYS for part in (_numbered(storey), _ways(storey.level)) for room in part)


def _numbered(storey: Storey) -> Iterator[Room]:
    level, count = storey.level, 0
    for index, (name, kind) in enumerate(storey.north):
        count += 1
        width = WIDTH / len(storey.north)
        box = (round(index * width, 2), 0.0, round((index + 1) * width, 2), NORTH)
        yield _room(f"{level}.{count:02}", name, kind, level, box, "s")
    for index, (name, kind) in enumerate(storey.south):
        count += 1
        width = WIDTH / len(storey.south)
        box = (round(WIDTH - (index + 1) * width, 2), SOUTH, round(WIDTH - index * width, 2), DEPTH)
        yield _room(f"{level}.{count:02}", name, kind, level, box, "n")
    top, middle, bottom = CORE
    for name, kind, west, east, upper in storey.core:
        count += 1
        box = (west, top, east, middle) if upper else (west, middle, east, bottom)
        yield _room(f"{level}.{count:02}", name, kind, level, box, "n" if upper else "s")


def _room(number: str, name: str, kind: str, level: int, box: tuple[float, float, float, float], wall: str) -> Room:
    west, north, east, south = box
    width = WIDE_DOOR if kind in {"operating_room", "equipment_store", "plant_room"} else DOOR
    x = round(west + 1.5 if kind == "isolation_room" else (west + east) / 2, 2)  # an anteroom has the west half
    doors = (Door(x, north if wall == "n" else south, width, wall),)
    return Room(number, name, kind, level, west, north, east, south, doors)


def _ways(level: int) -> Iterator[Room]:
    """The corridor ring in five pieces, two stairs, three lifts."""
    top, middle, bottom = CORE
    for suffix, name, kind, box in (
        ("C1", "North corridor", "corridor", (0.0, NORTH, WIDTH, top)),
        ("C2", "South corridor", "corridor", (0.0, bottom, WIDTH, SOUTH)),
        ("C3", "Lift lobby", "corridor", (23.7, top, 27.0, bottom)),
        ("C4", "West corridor", "corridor", (0.0, top, 3.0, bottom)),
        ("C5", "East corridor", "corridor", (45.0, top, WIDTH, bottom)),
        ("S1", "West stairs", "stairs", (3.0, top, 6.0, middle)),
        ("S2", "East stairs", "stairs", (42.0, middle, 45.0, bottom)),
        ("L1", "Lift 1", "lift", (21.5, top, 23.7, 14.17)),
        ("L2", "Lift 2", "lift", (21.5, 14.17, 23.7, 17.83)),
        ("L3", "Lift 3", "lift", (21.5, 17.83, 23.7, bottom)),
    ):
        yield Room(f"{level}.{suffix}", name, kind, level, *box)
