"""The spool: what was heard, on disk before it is acknowledged, until every consumer has it (docs/spool.md).

Segments of CRC-framed records; a record is one batch, and its number is the position consumers remember. `append`
returns after fdatasync. A torn end is cut off on opening; a changed record is reported in `damage` and skipped.
"""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from collector.admission import reached
from collector.clock import Clock
from collector.deliveries import Deliveries, Sessions
from collector.errors import Unreachable
from collector.payload import PREFACE, Batch, encode, encode_batch, flat, items_of, keys_of, preface_of, written_of
from collector.quota import NO_ROOM, OWN, Quota
from collector.reading import DeliveryKey, Item
from collector.recent import RECENT_ITEMS, Recent
from collector.segment import Damage, Record, frame, scan
from collector.segments import Segment, Segments
from collector.told import Telling

_TIMES_KEPT = 4096
_DAMAGE_KEPT = 100
_PARTS_OF_QUOTA = 8


class Spool:
    """Thread-safe. One process at a time; it is held by a lock on the file `lock`."""

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        *,
        segment_bytes: int = 64 << 20,
        keep_s: float = 60,
        quota_bytes: int | None = None,
        recent_items: int = RECENT_ITEMS,
    ) -> None:
        """`keep_s`: how long a segment stays when every consumer has it. `recent_items`: how many stay in memory too.

        Raises Unreachable, also when another process has it.
        """
        self.directory = directory
        self.damage: deque[Damage] = deque(maxlen=_DAMAGE_KEPT)
        self.written_at: datetime | None = None  # the clock at the newest record, or how far a burst ran ahead of it
        self._clock = clock
        self._keep = timedelta(seconds=keep_s)
        self._quota = Quota(directory, quota_bytes)
        self._full = False  # the last append found no room
        self._writing = threading.Lock()  # held during the fsync, so that readers need not wait for it; taken first
        self._changed = threading.Condition(threading.RLock())
        self._consumers: dict[str, int] = {}
        self._recent = Recent(recent_items)
        self._times: deque[tuple[int, datetime]] = deque(maxlen=_TIMES_KEPT)  # when the newest records were written
        self._deliveries = Deliveries()
        self._telling = Telling(directory)
        if quota_bytes is not None:  # a delivered part of a segment takes room until all of it is delivered
            segment_bytes = min(segment_bytes, quota_bytes // _PARTS_OF_QUOTA)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock: int | None = _hold(directory / "lock")
            self._sessions = Sessions(directory / "sessions.json")
            self._files = Segments(directory, segment_bytes, clock.now())
            self._head = self._files.repair()
            for segment in self._files.recalled():
                self._recall(segment)
        except OSError as trouble:
            raise Unreachable(f"spool {directory}: {trouble}; may this user write there?") from trouble

    @property
    def head(self) -> int:
        """The position of the newest record; 0 when there has been none."""
        return self._head

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._files.size

    @property
    def fullness(self) -> float:
        """How much of its room is taken by what somebody still needs: 0 to 1, which is when nothing more fits."""
        if self._full:
            return 1.0
        capacity = self._quota.capacity(self.size)
        if capacity is None:
            return 0.0
        return min(1.0, self._files.needed(self._delivered()) / capacity) if capacity else 1.0

    def append(self, batch: Batch, *, own: bool = False) -> int:
        """Write one record; it is on disk when this returns. Its position is returned.

        `own`: what Wardkeeper says of the spool itself, for which there is room that nothing else may use.
        Raises Unreachable when it cannot be kept (disk full, quota); nothing of it remains then, try again later.
        `items` are those that `collector.admission` lets through: they are handed to readers as they are.
        """
        now = self._clock.now()
        with self._writing:
            items = flat(batch)
            now = reached(items, now, self.written_at)
            position = self._head + 1
            record = frame(position, encode_batch(now, batch))
            try:
                if not (own and self._quota.has_room(self.size, len(record) - OWN)):
                    self._make_room(len(record))
                self._files.append(position, record, self._preface, self._clock.now())
            except OSError as trouble:
                self._full |= trouble.errno in NO_ROOM
                raise Unreachable(f"spool {self.directory}: {trouble}; is the disk full?") from trouble
            with self._changed:
                self._full &= own
                self._recent.add(self._head, position, items, len(record))
                self._head = position
                self._times.append((position, now))
                self.written_at = now
                self._deliveries.remember(key for _, key in batch if key)
                self._changed.notify_all()
            return position

    def read(self, after: int, limit: int) -> list[tuple[int, Sequence[Item]]]:
        """The records after position `after`, with their items, until there are `limit` items or more.

        A position without items stands for records that were lost to damage. What is given is shared: do not change it.
        """
        with self._changed:
            head = self._head
            if found := self._recent.after(after, limit):
                return found
            places = self._files.places(after)
        items = 0
        last: tuple[Segment, Record] | None = None
        for segment, record in self._records(places):
            if record.position <= (found[-1][0] if found else after):
                continue  # the preface, or a record whose append failed and was made again
            try:
                batch = items_of(record.payload)
            except msgspec.DecodeError as trouble:
                self._undecodable(segment, record, trouble)
                continue
            found.append((record.position, batch))
            last = segment, record
            items += len(batch)
            if items >= limit:
                break
        else:
            if head > (found[-1][0] if found else after):
                found.append((head, []))
        if last is not None:
            self._files.mark(*last)
        return found

    def waiting_since(self, after: int) -> datetime | None:
        """When the record after position `after` was written, whenever its items were heard; None without any."""
        with self._changed:
            if self._times and self._times[0][0] <= after + 1:
                return next((at for position, at in self._times if position > after), None)
            places = self._files.places(after)
        for _, record in self._records(places):
            if record.position > after:
                with suppress(msgspec.DecodeError):
                    return written_of(record.payload)
        return None

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until there is something after `after`; False when there is not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._head > after, timeout)

    def register(self, consumer: str, position: int = 0) -> None:
        """From now on keep what `consumer` has not consumed. Register all before any of them advances."""
        with self._writing, self._changed:
            self._consumers[consumer] = position
            if position > self._head:  # a position once consumed is never given to another record
                self._head = position
                self._recent.clear()

    def advance(self, consumer: str, position: int) -> None:
        """`consumer` has everything up to `position`, durably: segments that nobody needs go."""
        with self._changed:
            self._consumers[consumer] = position
            now = self._clock.now()
            self._files.prune(self._delivered(), now - self._keep)
            self._telling.tell(self._consumers, now)

    def forget(self, consumer: str) -> None:
        """Nothing need be kept for `consumer` any more."""
        with self._changed:
            self._consumers.pop(consumer, None)

    def known(self, key: DeliveryKey) -> bool:
        """Whether this message is in the spool already. To be asked for redelivered ones only: ids are used again."""
        with self._changed:
            return key in self._deliveries

    def session(self, link: str, present: bool) -> str:  # noqa: FBT001 - MQTT's own flag
        """The token of the link's session: the one before when the broker has it `present`, else a new one, durable."""
        with self._changed:
            token = self._sessions.token(link)
            if token is not None and present:
                return token
            if token is not None:
                self._deliveries.forget(link, token)
            try:
                return self._sessions.renew(link)
            except OSError as trouble:
                raise Unreachable(f"spool {self.directory}: {trouble}; is the disk full?") from trouble

    def close(self) -> None:
        """Let go of the files."""
        with self._writing:
            self._files.let_go()
            if self._lock is not None and self._consumers:
                self._telling.tell(self._consumers, self._clock.now(), at_once=True)
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _recall(self, segment: Segment) -> None:
        """Remember the deliveries in one segment."""
        for _, record in self._records([(segment, 0, segment.size)]):
            try:
                if record.position == PREFACE:
                    self.written_at, remembered = preface_of(record.payload)
                    self._deliveries.load(remembered)
                else:
                    self.written_at, keys = keys_of(record.payload)
                    self._deliveries.remember(keys)
            except msgspec.DecodeError as trouble:
                self._undecodable(segment, record, trouble)

    def _preface(self) -> bytes:
        return frame(PREFACE, encode((self.written_at, self._deliveries.dump())))

    def _records(self, places: Sequence[tuple[Segment, int, int]]) -> Iterator[tuple[Segment, Record]]:
        try:
            for segment, start, end in places:
                for found in scan(segment.path, start, end):
                    if isinstance(found, Record):
                        yield segment, found
                    else:
                        self._report(found)
        except OSError as trouble:
            raise Unreachable(f"spool {self.directory}: {trouble}; is the disk well?") from trouble

    def _undecodable(self, segment: Segment, record: Record, trouble: msgspec.DecodeError) -> None:
        self._report(Damage(segment.path.name, record.start, record.end, f"record {record.position}: {trouble}"))

    def _report(self, damage: Damage) -> None:
        with self._changed:
            if damage not in self.damage:
                self.damage.append(damage)

    def _delivered(self) -> int:
        """The position up to which every consumer has everything."""
        return min(self._consumers.values(), default=0)

    def _make_room(self, more: int) -> None:
        """See to it that there is room for `more` bytes. Raises Unreachable, or OSError."""
        if self._quota.has_room(self.size, more):
            return
        with self._changed:
            delivered = self._delivered()
        if delivered == self._head > 0:
            self._files.begin(self._head + 1, self._preface(), self._clock.now())  # so that the last one can go as well
        self._files.prune(delivered)
        self._full = not self._quota.has_room(self.size, more)
        if self._full:
            raise Unreachable(f"spool {self.directory}: {self._quota.why(self.size)}; are all stores up?")


def _hold(path: Path) -> int:
    """Keep other processes out as long as this one lives."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as held:
        os.close(handle)
        raise Unreachable(
            f"spool {path.parent}: another Wardkeeper is using it; stop it, or take another folder for `data`"
        ) from held
    except OSError:
        os.close(handle)
        raise
    return handle
