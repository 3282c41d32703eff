"""From links to disk to consumers (DESIGN section 3): offer -> admission -> spool (fsync) -> acknowledged -> consumers.

`Pipeline.run` and `ConsumerRunner.run` are targets for `collector.supervisor`: they raise Unreachable and go on where
they were when they are started again.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

import msgspec

from collector import sacrifice
from collector.admission import ClockState, Refusal, Timeline, kept, sound
from collector.clock import Clock, monotonic
from collector.columns import DeliveryKeys, Readings, chunks_of, joined, joined_keys, strung
from collector.counters import Counters
from collector.errors import Unreachable
from collector.histogram import Histogram
from collector.latest import Latest
from collector.payload import Keys, flat
from collector.ports import Consumer, Part, RemoteStore, Store, TrailingConsumer
from collector.reading import DeliveryKey, Item
from collector.sacrifice import Sacrifice
from collector.spool import Spool

Durable = Callable[[], None]
Tap = Callable[[Sequence[Item]], None]

_POLL_S = 0.25  # how soon a thread that has nothing to do notices that it shall stop


class Limits(msgspec.Struct, frozen=True):
    """`queued`, `record`: how many items may wait, and make a record.

    `news`: what was heard elsewhere longer ago than this is state.
    """

    queued: int = 50_000
    record: int = 5_000
    news: timedelta = timedelta(minutes=15)


class _Offer(msgspec.Struct, gc=False):
    parts: Sequence[Part]
    durable: Durable | None
    weight: int  # how many items it counts for; 1 for a message that says nothing


class _Batch(msgspec.Struct):
    parts: list[tuple[Sequence[Item] | Readings, Keys | None]]
    durable: list[Durable]
    said: list[Item] = []  # of the spool itself


class Pipeline:
    """The intake: a bounded queue and one thread that writes. Nothing is acknowledged before it is on disk."""

    def __init__(
        self, spool: Spool, clock: Clock, latest: Latest, counters: Counters, limits: Limits | None = None
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._latest = latest
        self._counters = counters
        self._limits = limits or Limits()
        self._timeline = Timeline(spool.written_at)
        self._sacrifice = Sacrifice()
        self._arrived = threading.Condition()
        self._queue: deque[_Offer] = deque()
        self._queued = 0
        self._unwritten: _Batch | None = None
        self._written: deque[Durable] = deque()
        self._taps: tuple[Tap, ...] = ()
        self._timed: tuple[float, int] | None = None  # when one message came, and how many were before it
        self.acknowledged = Histogram()  # from a message's arrival to its fsync; one message at a time is timed
        self.wrote = Histogram()  # one append to the spool

    @property
    def queued(self) -> int:
        """How many items wait for the disk."""
        return self._queued

    @property
    def waiting_s(self) -> float:
        """How long a message has been waiting for the disk, in seconds."""
        timed = self._timed
        return monotonic() - timed[0] if timed else 0.0

    @property
    def clock_state(self) -> ClockState:
        """Whether the clock was set back."""
        return self._timeline.clock

    def offer(self, items: Sequence[Item], durable: Durable | None = None, key: DeliveryKey | None = None) -> bool:
        """Take `items` if there is room; see `collector.ports.Intake`."""
        return self.offer_all((Part(items, key),), durable)

    def offer_all(self, parts: Sequence[Part], durable: Durable | None = None) -> bool:
        """The same for many messages; see `collector.ports.Intake`."""
        offer = _Offer(parts, durable, sum([len(part.items) or 1 for part in parts]))
        with self._arrived:
            if self._queue and self._queued + offer.weight > self._limits.queued:
                return False
            if self._timed is None:
                self._timed = monotonic(), len(self._queue)
            self._queue.append(offer)
            self._queued += offer.weight
            self._arrived.notify()
            return True

    def tap(self, tap: Tap) -> Callable[[], None]:
        """Give `tap` a copy of what was written, from the writing thread: it must be quick. Returns what ends it."""
        self._taps = (*self._taps, tap)

        def end() -> None:
            self._taps = tuple(other for other in self._taps if other is not tap)

        return end

    def run(self, stop: threading.Event) -> None:
        """Write what is offered until `stop`, then what is still queued. Raises Unreachable; the batch is kept."""
        while True:
            self._acknowledge()
            if self._unwritten is None:
                offers = self._take(0 if stop.is_set() else _POLL_S)
                if offers:
                    self._unwritten = self._prepared(offers)
                elif stop.is_set():
                    return
            if self._unwritten is not None:
                self._write(self._unwritten)

    def _take(self, wait_s: float) -> list[_Offer]:
        """The next offers, up to the size of a record; none when none come within `wait_s`."""
        taken: list[_Offer] = []
        weight = 0
        with self._arrived:
            if not self._queue:
                self._arrived.wait(wait_s)
            while self._queue and (not taken or weight + self._queue[0].weight <= self._limits.record):
                taken.append(self._queue.popleft())
                weight += taken[-1].weight
            self._queued -= weight
            if self._timed is not None:
                self._timed = self._timed[0], self._timed[1] - len(taken)
        return taken

    def _prepared(self, offers: Sequence[_Offer]) -> _Batch:
        """What is to be written of the offers: neither redelivered, nor unsound, nor out of order."""
        batch = _Batch([], [])
        now = self._clock.now()
        keys: set[tuple[str, str, int, bytes]] = set()
        dropped: Counter[str] = Counter()
        changed: Counter[str] = Counter()
        self._sacrifice.look(self._spool.fullness)
        batch.said = self._says(now)
        quick = self._sacrifice.calm and not self._timeline.watch(now)
        passed = self._timeline.passed
        batch.durable += [offer.durable for offer in offers if offer.durable is not None]
        parts = [part for offer in offers for part in offer.parts]
        again = any(isinstance(part.key, DeliveryKey) and part.key.redelivered for part in parts)
        for part in self._together(parts, batch) if quick and not again else _apart(parts):
            key = part.key
            if again and isinstance(key, DeliveryKey):
                name = (key.link, key.session, key.mid, key.digest)
                if key.redelivered and (name in keys or self._spool.known(key)):
                    dropped["redelivered"] += len(part.items)
                    continue
                keys.add(name)
            if part.elsewhere:
                spared = self._sacrifice.spared(_sound(part.items, dropped, changed), dropped)
                items = kept(spared, now - self._limits.news, changed)
            else:
                items = []
                for item in part.items:
                    if quick and (fit := passed(item)) is not None:
                        items.append(fit)
                    else:
                        items += self._looked_at(item, now, dropped, changed)
            if items:
                batch.parts.append((items, key))
        self._count("items_dropped", dropped)
        self._count("items_changed", changed)
        return batch

    def _together(self, parts: Iterable[Part], batch: _Batch) -> Iterator[Part]:
        """What goes into `batch` as columns; parts that must be looked at one by one are returned, in order."""
        for columns, some in groupby(parts, _columns):
            if columns is None:
                yield from some
                continue
            same = list(some)
            one = Part(
                joined([cast("Readings", part.items) for part in same]), _joined_keys([part.key for part in same])
            )
            fit = self._timeline.passed_together(cast("Readings", one.items))
            if fit is None:
                yield from one.apart()
            else:
                batch.parts.append((fit, one.key))

    def _looked_at(self, item: Item, now: datetime, dropped: Counter[str], changed: Counter[str]) -> Sequence[Item]:
        """What is kept of one item, mended, its times in order."""
        items = self._sacrifice.spared(_sound((item,), dropped, changed), dropped)
        return self._timeline.place(items, now, changed) if items else ()

    def _write(self, batch: _Batch) -> None:
        parts = [(batch.said, None), *batch.parts] if batch.said else batch.parts
        if parts:
            start = monotonic()
            try:
                self._spool.append(parts)
            except Unreachable:
                self._cry(batch)
                raise
            self.wrote.add(monotonic() - start)
        self._time()
        self._unwritten = None
        self._written.extend(batch.durable)
        self._acknowledge()
        self._show(flat(parts))

    def _cry(self, batch: _Batch) -> None:
        """When it was for want of room, say so in the room that is kept for that."""
        if self._spool.fullness < 1:
            return
        self._sacrifice.look(1)
        said = batch.said or self._says(self._clock.now())
        if said:
            with suppress(Unreachable):
                self._spool.append([(said, None)], own=True)
                batch.said = []
                self._show(said)

    def _says(self, now: datetime) -> list[Item]:
        """The alarm of little room, or its end, when that is news."""
        known = self._latest.get(sacrifice.DEVICE, sacrifice.METRIC)
        return self._timeline.place(self._sacrifice.says(known and known.value, now), now, Counter())

    def _show(self, items: Sequence[Item]) -> None:
        if items:
            self._counters.inc("items", len(items))
            self._latest.update(items)
            for tap in self._taps:
                tap(items)

    def _time(self) -> None:
        with self._arrived:
            if self._timed is not None and self._timed[1] < 0:
                self.acknowledged.add(monotonic() - self._timed[0])
                self._timed = None

    def _acknowledge(self) -> None:
        """Tell the links; one that raises has been told, and the others are told after the restart."""
        while self._written:
            self._written.popleft()()

    def _count(self, name: str, counts: Counter[str]) -> None:
        for why, n in counts.items():
            self._counters.inc(name, n, why=why)


def _columns(part: Part) -> tuple[str, str] | None:
    """Parts with the same, which are neighbors, can be one; None when there are no columns."""
    if not isinstance(part.items, Readings):
        return None
    return (part.key.link, part.key.session) if part.key else ("", "")


def _joined_keys(keys: Sequence[Keys | None]) -> DeliveryKeys | None:
    found = [key for key in keys if isinstance(key, DeliveryKeys)]
    return joined_keys(found) if found else None


def _apart(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield from part.apart()


def _sound(items: Iterable[Item], dropped: Counter[str], changed: Counter[str]) -> list[Item]:
    kept: list[Item] = []
    for item in items:
        try:
            mended, what = sound(item)
        except Refusal as why:
            dropped[str(why)] += 1
            continue
        if what:
            changed[what] += 1
        kept.append(mended)
    return kept


class Lag(msgspec.Struct, frozen=True):
    """How far a consumer is behind: records of the spool, and seconds since the oldest of them was written."""

    records: int
    seconds: float


class ConsumerRunner:
    """Feeds one consumer from the spool behind its own cursor. Make all runners before starting any."""

    def __init__(
        self, consumer: Consumer, spool: Spool, clock: Clock, batch: int = 5_000, gather_s: float = 0.0
    ) -> None:
        """`batch` is how many items are handed over at once.

        After fewer it lets `gather_s` pass, for a consumer to whom many small batches are dearer than a short delay.
        """
        self.name = consumer.name
        self._consumer = consumer
        self._spool = spool
        self._clock = clock
        self._batch = batch
        self._gather = gather_s
        self._position = 0
        self.took = Histogram()  # one batch
        with suppress(Unreachable):  # then everything is kept until it can be asked
            self._position = consumer.position()
        spool.register(self.name, self._position)

    @property
    def position(self) -> int:
        """The position up to which the consumer has everything, as far as known."""
        return self._position

    @property
    def behind(self) -> int:
        """How many records it is behind."""
        return max(0, self._spool.head - self._position)

    @property
    def lag(self) -> Lag:
        """How far behind it is."""
        since = None
        with suppress(Unreachable):
            since = self._spool.waiting_since(self._position) if self.behind else None
        seconds = (self._clock.now() - since).total_seconds() if since else 0.0
        return Lag(self.behind, max(0.0, seconds))

    def run(self, stop: threading.Event) -> None:
        """Hand over what comes, until `stop`. Raises what the consumer raises; the batch is handed over again then."""
        self._position = self._consumer.position()
        self._spool.register(self.name, self._settled())
        while not stop.is_set():
            if self._spool.wait(self._position, _POLL_S) and self._step() < self._batch:
                stop.wait(self._gather)  # real time, whatever the clock: it is the processor that is spared

    def _step(self) -> int:
        records = self._spool.read(self._position, self._batch)
        items = strung(chunk for _, inside in records for chunk in chunks_of(inside))
        position = records[-1][0]
        start = monotonic()
        self._consumer.consume(items, position)
        self.took.add(monotonic() - start)
        self._position = position
        self._spool.advance(self.name, self._settled())
        return len(items)

    def _settled(self) -> int:
        """What the spool need not keep any more."""
        consumer = self._consumer
        return consumer.settled(self._position) if isinstance(consumer, TrailingConsumer) else self._position


class StoreConsumer:
    """Writes everything into a store, whose own position is the cursor."""

    def __init__(self, store: Store, name: str = "store") -> None:
        self.name = name
        self._store = store

    def position(self) -> int:
        return self._store.position()

    def settled(self, position: int) -> int:
        """What of everything up to `position` cannot be lost any more."""
        return self._store.settled() if isinstance(self._store, RemoteStore) else position

    def consume(self, items: Iterable[Item], position: int) -> None:
        self._store.write(items if isinstance(items, Sequence) else list(items), position)
