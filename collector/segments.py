"""The files of a spool: one is written, any may be read (docs/spool.md). Every write is durable or leaves nothing."""

import os
import threading
from bisect import bisect_right, insort
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from collector.durable import sync
from collector.payload import PREFACE
from collector.segment import SUFFIX, Record, name, scan

_MARK_EVERY = 256 << 10
_WRITE = os.O_WRONLY | os.O_APPEND


class Segment(msgspec.Struct):
    """One file."""

    first: int  # the smallest position it can hold
    path: Path
    size: int  # bytes that are durable
    closed: datetime  # when its last record was written, at the latest
    preface: int = 0  # bytes of the preface, which do not count when it is judged full
    marks: list[tuple[int, int]] = []  # position, and where its record ends: to read on without reading all before

    def mark(self, position: int, end: int) -> None:
        """The record of `position` ends at `end`; of neighbours one is kept."""
        index = bisect_right(self.marks, position, key=lambda mark: mark[0])
        if end - (self.marks[index - 1][1] if index else 0) >= _MARK_EVERY:
            insort(self.marks, (position, end))

    def start(self, after: int) -> int:
        """From where the record after position `after` is to be looked for."""
        index = bisect_right(self.marks, after, key=lambda mark: mark[0])
        return self.marks[index - 1][1] if index else 0


class Segments:
    """Oldest first. `append` and `begin` are for one thread at a time, the others for any."""

    def __init__(self, directory: Path, full: int, now: datetime) -> None:
        """`full`: a segment whose records have so many bytes is followed by another. Raises OSError."""
        self._directory = directory
        self._full = full
        self._lock = threading.Lock()
        self._file: int | None = None  # the last segment, open for writing
        self._spoilt = False  # the last segment ends in what could not be cut off
        self._all = [
            Segment(int(path.stem), path, path.stat().st_size, now)
            for path in sorted(directory.glob(f"{'[0-9]' * 20}{SUFFIX}"))
        ]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        with self._lock:
            return sum(segment.size for segment in self._all)

    def needed(self, delivered: int) -> int:
        """Bytes that would be left if all went that has no record after `delivered`; the last one always stays."""
        with self._lock:
            gone = sum(one.size for one, following in pairwise(self._all) if following.first - 1 <= delivered)
            return sum(segment.size for segment in self._all) - gone

    def repair(self) -> int:
        """Cut a torn end off the last one, remove it when nothing is left of it; the newest position is returned.

        Raises OSError.
        """
        head = 0
        while self._all:
            last = self._all[-1]
            head = max(head, _repaired(last))
            if last.size:
                break
            last.path.unlink()
            self._all.pop()
        return head

    def recalled(self) -> list[Segment]:
        """The last one with a whole preface, and those after it: together they tell what there was."""
        prefaced = [n for n, segment in enumerate(self._all) if _has_preface(segment.path)]
        return self._all[max(prefaced, default=0) :]

    def places(self, after: int) -> list[tuple[Segment, int, int]]:
        """Where the records after a position are: segment, from, to."""
        with self._lock:
            index = max(0, bisect_right(self._all, after + 1, key=lambda segment: segment.first) - 1)
            return [(one, one.start(after), one.size) for one in self._all[index:]]

    def mark(self, segment: Segment, record: Record) -> None:
        """Somebody will read on behind this record."""
        with self._lock:
            segment.mark(record.position, record.end)

    def append(self, position: int, record: bytes, preface: Callable[[], bytes], now: datetime) -> None:
        """Write a record, durably. `preface` makes that of a new segment. Raises OSError."""
        last = self._all[-1] if self._all else None
        if last is None or last.size - last.preface >= self._full or self._spoilt:
            last = self.begin(position, preface(), now)
        elif self._file is None:
            self._file = os.open(last.path, _WRITE)
        self._write(last, record)
        with self._lock:
            last.size += len(record)
            last.mark(position, last.size)

    def begin(self, position: int, preface: bytes, now: datetime) -> Segment:
        """A new segment, for the record at `position`; the one before is written no more. Raises OSError."""
        self.let_go()
        self._spoilt = False
        with self._lock:
            if self._all:
                self._all[-1].closed = now
                if self._all[-1].first == position:  # it holds no record, and the new one has its name
                    self._all.pop().path.unlink(missing_ok=True)
        segment = Segment(position, self._directory / name(position), 0, now)
        self._file = os.open(segment.path, _WRITE | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            self._write(segment, preface)
            sync(self._directory)
        except OSError:
            self.let_go()
            segment.path.unlink(missing_ok=True)
            raise
        segment.size = segment.preface = len(preface)
        with self._lock:
            self._all.append(segment)
        return segment

    def prune(self, delivered: int, closed_before: datetime | None = None) -> None:
        """Remove those that have no record after `delivered`, oldest first; never the last one."""
        with self._lock:
            for segment, following in list(pairwise(self._all)):
                if following.first - 1 > delivered or (closed_before and segment.closed > closed_before):
                    break
                self._all.remove(segment)
                segment.path.unlink(missing_ok=True)

    def let_go(self) -> None:
        """Close the file that is written; it is opened again when need be."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, segment: Segment, record: bytes) -> None:
        assert self._file is not None  # noqa: S101 - its callers opened it
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
            self.let_go()
            raise


def _repaired(segment: Segment) -> int:
    """Cut a torn end off; the position of the last record is returned."""
    head = segment.first - 1
    for found in scan(segment.path):
        if isinstance(found, Record):
            head = max(head, found.position)
            segment.preface = found.end if found.position == PREFACE else segment.preface
        elif found.torn:
            os.truncate(segment.path, found.start)
            segment.size = found.start
        else:
            head += 1  # somebody may have consumed it: its number is not given again
    return head


def _has_preface(path: Path) -> bool:
    first = next(scan(path), None)
    return isinstance(first, Record) and first.position == PREFACE


def _sync(handle: int) -> None:
    sync = getattr(os, "fdatasync", os.fsync)  # macOS has only fsync
    sync(handle)
