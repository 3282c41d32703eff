"""The two buildings of Linden General: four floors of 72 m x 36 m, 150 rooms, in metres from the north-west corner.

Each floor has two blocks, one beside the other, with a row of rooms to the north, one to the south and a core between
them; a corridor runs around each core. The main building's levels 2 to 4 are the wards and theatres; the east building
is one floor further down the hill, joined to level 2 by a bridge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asset_registry.places import WAYS

WIDTH, DEPTH = 72.0, 36.0
WING = 48.0
"""Where the second block begins."""

NORTH, SOUTH = 7.5, 28.5
"""The inner walls of the two rows of rooms."""

CORE = (10.5, 18.0, 25.5)
"""The core's north wall, its middle wall and its south wall."""

CROSSINGS = (1.5, 25.3, 46.5, 70.5)
"""Where one walks from the north corridor to the south corridor: the middles of the ways between the cores."""

UNCOUNTED = WAYS
"""Types of place that nobody counts as a room."""

BUILDINGS = {"A": "Main building", "B": "East building"}
BUILDING_OF = {1: "B", 2: "A", 3: "A", 4: "A"}
"""The building by the level: no level is in both."""

GATEWAY_ROOMS = (
    *("1.01", "1.03", "1.05", "1.07", "1.09", "1.11", "1.13", "1.15", "1.18", "1.19", "1.20", "1.21", "1.23"),
    *("1.24", "1.25", "1.29", "1.31", "1.33", "1.36", "1.37", "1.39", "1.42"),
    *("2.03", "2.05", "2.07", "2.09", "2.12", "2.13", "2.14", "2.15"),
    *("2.17", "2.19", "2.21", "2.23", "2.26", "2.27", "2.29", "2.30"),
    *("3.02", "3.04", "3.06", "3.08", "3.09", "3.11", "3.15", "3.16", "3.17", "3.19"),
    *("3.21", "3.23", "3.25", "3.27", "3.29", "3.30", "3.31", "3.32", "3.33"),
    *("4.02", "4.05", "4.08", "4.10", "4.12", "4.15", "4.18", "4.19", "4.20", "4.21", "4.22", "4.23"),
    *("4.25", "4.27", "4.29", "4.31", "4.34", "4.35", "4.36", "4.37", "4.07", "4.14", "4.33"),
)
"""Where an ESPresense node hangs: stores and utility rooms, and every second or third room of patients."""

BEDSIDE = ("4.07", "4.12", "4.15", "3.01", "3.02", "3.03")
"""Rooms with an oximeter on a serial port at their bed."""

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
"""(name, room type) of neighbouring rooms of the same width."""

Cells = tuple[tuple[float, float, bool, Side], ...]
"""Parts of a core: west, east, whether it is its upper half, and the rooms side by side in it."""

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
_TREATMENT = ("Treatment", "treatment_room")
_DIALYSIS = ("Dialysis", "treatment_room")
_EXAM = ("Exam", "emergency_room")
_SHOCK = ("Resuscitation", "trauma_room")
_X_RAY = ("X-ray", "imaging_room")
_CT = ("CT", "imaging_room")
_LABORATORY = ("Laboratory", "laboratory")
_STAFF = ("Staff room", "staff_room")
_OFFICE = ("Office", "office")
_LINEN = ("Linen", "linen_store")


@dataclass(frozen=True)
class Block:
    """A part of a floor, its rooms in the order of their numbers.

    They run along the north from the west, along the south from the east, then through the core.
    """

    west: float
    east: float
    north: Side
    south: Side
    core: Cells


_FIRST, _WING = (0.0, WING), (WING, WIDTH)
_UPPER, _LOWER = (48.0, 69.0, True), (48.0, 69.0, False)
"""The halves of the second block's core."""

STOREYS: dict[int, tuple[Block, ...]] = {
    1: (
        Block(
            *_FIRST,
            (("Waiting", "emergency_waiting"), ("Triage", "triage"), _SHOCK, _SHOCK, *(_EXAM,) * 5),
            (("Waiting", "waiting_room"), _X_RAY, _X_RAY, _CT, _CT, ("MRI", "imaging_room"), _PROCEDURE),
            (
                (3.0, 23.7, True, (_NURSES, _MEDICATION, _STORE, _TREATMENT)),
                (27.0, 45.0, True, (_LABORATORY, ("Blood bank", "laboratory"), _LABORATORY)),
                (3.0, 23.7, False, (_SOILED, _CLEAN, ("Reading room", "office"), _OFFICE)),
                (27.0, 45.0, False, (_STAFF, ("Specimens", "laboratory"), _LINEN)),
            ),
        ),
        Block(
            *_WING,
            (
                ("Pharmacy", "pharmacy"),
                ("Compounding", "sterile_compounding"),
                ("Drug store", "medication_room"),
                ("Stores", "goods_store"),
            ),
            (
                ("Kitchen", "kitchen"),
                ("Cold kitchen", "kitchen"),
                ("Workshop", "workshop"),
                ("Bed centre", "bed_store"),
            ),
            (
                (
                    *_UPPER,
                    (("Plant room", "plant_room"), ("Generator", "generator_room"), ("Switchgear", "plant_room")),
                ),
                (*_LOWER, (("Medical gas", "plant_room"), ("Waste", "waste_room"), ("Laundry", "linen_store"))),
            ),
        ),
    ),
    2: (
        Block(
            *_FIRST,
            (("Reception", "waiting_room"), ("Preparation", "treatment_room"), _RECOVERY, _RECOVERY, _PROCEDURE),
            (("Sterile store", "sterile_storage"), _THEATRE, _THEATRE, _THEATRE, _THEATRE),
            (
                (6.0, 13.5, True, (_NURSES,)),
                (13.5, 21.5, True, (_MEDICATION,)),
                (27.0, 45.0, True, (_STORE,)),
                (3.0, 21.5, False, (_SOILED,)),
                (27.0, 34.0, False, (_CLEAN,)),
                (34.0, 42.0, False, (("Plant room", "plant_room"),)),
            ),
        ),
        Block(
            *_WING,
            (("Endoscopy", "procedure_room"), ("Endoscopy", "procedure_room"), _RECOVERY, _RECOVERY),
            (_THEATRE, _THEATRE, ("Sterile supply", "sterile_storage"), ("Instrument wash", "wash_room")),
            (
                (*_UPPER, (_NURSES, _MEDICATION, _STORE, ("Anaesthesia", "treatment_room"))),
                (*_LOWER, (_SOILED, _CLEAN, _STAFF, _OFFICE)),
            ),
        ),
    ),
    3: (
        Block(
            *_FIRST,
            (_INTENSIVE,) * 6 + (_BED, _BED),
            (_LABORATORY, _BED, _BED, _BED, _PROCEDURE),
            (
                (6.0, 13.5, True, (_NURSES,)),
                (13.5, 21.5, True, (_MEDICATION,)),
                (27.0, 36.0, True, (_CLEAN,)),
                (36.0, 45.0, True, (_SOILED,)),
                (3.0, 21.5, False, (_STAFF,)),
                (27.0, 35.0, False, (_STORE,)),
                (35.0, 42.0, False, (_LINEN,)),
            ),
        ),
        Block(
            *_WING,
            (_INTENSIVE,) * 4,
            (_DIALYSIS,) * 4,
            (
                (*_UPPER, (_NURSES, _MEDICATION, _STORE, _SOILED)),
                (*_LOWER, (_CLEAN, ("Server room", "server_room"), ("Relatives", "waiting_room"), _OFFICE)),
            ),
        ),
    ),
    4: (
        Block(
            *_FIRST,
            (_BED,) * 8,
            (_BED, _BED, _BED, _ISOLATION, _ISOLATION, _BED, _BED, _BED),
            (
                (6.0, 13.5, True, (_NURSES,)),
                (13.5, 21.5, True, (_MEDICATION,)),
                (27.0, 36.0, True, (_STORE,)),
                (36.0, 45.0, True, (_SOILED,)),
                (3.0, 12.0, False, (_CLEAN,)),
                (12.0, 21.5, False, (_STAFF,)),
                (27.0, 35.0, False, (_TREATMENT,)),
                (35.0, 42.0, False, (_LINEN,)),
            ),
        ),
        Block(
            *_WING,
            (_BED,) * 4,
            (_BED,) * 4,
            (
                (*_UPPER, (_NURSES, _MEDICATION, _STORE)),
                (*_LOWER, (_SOILED, _CLEAN, ("Day room", "waiting_room"))),
            ),
        ),
    ),
}
"""By level."""


def rooms() -> tuple[Room, ...]:
    """Every room of the hospital, and its corridors, stairs, lifts and bridge, floor by floor."""
    return tuple(room for level in STOREYS for part in (_numbered(level), _ways(level)) for room in part)


def _numbered(level: int) -> Iterator[Room]:
    boxes = (part for block in STOREYS[level] for part in _boxes(block))
    for count, (name, kind, box, wall) in enumerate(boxes, 1):
        yield _room(f"{level}.{count:02}", name, kind, level, box, wall)


Box = tuple[float, float, float, float]


def _boxes(block: Block) -> Iterator[tuple[str, str, Box, str]]:
    """The rooms of a block in their order: name, type, outline, and the wall that their door is in."""
    top, middle, bottom = CORE
    for name, kind, west, east in _beside(block.north, block.west, block.east):
        yield name, kind, (west, 0.0, east, NORTH), "s"
    for name, kind, west, east in reversed([*_beside(block.south[::-1], block.west, block.east)]):
        yield name, kind, (west, SOUTH, east, DEPTH), "n"
    for begin, end, upper, side in block.core:
        for name, kind, west, east in _beside(side, begin, end):
            yield (
                (name, kind, (west, top, east, middle), "n")
                if upper
                else (name, kind, (west, middle, east, bottom), "s")
            )


def _beside(side: Side, west: float, east: float) -> Iterator[tuple[str, str, float, float]]:
    width = (east - west) / len(side)
    for index, (name, kind) in enumerate(side):
        yield name, kind, round(west + index * width, 2), round(west + (index + 1) * width, 2)


def _room(number: str, name: str, kind: str, level: int, box: Box, wall: str) -> Room:
    west, north, east, south = box
    width = WIDE_DOOR if kind in {"operating_room", "equipment_store", "plant_room"} else DOOR
    x = round(west + 1.5 if kind == "isolation_room" else (west + east) / 2, 2)  # an anteroom has the west half
    doors = (Door(x, north if wall == "n" else south, width, wall),)
    return Room(number, name, kind, level, west, north, east, south, doors)


def _ways(level: int) -> Iterator[Room]:
    """The corridors around both cores; two stairs and three lifts; the bridge on the floors that it joins."""
    top, middle, bottom = CORE
    main = BUILDING_OF[level] == "A"
    ends = [("C4", "West corridor", "corridor", 0.0, 3.0), ("C6", "East corridor", "corridor", 69.0, WIDTH)]
    if level <= 2:
        side = 1 if main else 0
        ends[side] = ("B1", "Bridge", "bridge", *ends[side][3:])
    pieces = [
        ("C1", "North corridor", "corridor", (0.0, NORTH, WIDTH, top)),
        ("C2", "South corridor", "corridor", (0.0, bottom, WIDTH, SOUTH)),
        ("C3", "Lift lobby" if main else "Middle corridor", "corridor", (23.7, top, 27.0, bottom)),
        ("C5", "Wing corridor", "corridor", (45.0, top, 48.0, bottom)),
        *((suffix, name, kind, (west, top, east, bottom)) for suffix, name, kind, west, east in ends),
    ]
    if main:
        pieces += [
            ("S1", "West stairs", "stairs", (3.0, top, 6.0, middle)),
            ("S2", "East stairs", "stairs", (42.0, middle, 45.0, bottom)),
            ("L1", "Lift 1", "lift", (21.5, top, 23.7, 15.5)),
            ("L2", "Lift 2", "lift", (21.5, 15.5, 23.7, 20.5)),
            ("L3", "Lift 3", "lift", (21.5, 20.5, 23.7, bottom)),
        ]
    for suffix, name, kind, box in pieces:
        yield Room(f"{level}.{suffix}", name, kind, level, *box, _portal(kind, box))


def _portal(kind: str, box: Box) -> tuple[Door, ...]:
    """A bridge is open to the outside at the wall that it leaves the floor by."""
    if kind != "bridge":
        return ()
    west, north, east, south = box
    x, wall = (east, "e") if east == WIDTH else (west, "w")
    return (Door(x, (north + south) / 2, 3.0, wall),)
