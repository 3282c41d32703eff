"""What was counted: for /inputs and /metrics. Names are fixed in code, so nothing a device says can make them many."""

import hashlib
import threading
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime

import msgspec

from collector.clock import Clock

BAD_FRAMES_KEPT = 50
UNKNOWN_TOPICS_KEPT = 200
TOPIC_LENGTH = 200
HEAD_BYTES = 64
_DIGEST_BYTES = 12
_SECONDS = 60

Label = tuple[str, str]
Key = tuple[str, tuple[Label, ...]]


class BadFrameRecord(msgspec.Struct, frozen=True):
    """One frame that could not be decoded: `size`, `offset` in bytes; `digest` (BLAKE2b, 12 bytes), `head` in hex.

    `head` are the first bytes of a frame whose patient fields were masked; empty for one that could not be masked.
    """

    link: str
    topic: str
    why: str
    offset: int
    size: int
    at: datetime
    digest: str = ""
    head: str = ""


def bad_frame(
    link: str, topic: str, payload: bytes, why: str, *, at: datetime, offset: int = 0, masked: bytes = b""
) -> BadFrameRecord:
    """The record of a bad frame, cut to what a page can show; `masked` is the payload without what names a patient.

    Nobody knows what a payload says that could not be read, so by itself none of it is kept (DESIGN section 6).
    """
    digest = hashlib.blake2b(payload, digest_size=_DIGEST_BYTES).hexdigest()
    head = masked[:HEAD_BYTES].hex()
    return BadFrameRecord(link, topic[:TOPIC_LENGTH], why[:TOPIC_LENGTH], offset, len(payload), at, digest, head)


class InputFigures(msgspec.Struct, frozen=True):
    """What one link has brought since the start; rates are of the last 60 seconds, per minute."""

    link: str
    frames: int
    readings: int
    bad_frames: int
    unknown_topics: int
    lost: int
    frames_per_minute: int
    readings_per_minute: int
    last_frame: datetime | None
    bad: tuple[BadFrameRecord, ...]  # newest first
    unknown: Mapping[str, int]  # how often each of the first topics that no part claims was heard
    size: int = 0  # bytes of the frames' payloads, for links that tell


class Rate:
    """How many in the last 60 seconds, in buckets of one second."""

    def __init__(self) -> None:
        self._buckets = [(0, 0)] * _SECONDS

    def add(self, second: int, n: int) -> None:
        bucket, count = self._buckets[second % _SECONDS]
        self._buckets[second % _SECONDS] = (second, n + (count if bucket == second else 0))

    def total(self, second: int) -> int:
        return sum(count for bucket, count in self._buckets if second - _SECONDS < bucket <= second)


class _Input:
    def __init__(self) -> None:
        self.frames = 0
        self.size = 0
        self.readings = 0
        self.bad_frames = 0
        self.unknown_topics = 0
        self.lost = 0
        self.last_frame: datetime | None = None
        self.frame_rate = Rate()
        self.reading_rate = Rate()
        self.bad: deque[BadFrameRecord] = deque(maxlen=BAD_FRAMES_KEPT)
        self.unknown: dict[str, int] = {}


class Counters:
    """Thread-safe counts: `inc` for anything, the others for the figures of one link."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._inputs: dict[str, _Input] = {}

    def inc(self, name: str, n: int = 1, **labels: str) -> None:
        """Add `n` to a count."""
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += n

    def get(self, name: str, **labels: str) -> int:
        """One count; 0 when nothing was counted."""
        with self._lock:
            return self._counts[name, tuple(sorted(labels.items()))]

    def snapshot(self) -> dict[Key, int]:
        """All counts, as {(name, ((label, value), …)): n}."""
        with self._lock:
            return dict(self._counts)

    def heard(self, link: str, frames: int = 1, readings: int = 0, size: int = 0) -> None:
        """A link heard `frames` frames, good or bad, of `size` bytes, that gave `readings` readings and sightings."""
        now = self._clock.now()
        second = int(now.timestamp())
        with self._lock:
            figures = self._of(link)
            figures.frames += frames
            figures.size += size
            figures.readings += readings
            figures.frame_rate.add(second, frames)
            figures.reading_rate.add(second, readings)
            if frames:
                figures.last_frame = now

    def bad(self, record: BadFrameRecord) -> None:
        """A frame could not be decoded."""
        with self._lock:
            figures = self._of(record.link)
            figures.bad_frames += 1
            figures.bad.appendleft(record)

    def unknown(self, link: str, topic: str) -> None:
        """Nobody claims this topic. The first 200 topics are kept by name, all are counted."""
        with self._lock:
            figures = self._of(link)
            figures.unknown_topics += 1
            name = topic[:TOPIC_LENGTH]
            if name in figures.unknown or len(figures.unknown) < UNKNOWN_TOPICS_KEPT:
                figures.unknown[name] = figures.unknown.get(name, 0) + 1

    def lost(self, link: str, n: int = 1) -> None:
        """A link that cannot pause had to let go of `n` readings because the intake had no room."""
        with self._lock:
            self._of(link).lost += n

    def inputs(self) -> list[InputFigures]:
        """The figures of every link, by name."""
        second = int(self._clock.now().timestamp())
        with self._lock:
            return [
                InputFigures(
                    link=link,
                    frames=of.frames,
                    readings=of.readings,
                    bad_frames=of.bad_frames,
                    unknown_topics=of.unknown_topics,
                    lost=of.lost,
                    frames_per_minute=of.frame_rate.total(second),
                    readings_per_minute=of.reading_rate.total(second),
                    last_frame=of.last_frame,
                    bad=tuple(of.bad),
                    unknown=dict(of.unknown),
                    size=of.size,
                )
                for link, of in sorted(self._inputs.items())
            ]

    def _of(self, link: str) -> _Input:
        return self._inputs.setdefault(link, _Input())
