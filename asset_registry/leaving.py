"""What left the building: its tag fell silent in a zone that is marked as an exit. Pure.

A gateway that died at the door takes nobody out: whoever heard the tag last must have spoken since.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from asset_registry.find import Newest, whereabouts
from asset_registry.known import KnownAsset
from asset_registry.locating.service import ROOM
from asset_registry.locating.words import LIKELY
from asset_registry.snapshot import Snapshot

LEFT = "left_by"
SILENT = timedelta(minutes=5)
"""So long nothing was heard of what has left."""
STAYED = timedelta(minutes=5)
"""What is heard again at the door is back when it goes on for so long; anywhere else it is back at once."""
FRESH = timedelta(minutes=2)
"""So long after it was last believed at the door it may have spoken without a place."""


class Heard(Newest, Protocol):
    """The newest readings, and who spoke when (`collector.latest.Latest`)."""

    def seen(self, device: str) -> datetime | None:
        """When the device last spoke itself."""

    def heard_by(self, device: str) -> str:
        """The gateway that heard it last; "" when it speaks for itself."""

    def carried(self, gateway: str) -> datetime | None:
        """When the gateway last heard anything."""


@dataclass(frozen=True)
class Departure:
    """An asset left by a zone, or with "" is back; `at` it was last heard, or heard again."""

    asset_id: int
    zone: str
    at: datetime


@dataclass
class Leaving:
    """Who is at a door, and who left by it. `left` is what was known before a restart."""

    left: dict[int, Departure] = field(default_factory=dict)
    _door: dict[int, Departure] = field(default_factory=dict)
    _again: dict[int, datetime] = field(default_factory=dict)

    def look(self, known: Snapshot, heard: Heard, now: datetime) -> list[Departure]:
        """Who left, and who is back."""
        exits = exits_of(known)
        watched = self.left.keys() | self._door.keys()
        found: list[Departure] = []
        for asset in known.assets.values() if exits or watched else ():
            if asset.mobile and (asset.id in watched or _is_near(known, heard, asset, exits)):
                found += self._look(known, heard, asset, exits, now)
        for gone in watched - known.assets.keys():
            self._forget(gone)
        return found

    def _look(
        self, known: Snapshot, heard: Heard, asset: KnownAsset, exits: dict[int, str], now: datetime
    ) -> Iterator[Departure]:
        place, confidence, _ = whereabouts(known, heard, asset, now)
        room = known.room_of(place) if place is not None and confidence >= LIKELY else None
        spoke = last_word(heard, known.talkers_of(asset.id))
        if spoke is None:
            return
        at, gateway = spoke
        left = self.left.get(asset.id)
        there = room.id if room is not None else None
        if left is not None and at > left.at and self._is_back(left, at, now, there, exits):
            self._forget(asset.id)
            yield Departure(asset.id, "", at)
        if asset.id in self.left:
            return
        if room is not None and now - at < SILENT:
            if room.id in exits:
                self._door[asset.id] = Departure(asset.id, exits[room.id], at)
            else:
                self._door.pop(asset.id, None)
        door = self._door.get(asset.id)
        if door is None or now - at < SILENT:
            return
        if at - door.at > FRESH:
            del self._door[asset.id]
        elif _lives(heard, gateway, at):
            self.left[asset.id] = gone = Departure(asset.id, door.zone, at)
            del self._door[asset.id]
            yield gone

    def _is_back(self, left: Departure, at: datetime, now: datetime, room: int | None, exits: Container[int]) -> bool:
        if room is not None and room not in exits:
            return True
        if now - at >= SILENT:
            self._again.pop(left.asset_id, None)
            return False
        return at - self._again.setdefault(left.asset_id, at) >= STAYED

    def _forget(self, asset_id: int) -> None:
        self.left.pop(asset_id, None)
        self._door.pop(asset_id, None)
        self._again.pop(asset_id, None)


def exits_of(known: Snapshot) -> dict[int, str]:
    """The rooms that lie in an exit zone, with its name."""
    marked = ((room.id, zone.name) for room in known.rooms for zone in known.zones_of(room) if zone.kind == "exit")
    return dict(marked)


def last_word(heard: Heard, devices: Iterable[str]) -> tuple[datetime, str] | None:
    """When any of an asset's devices last spoke, and the gateway that heard it."""
    words = [(at, heard.heard_by(device)) for device in devices if (at := heard.seen(device)) is not None]
    return max(words, default=None)


def _is_near(known: Snapshot, heard: Heard, asset: KnownAsset, exits: dict[int, str]) -> bool:
    """Whether a fix names a door, whatever it is worth: few do, and only these are looked at closely."""
    for device in known.talkers_of(asset.id):
        room = heard.get(device, ROOM)
        if room is not None and isinstance(room.value, str) and room.value.isdecimal() and int(room.value) in exits:
            return True
    return False


def _lives(heard: Heard, gateway: str, since: datetime) -> bool:
    if not gateway:
        return True
    words = (heard.carried(gateway), heard.seen(gateway))
    return any(word is not None and word > since for word in words)
