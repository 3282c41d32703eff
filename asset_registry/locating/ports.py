"""The seam of location engines: sightings in, fixes out."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from asset_registry.snapshot import Snapshot, SnapshotSource
from collector.reading import Sighting


class Fix(msgspec.Struct, frozen=True):
    """Where a tag is. `place_id` None: nobody knows. `confidence` 0 to 1; `at` when it was last heard.

    `since`: from when on it has been there; `gateway`: which one the fix rests on.
    """

    tag: str
    place_id: int | None
    gateway: str
    confidence: float
    at: datetime
    since: datetime


class Spot(msgspec.Struct, frozen=True):
    """Where a gateway hangs: its place, and its point in metres on the plan of its floor."""

    place_id: int
    floor_id: int | None
    x_m: float
    y_m: float


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


SpotSource = Callable[[], Spots]


class SpotsOf:
    """A `SpotSource` that follows a snapshot source and makes the map anew only when the snapshot is new."""

    def __init__(self, snapshots: SnapshotSource) -> None:
        """Makes the map on first use."""
        self._snapshots = snapshots
        self._made: tuple[Snapshot | None, Spots] = (None, {})

    def __call__(self) -> Spots:
        """The present map."""
        snapshot = self._snapshots.current
        if self._made[0] is not snapshot:
            self._made = (snapshot, spots_of(snapshot))
        return self._made[1]


def spots_of(snapshot: Snapshot) -> dict[str, Spot]:
    """The gateways of a snapshot as a map."""
    spots = {}
    for device_id, gateway in snapshot.gateways.items():
        floor = snapshot.floor_of(gateway.place_id)
        spot = Spot(gateway.place_id, floor.id if floor else None, gateway.x_m, gateway.y_m)
        spots[snapshot.devices[device_id].native_id] = spot
    return spots
