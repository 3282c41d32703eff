"""The registry in memory: immutable snapshots that follow the database and survive without it."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from asset_registry.audit import Revision
from asset_registry.db import AWAY, Database, reason
from asset_registry.indexed import Indexed
from asset_registry.kept import keep, kept
from asset_registry.known import (
    Changes,
    Content,
    KnownAsset,
    KnownBinding,
    KnownDevice,
    KnownGateway,
    KnownPlace,
    index_words,
)
from asset_registry.loading import load, load_changes
from asset_registry.vocabulary import Vocabulary
from asset_registry.ways import Walks, Ways
from asset_registry.zones import Zone, zones_by_room
from collector.clock import Clock
from collector.errors import Unreachable

_OF_PLACES = ("_children", "_zones", "floors", "rooms", "_room_numbers", "_place_names")
"""What is worked out of the places alone."""

CACHE_EVERY = timedelta(minutes=1)
"""So seldom the cache is written while the registry changes: it is all of the registry."""


class Snapshot(Indexed):
    """The registry of one site at one revision. Never changes; every lookup is in memory.

    Where a method takes `at`, None means the moment the snapshot was taken.
    """

    walks: Walks
    """The ways on foot."""

    def _change(self, changes: Changes) -> set[int]:
        old = [asset for key in changes.assets if (asset := self.assets.get(key)) is not None]
        touched = super()._change(changes)
        worked_out = self.__dict__
        if changes.places or "walks" not in worked_out:
            self._known_above: dict[tuple[int, str], KnownPlace | None] = {}  # lists of assets ask for their rooms
            for name in _OF_PLACES:
                worked_out.pop(name, None)
            self.walks = Walks(self.rooms, self.floor_of)
        if changes.devices or changes.bindings or changes.gateways:
            worked_out.pop("unclaimed", None)
        if changes.assets:
            worked_out.pop("_called", None)
        if "_alike" in worked_out:
            self._alike = self._alike | self._alike_again(changes, old)
        if "_talkers" in worked_out and touched - changes.assets.keys():
            self._talkers = self._talkers | {one: self._talking(one) for one in touched}
        if "vocabulary" in worked_out and touched:
            held = {one: self.assets.get(one) for one in touched}
            texts = {one: index_words(self._names_of(asset)) if asset else "" for one, asset in held.items()}
            self.vocabulary = self.vocabulary.changed(texts)
        return touched

    # ------------------------------------------------------------ devices

    def device(self, native_id: str) -> KnownDevice | None:
        """The device with that native id."""
        return self._by_native.get(native_id)

    def gateway(self, native_id: str) -> KnownGateway | None:
        """The gateway whose device has that native id."""
        return self._gateway_by_native.get(native_id)

    def bindings_of(self, native_id: str) -> tuple[KnownBinding, ...]:
        """Every binding the device ever had, newest first."""
        device = self._by_native.get(native_id)
        return self._of_device.get(device.id, ()) if device is not None else ()

    def devices_of_asset(self, asset_id: int, at: datetime | None = None) -> list[KnownDevice]:
        """The asset's own voice, tags and sensors at that time."""
        return self._held(self._of_asset.get(asset_id, ()), at)

    def devices_of_place(self, place_id: int, at: datetime | None = None) -> list[KnownDevice]:
        """The sensors bound to exactly this place at that time."""
        return self._held(self._of_place.get(place_id, ()), at)

    def _held(self, bindings: Iterable[KnownBinding], at: datetime | None) -> list[KnownDevice]:
        moment = at or self.taken
        return list({each.device_id: self.devices[each.device_id] for each in bindings if each.holds(moment)}.values())

    @cached_property
    def _talkers(self) -> dict[int, tuple[str, ...]]:
        return {one: self._talking(one) for one in self._of_asset}

    def _talking(self, asset_id: int) -> tuple[str, ...]:
        return tuple(device.native_id for device in self.devices_of_asset(asset_id))

    def talkers_of(self, asset_id: int) -> tuple[str, ...]:
        """The native ids of what spoke for the asset when the snapshot was taken."""
        return self._talkers.get(asset_id, ())

    @cached_property
    def unclaimed(self) -> list[KnownDevice]:
        """Devices that nobody bound, placed or dismissed, newest first."""
        return sorted(
            (device for device in self.devices.values() if self._is_unclaimed(device)),
            key=lambda device: device.first_seen,
            reverse=True,
        )

    def _is_unclaimed(self, device: KnownDevice) -> bool:
        if device.dismissed or device.id in self.gateways:
            return False
        return not any(binding.holds(self.taken) for binding in self.bindings_of(device.native_id))

    # ------------------------------------------------------------ assets

    def asset(self, number: str) -> KnownAsset | None:
        """The asset with the hospital's own number."""
        return self._by_number.get(number)

    @cached_property
    def _called(self) -> dict[str, KnownAsset]:
        return {asset.number.casefold(): asset for asset in self.assets.values()}

    def asset_called(self, typed: str) -> KnownAsset | None:
        """The asset whose number was typed, whatever its letters' case."""
        return self._by_number.get(typed.strip()) or self._called.get(typed.strip().casefold())

    @cached_property
    def _alike(self) -> dict[str, list[KnownAsset]]:
        alike: dict[str, list[KnownAsset]] = defaultdict(list)
        for asset in self.assets.values():
            alike[asset.category].append(asset)
        return dict(alike)

    def _alike_again(self, changes: Changes, old: Iterable[KnownAsset]) -> dict[str, list[KnownAsset]]:
        new = [asset for asset in changes.assets.values() if asset is not None]
        alike: dict[str, list[KnownAsset]] = {}
        for category in {asset.category for asset in (*old, *new)}:
            stayed = [asset for asset in self._alike.get(category, ()) if asset.id not in changes.assets]
            come = [asset for asset in new if asset.category == category]
            alike[category] = sorted((*stayed, *come), key=lambda asset: asset.id)
        return alike

    def of_category(self, category: str) -> list[KnownAsset]:
        """The assets of a category."""
        return self._alike.get(category, [])

    def asset_of(self, native_id: str, at: datetime | None = None) -> KnownAsset | None:
        """What the device was the voice, tag or sensor of at that time."""
        moment = at or self.taken
        for binding in self.bindings_of(native_id):
            if binding.asset_id is not None and binding.holds(moment):
                return self.assets.get(binding.asset_id)
        return None

    def bindings_of_asset(self, asset_id: int, at: datetime | None = None) -> list[KnownBinding]:
        """The asset's bindings that are in force at that time."""
        moment = at or self.taken
        return [binding for binding in self._of_asset.get(asset_id, ()) if binding.holds(moment)]

    def past_bindings_of_asset(self, asset_id: int) -> list[KnownBinding]:
        """Every binding the asset ever had, newest first."""
        return sorted(self._of_asset.get(asset_id, ()), key=lambda binding: binding.since, reverse=True)

    def past_bindings_of_place(self, place_id: int) -> list[KnownBinding]:
        """Every binding of a sensor to exactly this place."""
        return list(self._of_place.get(place_id, ()))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every word one may call an asset by, its status among them."""
        return Vocabulary((asset.id, index_words(self._names_of(asset))) for asset in self.assets.values())

    def _names_of(self, asset: KnownAsset) -> list[str]:
        own = [asset.number, asset.name, asset.category, asset.maker, asset.model, asset.serial, asset.department]
        status = [part.replace("_", " ") for part in (asset.use, asset.hygiene, asset.condition, asset.holding)]
        worn = [name for one in self.devices_of_asset(asset.id) for name in (one.name, one.native_id)]
        return [*own, asset.udi_di, *map(str, asset.custom.values()), *status, *worn]

    def serving(self, place_id: int) -> list[KnownAsset]:
        """The assets (air handlers, circuits) that serve the place."""
        return [
            self.assets[asset] for asset, place in self.content.serves if place == place_id and asset in self.assets
        ]

    def served_by(self, asset_id: int) -> list[KnownPlace]:
        """The places that the asset serves."""
        return [
            self.places[place] for asset, place in self.content.serves if asset == asset_id and place in self.places
        ]

    # ------------------------------------------------------------ places

    def place_of(self, device: str, at: datetime | None = None) -> KnownPlace | None:
        """Where the device is bound to be: a place's sensor, a gateway's place, the home of an asset that stays put.

        None for a mobile asset's device: where that is only a fix can tell.
        """
        moment = at or self.taken
        for binding in self.bindings_of(device):
            if not binding.holds(moment):
                continue
            if binding.place_id is not None:
                return self.places.get(binding.place_id)
            asset = self.assets.get(binding.asset_id or 0)
            if asset is not None and not asset.mobile and asset.home_id is not None:
                return self.places.get(asset.home_id)
        gateway = self._gateway_by_native.get(device)
        return self.places.get(gateway.place_id) if gateway else None

    @cached_property
    def _children(self) -> dict[int | None, list[KnownPlace]]:
        children: dict[int | None, list[KnownPlace]] = defaultdict(list)
        for place in sorted(self.places.values(), key=lambda place: (place.level or 0, place.number)):
            children[place.parent_id].append(place)
        return dict(children)

    def children(self, place_id: int | None) -> list[KnownPlace]:
        """What lies directly in a place, by level and number; None gives the sites."""
        return self._children.get(place_id, [])

    def path(self, place_id: int) -> list[KnownPlace]:
        """The place and what it lies in, outermost first; empty when it is unknown."""
        way: list[KnownPlace] = []
        place = self.places.get(place_id)
        while place is not None and place not in way:
            way.append(place)
            place = self.places.get(place.parent_id) if place.parent_id is not None else None
        return way[::-1]

    def said_of_air(self, place_id: int) -> list[dict[str, Any]]:
        """What the place and all that it lies in say of its air, from the site inwards (`hvac.profile_of`)."""
        said = self.content.air
        return [said[place.id] for place in self.path(place_id) if place.id in said] if said else []

    def _above(self, place_id: int, kind: str) -> KnownPlace | None:
        known = self._known_above
        if (place_id, kind) not in known:
            known[place_id, kind] = next((place for place in self.path(place_id) if place.kind == kind), None)
        return known[place_id, kind]

    def floor_of(self, place: KnownPlace | int) -> KnownPlace | None:
        """The floor a place is on, or is."""
        return self._above(place if isinstance(place, int) else place.id, "floor")

    def room_of(self, place: KnownPlace | int) -> KnownPlace | None:
        """The room a place is in, or is."""
        return self._above(place if isinstance(place, int) else place.id, "room")

    @cached_property
    def _zones(self) -> dict[int, tuple[Zone, ...]]:
        return zones_by_room(self.floors, self.rooms_on)

    def zones_of(self, place: KnownPlace | int) -> tuple[Zone, ...]:
        """The zones (HVAC, lighting, cleaning, restricted, exit) that the room of a place lies in."""
        room = self.room_of(place)
        return self._zones.get(room.id, ()) if room is not None else ()

    @cached_property
    def floors(self) -> list[KnownPlace]:
        """Every floor, lowest first."""
        return sorted((p for p in self.places.values() if p.kind == "floor"), key=lambda p: (p.level or 0, p.number))

    @cached_property
    def rooms(self) -> list[KnownPlace]:
        """Every room, by number."""
        return sorted((p for p in self.places.values() if p.kind == "room"), key=lambda p: p.number)

    def rooms_on(self, floor_id: int) -> list[KnownPlace]:
        """The rooms of a floor, by number."""
        return [place for place in self.children(floor_id) if place.kind == "room"]

    def room(self, number: str) -> KnownPlace | None:
        """The room with that number on its door, when there is exactly one."""
        found = [place for place in self.rooms if place.number == number]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _room_numbers(self) -> Vocabulary:
        return Vocabulary((room.id, room.number.casefold()) for room in self.rooms)

    @cached_property
    def _place_names(self) -> Vocabulary:
        named = ((room.id, [place.name for place in self.path(room.id)]) for room in self.rooms)
        return Vocabulary((room, index_words(names)) for room, names in named)

    def rooms_numbered(self, beginning: str) -> AbstractSet[int]:
        """The rooms whose number begins so."""
        return self._room_numbers.named(beginning)

    def rooms_called(self, beginning: str) -> AbstractSet[int]:
        """The rooms in whose name, or their floor's or building's, a word begins so."""
        return self._place_names.named(beginning)

    def ways(self, start: KnownPlace) -> Ways:
        """Every way on foot from a room."""
        return self.walks.start(start)

    def distance_m(self, a: int, b: int) -> float | None:
        """How far it is on foot between two rooms or beds, roughly where no way is drawn; None when nobody can say."""
        one, other = self.room_of(a), self.room_of(b)
        if one is None or other is None:
            return None
        return self.ways(one).metres(other)


class SnapshotSource:
    """Keeps `current` up with the revision row. `current` does no I/O; call `refresh` or run `follow` in a thread."""

    def __init__(self, database: Database, site: str, clock: Clock, cache: Path | None = None) -> None:
        """`cache` is where the last snapshot is kept, so that a start without the database has one."""
        self._database = database
        self._site = site
        self._clock = clock
        self._cache = cache
        self._lock = threading.Lock()
        self._stale = True
        self._unkept = ""
        self.current = Snapshot(Content(site, -1, clock.now(), [], [], [], [], [], []))
        self._kept = self.current
        if cache is not None and cache.exists():
            content = kept(cache)
            if isinstance(content, str):
                self._unkept = content
            elif content.site == site:
                self._kept = self.current = Snapshot(content)
        self.trouble = self._unkept

    def place_of(self, device: str, at: datetime) -> KnownPlace | None:
        """Where `device` is bound to be at that time (`collector.ports.Registry`)."""
        return self.current.place_of(device, at)

    def refresh(self) -> bool:
        """Take a new snapshot when the registry has changed; say whether it had.

        Raises Unreachable when the database cannot be asked; `current` stays what it was.
        """
        with self._lock:
            try:
                with self._database.read() as session:
                    row = session.get(Revision, 1)
                    number = row.number if row else 0
                    changed = number != self.current.revision or self._stale
                    if changed:
                        self.current = self._newer(session, number)
            except (DBAPIError, *AWAY) as error:
                self.trouble = (
                    f"registry database: {reason(error)}; places and assets are as of revision {self.current.revision}"
                )
                raise Unreachable(self.trouble) from error
            self._stale = False
            self._keep()
            self.trouble = self._unkept
            return changed

    def _newer(self, session: Session, number: int) -> Snapshot:
        now, before = self._clock.now(), self.current
        changes = None
        if not self._stale and before.taken <= now and (before.next_turn is None or now < before.next_turn):
            changes = load_changes(session, before.content, number, now)
        return before.after(changes) if changes is not None else Snapshot(load(session, self._site, number, now))

    def _keep(self) -> None:
        if self._cache is None or self._kept is self.current:
            return
        if not self._kept.revision < 0 and abs(self._clock.now() - self._kept.taken) < CACHE_EVERY:
            return
        self._kept, self._unkept = self.current, keep(self._cache, self.current.content)

    def follow(self, stop: threading.Event, every_s: float = 1.0) -> None:
        """Refresh until `stop`; a database that is away is waited for, and `trouble` says so."""
        while not stop.is_set():
            try:
                self.refresh()
            except Unreachable:
                self._clock.wait(stop, 4 * every_s)
            self._clock.wait(stop, every_s)
