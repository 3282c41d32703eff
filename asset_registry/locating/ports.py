"""The seam of location engines: sightings in, fixes out."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from asset_registry.known import KnownGateway, KnownPlace
from asset_registry.locating.reach import Ranges, reaches
from asset_registry.places import WAYS, outline_of
from asset_registry.snapshot import Snapshot, SnapshotSource
from collector.reading import Sighting


class Fix(msgspec.Struct, frozen=True):
    """Where a tag is. `place_id` None: nobody knows. `confidence` 0 to 1; `at` when it was last heard.

    `since`: from when on it has been there; `gateway`: which one the fix rests on. Where an engine knows them: `x_m`
    and `y_m` on the plan of the floor, `radius_m` (it is that near in about two of three cases), and the loudest
    gateways with their levels in dBm as `evidence`.
    """

    tag: str
    place_id: int | None
    gateway: str
    confidence: float
    at: datetime
    since: datetime
    x_m: float | None = None
    y_m: float | None = None
    evidence: tuple[tuple[str, float], ...] = ()
    radius_m: float | None = None


class Spot(msgspec.Struct, frozen=True):
    """Where a gateway hangs: its place, and its point in metres on the plan of its floor.

    `own`: how far away its own place lies, `silent`: the places without a gateway to which it is the nearest one. Both
    are empty where no outline is drawn.
    """

    place_id: int
    floor_id: int | None
    x_m: float
    y_m: float
    own: Ranges = {}
    silent: Ranges = {}


Spots = Mapping[str, Spot]
"""The map of gateways, by native id."""


class Engine(Protocol):
    """A location engine. One thread. Its time is that of what it hears, so a backlog is worked off like live."""

    def hear(self, sighting: Sighting) -> None:
        """Take in that a gateway heard a tag."""

    def alive(self, gateway: str, at: datetime) -> None:
        """Take in that a gateway spoke, whatever it said."""

    def judge(self, now: datetime) -> Iterable[Fix]:
        """The fixes that may have changed by `now`."""

    def restore(self, fixes: Iterable[Fix]) -> None:
        """Go on from what was known before a restart."""

    def drift(self) -> Mapping[str, float]:
        """By gateway, how much louder than the engine's map it hears of late, in dB; where that is known."""


SpotSource = Callable[[], Spots]


class SpotsOf:
    """A `SpotSource` that follows a snapshot source and makes the map anew only when a place or a gateway changed."""

    def __init__(self, snapshots: SnapshotSource) -> None:
        """Makes the map on first use."""
        self._snapshots = snapshots
        self._of: Snapshot | None = None
        self._from: tuple[dict[int, KnownPlace], dict[int, KnownGateway]] = ({}, {})
        self._spots: Spots = {}

    def __call__(self) -> Spots:
        """The present map: the same object as long as nothing on it changed."""
        snapshot = self._snapshots.current
        if self._of is not snapshot:
            facts = (snapshot.places, snapshot.gateways)
            if facts != self._from:
                self._from, self._spots = facts, spots_of(snapshot)
            self._of = snapshot
        return self._spots


def spots_of(snapshot: Snapshot) -> dict[str, Spot]:
    """The gateways of a snapshot as a map."""
    spots = {}
    for device_id, gateway in snapshot.gateways.items():
        floor = snapshot.floor_of(gateway.place_id)
        spot = Spot(gateway.place_id, floor.id if floor else None, gateway.x_m, gateway.y_m)
        spots[snapshot.devices[device_id].native_id] = spot
    for floor in snapshot.floors:
        spots |= _with_reach(snapshot, floor, {name: spot for name, spot in spots.items() if spot.floor_id == floor.id})
    return spots


def _with_reach(snapshot: Snapshot, floor: KnownPlace, spots: Mapping[str, Spot]) -> dict[str, Spot]:
    if not spots:
        return {}
    rooms = snapshot.rooms_on(floor.id)
    ways = {room.id for room in rooms if room.room_type in WAYS}
    in_rooms = {}
    for name, spot in spots.items():  # a gateway at a bed hears for the whole room
        room = snapshot.room_of(spot.place_id)
        in_rooms[name] = msgspec.structs.replace(spot, place_id=room.id) if room else spot
    found = reaches(in_rooms, {room.id: outline_of(room.plan) for room in rooms}, ways)
    return {
        name: msgspec.structs.replace(spot, own=found[name][0], silent=found[name][1]) for name, spot in spots.items()
    }
