"""Locating as a consumer of the spool: sightings in, readings `room` and `fix_confidence` out."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from asset_registry.cursors import cursor, keep_cursor
from asset_registry.db import Database
from asset_registry.locating.ports import Engine, Fix
from asset_registry.locating.words import word_of
from collector.clock import Clock, from_a_wrong_clock
from collector.ports import Intake
from collector.reading import OWN_GATEWAY, Announcement, Item, Reading, Sighting

ROOM, CONFIDENCE, DRIFT = "room", "fix_confidence", "map_drift"
_JUDGE_EVERY = timedelta(seconds=1)
_JUDGE_SELDOM = timedelta(seconds=10)
_BEHIND = 8
_DRIFT_EVERY = timedelta(hours=1)
_KEEP_EVERY = timedelta(seconds=5)


@dataclass
class _Told:
    """What was last said about a tag, and when (in the time of what was heard)."""

    place_id: int | None
    word: str
    heard: datetime
    at: datetime


class LocatingConsumer:
    """A `collector.ports.Consumer`.

    Of each tag it says `room` (the place's id as text, "" for unknown; `at`: when the tag was last heard) and
    `fix_confidence` (`at`: when it was judged), both with gateway "wardkeeper": at once when the place changes, else at
    most every `refresh_s` while the tag is heard, or when the word for its confidence changes. Of each gateway it says
    `map_drift` every hour, where the engine knows it.
    """

    name = "locating"

    def __init__(
        self,
        engine: Engine,
        intake: Intake,
        database: Database,
        clock: Clock,
        restored: Iterable[Fix] = (),
        refresh_s: float = 10.0,
    ) -> None:
        """`restored` is what `fixes_in` finds among the newest readings of the store."""
        self._engine = engine
        self._intake = intake
        self._database = database
        self._clock = clock
        self._refresh = timedelta(seconds=refresh_s)
        self._lock = threading.Lock()
        self._told: dict[str, _Told] = {}
        self._fixes: dict[str, Fix] = {}
        self._judged: datetime | None = None
        self._newest: datetime | None = None
        self._kept_at = self._drift_at = clock.now()
        known = list(restored)
        engine.restore(known)
        for fix in known:
            self._told[fix.tag] = _Told(fix.place_id, word_of(fix.confidence), fix.at, fix.at)
        with database.read() as session:
            self._position = cursor(session, self.name)

    def position(self) -> int:
        """The position up to which everything has been consumed. After a crash up to 5 s are read again."""
        return self._position

    def consume(self, items: Iterable[Item], position: int) -> None:
        """Hear the sightings, and note which gateways are alive; a fix of our own is not heard again."""
        with self._lock:
            self._hear(items)
            self._position = position
        now = self._clock.now()
        if now - self._kept_at >= _KEEP_EVERY:
            self._kept_at = now
            with self._database.write() as session:
                keep_cursor(session, self.name, position)

    def _hear(self, items: Iterable[Item]) -> None:
        now = self._clock.now()
        for item in items:
            if self._comes_late(item, now):
                continue
            if isinstance(item, Sighting):
                self._engine.hear(item)
            elif _shows_life(item):
                self._engine.alive(item.device, item.received)
            else:
                continue
            if self._newest is None or from_a_wrong_clock(self._newest, item.received):
                self._newest, self._judged = item.received, None
            self._newest = max(self._newest, item.received)
            behind = (now - self._newest) / _BEHIND  # what lies back is judged in larger steps, to catch up
            if self._judged is None or self._newest - self._judged >= max(_JUDGE_EVERY, min(behind, _JUDGE_SELDOM)):
                self._judge(self._newest)

    def _comes_late(self, item: Item, now: datetime) -> bool:
        """Whether an edge forwards it long after it was heard: it says where something was, not where it is.

        When the clock was set back, what came before was later than `now`.
        """
        newest = self._newest
        return newest is not None and from_a_wrong_clock(newest, item.received) and not from_a_wrong_clock(newest, now)

    def tick(self) -> None:
        """Let fixes age when nothing at all is heard. To be called when the consumer has caught up with the spool."""
        with self._lock:
            now = self._clock.now()
            if self._judged is None or not timedelta(0) <= now - self._judged < _JUDGE_EVERY:
                self._judge(now)

    def watch(self, stop: threading.Event, caught_up: Callable[[], bool], every_s: float = 5.0) -> None:
        """Tick until `stop`, whenever `caught_up` says that nothing waits in the spool."""
        while not self._clock.wait(stop, every_s):
            if caught_up():
                self.tick()

    def _judge(self, now: datetime) -> None:
        self._judged = now
        readings: list[Reading] = []
        said: dict[str, _Told] = {}
        for fix in self._engine.judge(now):
            self._keep(fix)
            words = self._say(fix, now)
            if words:
                readings += words
                said[fix.tag] = _Told(fix.place_id, word_of(fix.confidence), fix.at, now)
        if abs(now - self._drift_at) >= _DRIFT_EVERY:
            self._drift_at = now
            readings += [self._reading(name, DRIFT, louder, now) for name, louder in self._engine.drift().items()]
        if readings and self._intake.offer(readings):
            self._told.update(said)  # when there was no room, the next judgement says it again

    def fix(self, tag: str) -> Fix | None:
        """The newest fix of a tag in full, for screens; None until it was located since the start."""
        return self._fixes.get(tag)

    def _keep(self, fix: Fix) -> None:
        if fix.place_id is None:
            self._fixes.pop(fix.tag, None)
        else:
            self._fixes[fix.tag] = fix

    def _say(self, fix: Fix, now: datetime) -> list[Reading]:
        told, word = self._told.get(fix.tag), word_of(fix.confidence)
        if told is not None and from_a_wrong_clock(told.at, now):
            told = None
        if told is None and fix.place_id is None:
            return []
        moved = told is None or told.place_id != fix.place_id
        due = told is not None and now - told.at >= self._refresh
        heard_again = told is None or fix.at > told.heard
        if not moved and not (due and (heard_again or (told is not None and word != told.word))):
            return []
        confidence = self._reading(fix.tag, CONFIDENCE, round(fix.confidence, 3), now)
        if not moved and not heard_again:
            return [confidence]
        room = "" if fix.place_id is None else str(fix.place_id)
        return [self._reading(fix.tag, ROOM, room, now if moved else fix.at), confidence]

    def _reading(self, tag: str, metric: str, value: float | str, at: datetime) -> Reading:
        return Reading(tag, metric, value, at, max(at, self._clock.now()), OWN_GATEWAY)


def _shows_life(item: Reading | Announcement) -> bool:
    """Whether the device itself spoke just now: not we, not the broker in its place (a will, a retained message)."""
    if isinstance(item, Announcement):
        return False
    will = item.metric == "available" and item.value is False
    return item.gateway != OWN_GATEWAY and not item.retained and not will


def fixes_in(readings: Iterable[Reading]) -> list[Fix]:
    """The fixes among readings (those of `collector.points.readings_of(store.latest(...))`), to go on from."""
    by_tag: dict[str, dict[str, Reading]] = {}
    for reading in readings:
        if reading.metric in (ROOM, CONFIDENCE):
            by_tag.setdefault(reading.device, {})[reading.metric] = reading
    fixes = (fix_of(found) for found in by_tag.values())
    return [fix for fix in fixes if fix is not None]


def fix_of(readings: Mapping[str, Reading], now: datetime | None = None) -> Fix | None:
    """The fix of a tag out of its newest readings by metric; None when it never had one.

    With `now`, the confidence is that of `now`: half every 5 minutes after the last judgement, nothing after 15, so
    that a screen does not go on being sure when locating has stopped.
    """
    room, confidence = readings.get(ROOM), readings.get(CONFIDENCE)
    if room is None or not isinstance(room.value, str):
        return None
    place_id = int(room.value) if room.value.isdecimal() else None
    value = confidence.value if confidence is not None and isinstance(confidence.value, float) else 0.0
    if now is not None and confidence is not None:
        value *= 0.5 ** (max(0.0, (now - confidence.at).total_seconds() - 30.0) / 300.0)
        if now - room.at >= timedelta(minutes=15):
            place_id, value = None, 0.0
    return Fix(room.device, place_id, "", value if place_id is not None else 0.0, room.at, room.at)
