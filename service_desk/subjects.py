"""Whom a reading is about: the registry's snapshot, and for what moves the newest fix of its tag."""

from datetime import datetime
from typing import Protocol

from asset_registry.find import whereabouts
from asset_registry.locating.words import PERHAPS
from asset_registry.snapshot import Snapshot
from collector.errors import Unreachable
from collector.reading import Reading
from service_desk.ports import Subject


class Registered(Protocol):
    """Where the snapshot is (`asset_registry.snapshot.SnapshotSource`)."""

    @property
    def current(self) -> Snapshot:
        """The newest."""


class Newest(Protocol):
    """Where newest readings are (`collector.latest.Latest`)."""

    def get(self, device: str, metric: str) -> Reading | None:
        """The newest reading of one metric."""


class Subjects:
    """Subjects as of a time."""

    def __init__(self, registered: Registered, newest: Newest) -> None:
        self._registered = registered
        self._newest = newest

    def check(self) -> None:
        """Raises Unreachable before the registry was read for the first time: nobody could say what a rule is about."""
        if self._registered.current.revision < 0:
            raise Unreachable("the registry has not been read yet; alarms wait for its first snapshot")

    def of(self, native_id: str, at: datetime) -> Subject:
        """What the registry knows of a device at that time."""
        snapshot = self._registered.current
        device = snapshot.device(native_id)
        asset = snapshot.asset_of(native_id, at)
        place = snapshot.place_of(native_id, at)
        if place is None and asset is not None:
            place, confidence, _ = whereabouts(snapshot, self._newest, asset, at)
            if confidence < PERHAPS:
                place = None  # nobody is sent to a room where it most likely is not; the evidence tells the guess
        room = (snapshot.room_of(place) or place) if place else None
        return Subject(
            device=native_id,
            device_name=device.name if device else "",
            asset_id=asset.id if asset else None,
            asset=asset.name if asset else "",
            number=asset.number if asset else "",
            category=asset.category if asset else "",
            department=asset.department if asset else "",
            use=asset.use if asset else "",
            place_id=room.id if room else None,
            room=room.number if room else "",
            room_name=room.name if room else "",
            room_type=room.room_type if room else "",
        )
