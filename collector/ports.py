"""The seams: what a link, a decoder, a store and a registry look like from the other side."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import msgspec

from collector.columns import DeliveryKeys, Readings
from collector.reading import Announcement, DeliveryKey, Frame, Item, Reading, Sighting

if TYPE_CHECKING:
    import pyarrow as pa

Decoded = Reading | Sighting | Announcement | Frame
Aggregate = Literal["mean", "min", "max", "last", "count"]


class Decoder(Protocol):
    """Stateless: bytes in, readings out. A Frame inside a Frame (an advert in MQTT) is decoded again."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """Everything the frame says. Raises BadFrame with the offset; what is missing or invalid gives nothing."""


@runtime_checkable
class BulkDecoder(Decoder, Protocol):
    """A decoder that takes many payloads at once, most of which say one number and no more."""

    def readings(self, payloads: Sequence[bytes], received: datetime) -> Readings:
        """What `decode` says of each payload, a row each, until one that is not so plain. Raises nothing."""


class Query(msgspec.Struct, frozen=True):
    """Bytes a session wants sent. Each part declares its own closed set of subclasses, as `QUERIES`."""

    data: bytes


class Session(Protocol):
    """Stateful and sans-I/O: a conversation with one device."""

    def receive(self, data: bytes, now: datetime) -> Sequence[Item]:
        """What the bytes, with all before them, say.

        Raises `drivers.codecs.framer.BadBytes` for what is no frame: the caller counts it and calls again with b""
        until it returns. What was said before the noise comes with the first return.
        """

    def end(self, now: datetime) -> Sequence[Item]:
        """The stream has ended: what its last bytes say. As `receive` for those that are no frame."""

    def due(self) -> datetime | None:
        """When `next` wants to be asked; None: not before something has been received."""

    def next(self, now: datetime) -> Query | None:
        """What to send now, of the module's `QUERIES`; None: nothing."""


class Part(msgspec.Struct, frozen=True, gc=False):
    """What one message says, or each of many. `elsewhere`: another Wardkeeper heard it, whose times it keeps."""

    items: Sequence[Item] | Readings
    key: DeliveryKey | DeliveryKeys | None = None
    elsewhere: bool = False

    def apart(self) -> "list[Part]":
        """Of many messages each."""
        if not isinstance(self.items, Readings):
            return [self]
        keys = self.key if isinstance(self.key, DeliveryKeys) else repeat(self.key)
        return [Part((reading,), key) for reading, key in zip(self.items, keys, strict=False)]


class Intake(Protocol):
    """Where links hand over what they heard. Thread-safe, never blocks."""

    def offer(
        self, items: Sequence[Item], durable: Callable[[], None] | None = None, key: DeliveryKey | None = None
    ) -> bool:
        """Take `items`; call `durable` from the spool's thread once they are fsynced.

        False: no room. A link that can pause keeps the items and offers them again; others count the loss.
        """

    def offer_all(self, parts: Sequence[Part], durable: Callable[[], None] | None = None) -> bool:
        """The same for many messages at once: all or none of them; `durable` when the last is fsynced."""


class Span(msgspec.Struct, frozen=True):
    """A device from `start` until `end`: while it was an asset's, or in a room."""

    device: str
    start: datetime
    end: datetime


class Selection(msgspec.Struct, frozen=True):
    """Which points of a store: `start <= at < end`; empty `devices` or `metrics` means all.

    With `every` the points are put into windows of that length aligned to the epoch, and `aggregate` says how.
    With `points` there are at most so many of each series, as `collector.spans.downsampled` chooses them.
    With `spans` only what a device said within one of its own counts: () is nothing at all.
    `asset_registry.spans` finds those of an asset, a room or a building.
    """

    start: datetime
    end: datetime
    devices: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    every: timedelta | None = None
    aggregate: Aggregate = "mean"
    limit: int | None = None
    points: int | None = None
    spans: tuple[Span, ...] | None = None


class Store(Protocol):
    """A time-series store. Tables have the columns of `collector.points.SCHEMA`."""

    def write(self, items: Sequence[Item], position: int) -> None:
        """Keep readings and sightings, and in the same transaction that everything up to `position` is kept.

        Idempotent on (device, metric, gateway, at). Raises Unreachable or Refused.
        """

    def write_table(self, table: "pa.Table", position: int | None = None) -> None:
        """Keep many points at once, columns as in SCHEMA; the position stays where it is with None. As `write`."""

    def position(self) -> int:
        """The spool position up to which everything is kept."""

    def query(self, selection: Selection) -> "pa.Table":
        """The selected points, by device, metric, gateway, at."""

    def latest(self, devices: Collection[str] = (), metrics: Collection[str] = ()) -> "pa.Table":
        """The newest point (by `at`) of each series."""

    def drop(self, family: str, before: datetime) -> int:
        """Forget what is older; say how many points went."""

    def close(self) -> None:
        """Let go of files and connections."""


@runtime_checkable
class RemoteStore(Store, Protocol):
    """A store on a server of its own. Its `position` may step back: then the spool is read again from there."""

    def settled(self) -> int:
        """The position up to which nothing can be lost any more; the spool keeps what comes after it."""

    def refused(self) -> str:
        """What the server would not take, in words; "" when it took everything."""

    def troubles(self) -> list[str]:
        """Asks the server what a person should mend there: it does not answer, keeps points too short a time."""


class DeadLetters(msgspec.Struct, frozen=True):
    """`count` points that a store would not take, `last` the newest reason, `path` the file where they are."""

    count: int
    last: str
    path: Path


@runtime_checkable
class DeadLetterOffice(Protocol):
    """A store that keeps what its server would not take."""

    def dead_letters(self) -> DeadLetters:
        """What was refused so far."""


class Retention(Protocol):
    """How long points are kept. What it says may change at any time."""

    def keep(self, device: str, metric: str) -> "tuple[timedelta | None, timedelta | None]":
        """How long a device's points of a metric stay, and their rollups, which stay no shorter; None: for ever."""


@runtime_checkable
class TendedStore(Store, Protocol):
    """A store on this machine that needs a hand in the background (`collector.upkeep`)."""

    def tend(self, now: datetime, retention: Retention) -> None:
        """Seal the days that have ended, merge late points, forget what need not be kept any more."""


class Place(Protocol):
    """Where something is, as far as the collector cares."""

    @property
    def id(self) -> int:
        """The surrogate id of the place."""

    @property
    def number(self) -> str:
        """What is written on the door: "4.12"."""


class Registry(Protocol):
    """What the collector asks the registry: no I/O, a snapshot in memory."""

    def place_of(self, device: str, at: datetime) -> Place | None:
        """Where `device` is bound to be at that time, if the registry knows."""


class Consumer(Protocol):
    """Reads the spool behind its own durable cursor and never holds up another."""

    name: str

    def position(self) -> int:
        """The position up to which everything has been consumed."""

    def consume(self, items: Iterable[Item], position: int) -> None:
        """Work through one batch and remember `position` in the same transaction."""


@runtime_checkable
class TrailingConsumer(Consumer, Protocol):
    """A consumer whose `position` may step back: then the spool is read again from there."""

    def settled(self, position: int) -> int:
        """What of everything up to `position` cannot be lost any more; the spool keeps what comes after it."""
