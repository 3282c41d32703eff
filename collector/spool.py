"""The spool: what was heard, on disk before it is acknowledged, until every consumer has it (docs/spool.md).

Segments of CRC-framed records; a record is one batch, and its number is the position consumers remember. `append`
returns after fdatasync. A torn end is cut off on opening; a changed record is reported in `damage` and skipped.
"""

import fcntl
import os
import threading
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec

from collector.admission import reached
from collector.clock import Clock
from collector.deliveries import Deliveries, Remembered, Sessions, sync_directory
from collector.errors import Unreachable
from collector.reading import DeliveryKey, Item
from collector.segment import SUFFIX, Damage, Record, frame, name, scan

Batch = Sequence[tuple[Sequence[Item], DeliveryKey | None]]

_PREFACE = 0
_HINTS = 32
_DAMAGE_KEPT = 100
_encode = msgspec.msgpack.Encoder().encode
_decode_batch = msgspec.msgpack.Decoder(tuple[datetime | None, list[tuple[list[Item], DeliveryKey | None]]]).decode
_decode_keys = msgspec.msgpack.Decoder(tuple[datetime | None, list[tuple[msgspec.Raw, DeliveryKey | None]]]).decode
_decode_preface = msgspec.msgpack.Decoder(tuple[datetime | None, Remembered]).decode


class _Segment(msgspec.Struct):
    first: int  # the smallest position it can hold
    path: Path
    size: int  # bytes that are durable
    closed: datetime  # when its last record was written, at the latest
    preface: int = 0  # bytes of the preface, which do not count when it is judged full


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
    ) -> None:
        """`keep_s`: how long a segment stays when every consumer has it. Raises Unreachable, also when it is in use."""
        self.directory = directory
        self.damage: deque[Damage] = deque(maxlen=_DAMAGE_KEPT)
        self.written_at: datetime | None = None  # the clock at the newest record, or how far a burst ran ahead of it
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._keep = timedelta(seconds=keep_s)
        self._quota = quota_bytes
        self._writing = threading.Lock()  # held during the fsync, so that readers need not wait for it; taken first
        self._changed = threading.Condition(threading.RLock())
        self._segments: list[_Segment] = []
        self._head = 0
        self._file: int | None = None  # the last segment, open for writing
        self._spoilt = False  # the last segment ends in what could not be cut off
        self._consumers: dict[str, int] = {}
        self._hints: OrderedDict[int, tuple[Path, int]] = OrderedDict()
        self._deliveries = Deliveries()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock: int | None = _hold(directory / "lock")
            self._sessions = Sessions(directory / "sessions.json")
            self._open()
        except OSError as trouble:
            raise Unreachable(f"spool {directory}: {trouble}; may this user write there?") from trouble

    @property
    def head(self) -> int:
        """The position of the newest record; 0 when there has been none."""
        return self._head

    @property
    def size(self) -> int:
        """Bytes on disk."""
        with self._changed:
            return sum(segment.size for segment in self._segments)

    @property
    def fullness(self) -> float:
        """How much of the quota is used: 0 to 1; 0 without a quota."""
        return self.size / self._quota if self._quota else 0.0

    def append(self, batch: Batch) -> int:
        """Write one record; it is on disk when this returns. Its position is returned.

        Raises Unreachable when it cannot be kept (disk full, quota); nothing of it remains then, try again later.
        """
        now = self._clock.now()
        with self._writing:
            now = reached(batch, now, self.written_at)
            payload = _encode((now, batch))
            position = self._head + 1
            record = frame(position, payload)
            self._respect_quota(len(record))
            try:
                segment = self._writable()
                self._write(segment, record)
            except OSError as trouble:
                raise Unreachable(f"spool {self.directory}: {trouble}; is the disk full?") from trouble
            with self._changed:
                segment.size += len(record)
                self._head = position
                self._note(now, [key for _, key in batch if key])
                self._changed.notify_all()
            return position

    def read(self, after: int, limit: int) -> list[tuple[int, list[Item]]]:
        """The records after position `after`, with their items, until there are `limit` items or more.

        A position without items stands for records that were lost to damage.
        """
        with self._changed:
            head = self._head
            places = self._places(after)
        found: list[tuple[int, list[Item]]] = []
        last: tuple[Path, Record] | None = None
        items = 0
        for path, record in self._records(places):
            if record.position <= (found[-1][0] if found else after):
                continue  # the preface, or a record whose append failed and was made again
            batch = self._decoded(path, record)
            if batch is not None:
                found.append((record.position, batch))
                last = path, record
                items += len(batch)
                if items >= limit:
                    break
        else:
            if head > (found[-1][0] if found else after):
                found.append((head, []))
        if last is not None:
            self._hint(*last)
        return found

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until there is something after `after`; False when there is not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._head > after, timeout)

    def register(self, consumer: str, position: int = 0) -> None:
        """From now on keep what `consumer` has not consumed. Register all before any of them advances."""
        with self._writing, self._changed:
            self._consumers[consumer] = position
            self._head = max(self._head, position)  # a position once consumed is never given to another record

    def advance(self, consumer: str, position: int) -> None:
        """`consumer` has everything up to `position`, durably: segments that nobody needs go."""
        with self._changed:
            self._consumers[consumer] = position
            self._prune(self._keep)

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
            self._let_go()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    # ------------------------------------------------------------------ opening

    def _open(self) -> None:
        now = self._clock.now()
        for path in sorted(self.directory.glob(f"{'[0-9]' * 20}{SUFFIX}")):
            self._segments.append(_Segment(int(path.stem), path, path.stat().st_size, now))
        while self._segments and not self._repair(self._segments[-1]):
            self._remove(self._segments.pop())
        prefaced = [n for n, segment in enumerate(self._segments) if _has_preface(segment.path)]
        for segment in self._segments[max(prefaced, default=0) :]:
            self._recall(segment)

    def _repair(self, segment: _Segment) -> bool:
        """Cut a torn end off the last segment, and find the head; False when nothing is left of it."""
        self._head = segment.first - 1
        for found in scan(segment.path):
            if isinstance(found, Record):
                self._head = max(self._head, found.position)
                segment.preface = found.end if found.position == _PREFACE else segment.preface
            elif found.torn:
                os.truncate(segment.path, found.start)
                segment.size = found.start
            else:
                self._head += 1  # somebody may have consumed it: its number is not given again
        return segment.size > 0

    def _recall(self, segment: _Segment) -> None:
        """Remember the deliveries in one segment."""
        for path, record in self._records([(segment.path, 0, segment.size)]):
            try:
                if record.position == _PREFACE:
                    written_at, remembered = _decode_preface(record.payload)
                    self._deliveries.load(remembered)
                    self._note(written_at, [])
                else:
                    written_at, batch = _decode_keys(record.payload)
                    self._note(written_at, [key for _, key in batch if key])
            except msgspec.DecodeError as trouble:
                self._undecodable(path, record, trouble)

    def _note(self, written_at: datetime | None, keys: list[DeliveryKey]) -> None:
        self.written_at = written_at
        self._deliveries.remember(keys)

    # ------------------------------------------------------------------ writing

    def _writable(self) -> _Segment:
        """The last segment, or a new one when that is full. Raises OSError."""
        last = self._segments[-1] if self._segments else None
        if last is None or last.size - last.preface >= self._segment_bytes or self._spoilt:
            self._finish()
            return self._begin()
        if self._file is None:
            self._file = os.open(last.path, os.O_WRONLY | os.O_APPEND)
        return last

    def _finish(self) -> None:
        """Write no more into the last segment."""
        self._let_go()
        self._spoilt = False
        with self._changed:
            if self._segments:
                last = self._segments[-1]
                last.closed = self._clock.now()
                if last.first > self._head:  # it holds no record, and the next one will have its name
                    self._remove(self._segments.pop())

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _begin(self) -> _Segment:
        """A new segment, whose preface has the deliveries remembered so far."""
        path = self.directory / name(self._head + 1)
        preface = frame(_PREFACE, _encode((self.written_at, self._deliveries.dump())))
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)
        segment = _Segment(self._head + 1, path, 0, self._clock.now())
        try:
            self._write(segment, preface)
            sync_directory(self.directory)
        except OSError:
            self._let_go()
            self._remove(segment)
            raise
        segment.size = segment.preface = len(preface)
        with self._changed:
            self._segments.append(segment)
        return segment

    def _write(self, segment: _Segment, record: bytes) -> None:
        """Append to the open segment, durably, or leave it as it was. Raises OSError."""
        assert self._file is not None  # noqa: S101 - _writable opened it
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            _sync(self._file)
        except OSError:
            # After a failed write or sync nobody knows what is on disk: cut it off and open the file anew.
            try:
                os.ftruncate(self._file, segment.size)
            except OSError:
                self._spoilt = True  # then go on in another file
            self._let_go()
            raise

    # ------------------------------------------------------------------ reading

    def _places(self, after: int) -> list[tuple[Path, int, int]]:
        """Where to read on after a position: (segment, from, to)."""
        index = max(0, bisect_right(self._segments, after + 1, key=lambda segment: segment.first) - 1)
        places = [(segment.path, 0, segment.size) for segment in self._segments[index:]]
        path, offset = self._hints.get(after, (None, 0))
        if places and places[0][0] == path:
            places[0] = (places[0][0], offset, places[0][2])
        return places

    def _records(self, places: Sequence[tuple[Path, int, int]]) -> Iterator[tuple[Path, Record]]:
        try:
            for path, start, end in places:
                for found in scan(path, start, end):
                    if isinstance(found, Record):
                        yield path, found
                    else:
                        self._report(found)
        except OSError as trouble:
            raise Unreachable(f"spool {self.directory}: {trouble}; is the disk well?") from trouble

    def _decoded(self, path: Path, record: Record) -> list[Item] | None:
        try:
            _, batch = _decode_batch(record.payload)
        except msgspec.DecodeError as trouble:
            self._undecodable(path, record, trouble)
            return None
        return [item for items, _ in batch for item in items]

    def _hint(self, path: Path, record: Record) -> None:
        """Remember where the next record stands: consumers read on where they stopped."""
        with self._changed:
            self._hints[record.position] = (path, record.end)
            if len(self._hints) > _HINTS:
                self._hints.popitem(last=False)

    def _undecodable(self, path: Path, record: Record, trouble: msgspec.DecodeError) -> None:
        self._report(Damage(path.name, record.start, record.end, f"record {record.position}: {trouble}"))

    def _report(self, damage: Damage) -> None:
        with self._changed:
            if damage not in self.damage:
                self.damage.append(damage)

    # ------------------------------------------------------------------ letting go

    def _respect_quota(self, more: int) -> None:
        if self._quota is None or self.size + more <= self._quota:
            return
        with self._changed:
            self._prune(timedelta(0))
        if self.size + more > self._quota:
            raise Unreachable(f"spool {self.directory}: its {self._quota} bytes are used up; are all stores up?")

    def _prune(self, keep: timedelta) -> None:
        """Remove the segments that every consumer has, and has had for the time `keep`; never the last one."""
        needed = min(self._consumers.values(), default=0)
        now = self._clock.now()
        for segment, following in list(pairwise(self._segments)):
            if following.first - 1 > needed or now - segment.closed < keep:
                break
            self._segments.remove(segment)
            self._remove(segment)

    def _remove(self, segment: _Segment) -> None:
        segment.path.unlink(missing_ok=True)


def _has_preface(path: Path) -> bool:
    first = next(scan(path), None)
    return isinstance(first, Record) and first.position == _PREFACE


def _sync(handle: int) -> None:
    sync = getattr(os, "fdatasync", os.fsync)  # macOS has only fsync
    sync(handle)


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
