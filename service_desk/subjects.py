"""Whom a reading is about: the registry's snapshot, and for what moves the newest fix of its tag.

A whole asset is `asset:7`, a place `place:7`, and a part of what is said of it `place:7/infusion pump`.
"""

from datetime import datetime, timedelta
from typing import Protocol

from asset_registry.find import whereabouts
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.words import PERHAPS
from asset_registry.snapshot import Snapshot
from asset_registry.talking import announced, expected, interval
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

    def interval(self, device: str) -> timedelta | None:
        """How often the device was heard."""

    def even(self, device: str) -> bool:
        """Whether it was heard by a clock."""


class Subjects:
    """Subjects as of a time."""

    def __init__(self, registered: Registered, newest: Newest, clock: str = "UTC") -> None:
        """`clock` is the site's time zone."""
        self._registered = registered
        self._newest = newest
        self._clock = clock

    def check(self) -> None:
        """Raises Unreachable before the registry was read for the first time: nobody could say what a rule is about."""
        if self._registered.current.revision < 0:
            raise Unreachable("the registry has not been read yet; alarms wait for its first snapshot")

    def of(self, name: str, at: datetime) -> Subject:
        """What the registry knows of a device, a whole asset or a place at that time."""
        snapshot = self._registered.current
        kind, _, rest = name.partition(":")
        number = rest.partition("/")[0]
        if number.isdecimal() and kind in ("asset", "place"):
            asset = snapshot.assets.get(int(number)) if kind == "asset" else None
            place = snapshot.places.get(int(number)) if kind == "place" else None
            if asset is not None and not asset.mobile and asset.home_id is not None:
                place = snapshot.places.get(asset.home_id)
        else:
            asset, place = snapshot.asset_of(name, at), snapshot.place_of(name, at)
        if place is None and asset is not None:
            place, confidence, _ = whereabouts(snapshot, self._newest, asset, at)
            if confidence < PERHAPS:
                place = None  # nobody is sent to a room where it most likely is not; the evidence tells the guess
        return self._subject(name, asset, place)

    def _subject(self, name: str, asset: KnownAsset | None, place: KnownPlace | None) -> Subject:
        snapshot = self._registered.current
        device, room = snapshot.device(name), (snapshot.room_of(place) or place) if place else None
        above = {one.kind: one for one in snapshot.path(room.id)} if room else {}
        every = interval(snapshot, self._newest, name)
        return Subject(
            device=name,
            device_name=device.name if device else "",
            gateway=snapshot.gateway(name) is not None,
            asset_id=asset.id if asset else None,
            asset=asset.name if asset else "",
            number=asset.number if asset else "",
            category=asset.category if asset else "",
            department=asset.department if asset else "",
            use=asset.use if asset else "",
            condition=asset.condition if asset else "",
            every_s=every.total_seconds() if every else None,
            pace="announced" if announced(snapshot, name) else "even" if self._newest.even(name) else "",
            expected=expected(snapshot, name),
            place_id=room.id if room else None,
            room=room.number if room else "",
            room_name=room.name if room else "",
            room_type=room.room_type if room else "",
            floor=above["floor"].name if "floor" in above else "",
            building=above["building"].name if "building" in above else "",
            zones=_zones(snapshot, room) if room else (),
            clock=self._clock,
        )


def _zones(snapshot: Snapshot, room: KnownPlace) -> tuple[str, ...]:
    """The names of a room's zones, then their kinds: a rule may mean "Drugs", or whatever is restricted."""
    zones = snapshot.zones_of(room)
    return tuple(dict.fromkeys([*(zone.name for zone in zones), *(zone.kind for zone in zones)]))
