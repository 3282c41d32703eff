"""Every device that is heard gets a row, so that an unknown one stands under /unclaimed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from asset_registry.audit import hold
from asset_registry.bindings import Device
from asset_registry.cursors import cursor, keep_cursor
from asset_registry.db import Database
from asset_registry.register import FACTS, LONGEST_FACT, LONGEST_NATIVE_ID, ensure_device, make_devices
from collector.clock import Clock
from collector.columns import Readings, chunks_of
from collector.reading import OWN_GATEWAY, Announcement, Item, Reading, Sighting

_MINUTE = timedelta(minutes=1)
_KEEP_EVERY = timedelta(seconds=5)


class RegistryConsumer:
    """A `collector.ports.Consumer`. Safe to repeat: a device that is known is passed over.

    New rows are limited to `most_new` a minute and `most` in all, so that a flood of made-up names cannot fill the
    database; a device that was put off comes in with a later reading. `put_off` counts those occasions.
    """

    name = "registry"

    def __init__(self, database: Database, site: str, clock: Clock, most_new: int = 1000, most: int = 100_000) -> None:
        """Loads what is known."""
        self._database = database
        self._site = site
        self._clock = clock
        self._most_new = most_new
        self._most = most
        self._window = (clock.now(), 0)
        self.put_off = 0
        self.made = 0
        with database.read() as session:
            self._known = set(session.scalars(select(Device.native_id).where(Device.site == site)))
            self._position = cursor(session, self.name)
        self._facts: dict[str, Mapping[str, str]] = {}
        self._kept_at = self._looked_at = clock.now()

    def position(self) -> int:
        """The position up to which everything has been consumed. After a crash up to 5 s are read again."""
        return self._position

    def consume(self, items: Iterable[Item], position: int) -> None:
        """Make rows for unknown devices and take over what devices say of themselves."""
        now = self._clock.now()
        if abs(now - self._looked_at) >= _MINUTE:
            self._looked_at = now
            self._forget()
        fresh, told = self._look(items, now)
        if fresh or told or now - self._kept_at >= _KEEP_EVERY:
            with self._database.write() as session:
                hold(session)  # before the rows of devices: an import takes them in this order too
                if fresh:
                    make_devices(session, self._site, fresh, told)
                for native_id, facts in told.items():
                    if native_id not in fresh:
                        ensure_device(session, self._site, native_id, now, facts)
                keep_cursor(session, self.name, position)
            self._known.update(fresh)
            self._facts.update(told)
            self.made += len(fresh)
            self._kept_at = now
        self._position = position

    def _forget(self) -> None:
        """What an undo took out comes in again when it is heard."""
        own = Device.site == self._site
        with self._database.read() as session:
            if session.scalar(select(func.count()).select_from(Device).where(own)) != len(self._known):
                self._known = set(session.scalars(select(Device.native_id).where(own)))
                self._facts = {name: facts for name, facts in self._facts.items() if name in self._known}

    def _look(self, items: Iterable[Item], now: datetime) -> tuple[dict[str, datetime], dict[str, Mapping[str, str]]]:
        """Who is new (and when first heard), and which announcements say something new."""
        fresh: dict[str, datetime] = {}
        told: dict[str, Mapping[str, str]] = {}
        known = self._known
        for item in self._strange(items):
            if type(item) is Reading and item.device in known and (not item.gateway or item.gateway in known):
                continue
            for native_id in _speakers(item):
                if native_id not in self._known and native_id not in fresh and self._admit(native_id, now):
                    fresh[native_id] = item.received
            if isinstance(item, Announcement) and (item.device in self._known or item.device in fresh):
                merged = {**self._facts.get(item.device, {}), **told.get(item.device, {}), **_own(item.facts)}
                if merged != self._facts.get(item.device):
                    told[item.device] = merged
        return fresh, told

    def _strange(self, items: Iterable[Item]) -> Iterator[Item]:
        """Without columns all of whose devices are known."""
        known = self._known
        for chunk in chunks_of(items):
            if not isinstance(chunk, Readings) or not all(
                device in known and (not gateway or gateway in known) for device, _, gateway in chunk.series
            ):
                yield from chunk

    def _admit(self, native_id: str, now: datetime) -> bool:
        start, count = self._window
        if not timedelta() <= now - start < _MINUTE:
            start, count = now, 0
        room = count < self._most_new and len(self._known) + count < self._most
        admitted = room and 0 < len(native_id) <= LONGEST_NATIVE_ID
        self._window = (start, count + admitted)
        self.put_off += not admitted
        return admitted


def _own(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: facts[name][:LONGEST_FACT] for name in FACTS if name in facts}


def _speakers(item: Item) -> tuple[str, ...]:
    """The devices an item gives proof of. A link (`link:…`), a channel, a place, an asset and an alert are none."""
    match item:
        case Sighting(tag=tag, gateway=gateway):
            return (tag, gateway)
        case Reading(device=device, gateway=gateway):
            if device.startswith(("link:", "channel:", "sink:", "place:", "asset:", "alert:")):
                return ()
            return (device, gateway) if gateway and gateway != OWN_GATEWAY else (device,)
        case Announcement(device=device):
            return (device,)
