"""What may enter the spool, and with which times (DESIGN section 3, "Time"). No I/O.

`sound` refuses or mends one item; `Timeline` makes `received` strictly increase within a series and watches the clock.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isfinite
from operator import attrgetter
from typing import cast

import msgspec
import numpy as np
from msgspec.structs import replace

from collector.clock import FUTURE, from_a_wrong_clock, whole_ms
from collector.columns import Readings, chunks_of
from collector.points import all_moments, all_ms
from collector.reading import Announcement, Item, Quality, Reading, Sighting

TEXT_BYTES = 4096
NAME_LENGTH = 512
WEAKEST_DBM, STRONGEST_DBM = -200.0, 100.0
"""No radio hears less or more; powers of ten of what lies far outside cannot be reckoned with."""

FACTS = 64
STEP = timedelta(seconds=1)
"""A clock that goes back by less is being slewed, not set."""
HELD = timedelta(hours=1)
"""A clock that goes back by more was wrong before: it is believed at once, instead of waiting until it catches up."""
RUN_AHEAD = timedelta(minutes=1)
"""How far the newest `received` of the last run may be ahead of the clock without the clock having been set back."""

_received: Callable[[Item], datetime] = attrgetter("received")
_TICK = timedelta(milliseconds=1)
_REMEMBERED = 1_000_000
_FUTURE_MS = FUTURE // _TICK
_U16 = 1 << 16  # so many are put in order without being compared


class Refusal(Exception):
    """Why an item is not a reading at all: a fixed phrase, for a counter."""


def sound(item: Item) -> tuple[Item, str]:
    """The item, mended if need be, and what was mended ("" for nothing). Raises Refusal."""
    if item.received.tzinfo is None:
        raise Refusal("time without zone")
    if isinstance(item, Reading):
        return _sound_reading(item)
    if isinstance(item, Sighting):
        _names(item.tag, item.gateway)
        strength = _finite(item.rssi_dbm)
        if not WEAKEST_DBM <= strength <= STRONGEST_DBM:
            raise Refusal("no signal strength")
        return replace(item, rssi_dbm=strength), ""
    _names(item.device, *item.facts, *item.facts.values())
    if len(item.facts) > FACTS:
        raise Refusal("too many facts")
    return item, ""


def _sound_reading(reading: Reading) -> tuple[Reading, str]:
    _names(reading.device, reading.metric, reading.gateway)
    value = reading.value
    if reading.at.tzinfo is None:
        raise Refusal("time without zone")
    if isinstance(value, str):
        raw = _encoded(value)
        if len(raw) <= TEXT_BYTES:
            return reading, ""
        return replace(reading, value=raw[:TEXT_BYTES].decode(errors="ignore"), quality=Quality.BAD), "text cut"
    if isinstance(value, bool):
        return reading, ""
    number = _finite(value)
    return (reading, "") if number is value else (replace(reading, value=number), "")


def _names(name: str, *others: str) -> None:
    if not name:
        raise Refusal("no name")
    for each in (name, *others):
        if len(each) > NAME_LENGTH:
            raise Refusal("overlong name")
        if "\0" in each:  # no database can keep such a name
            raise Refusal("broken text")
        if not each.isascii():
            _encoded(each)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as broken:
        raise Refusal("broken text") from broken


def _finite(value: float) -> float:
    """NaN, infinity and what is no number at all are not readings."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise Refusal("not a number") from wrong
    if not isfinite(number):
        raise Refusal("not finite")
    return number


def kept(items: Iterable[Item], news: datetime, changed: Counter[str]) -> list[Item]:
    """What another Wardkeeper heard, with its times, so that the same thing twice is the same point.

    What it heard before `news` is state: nobody is woken by yesterday's door.
    """
    return [_kept(item, news, changed) if isinstance(item, Reading) else item for item in items]


def _kept(reading: Reading, news: datetime, changed: Counter[str]) -> Reading:
    if from_a_wrong_clock(reading.at, reading.received):
        reading = replace(reading, at=reading.received, quality=_doubt(reading.quality))
        changed["from the future"] += 1
    return reading if reading.retained or reading.received >= news else replace(reading, retained=True)


class ClockState(msgspec.Struct, frozen=True):
    """`behind`: how far the clock is behind the latest time it has shown; `steps`: how often it was set back."""

    behind: timedelta = timedelta(0)
    steps: int = 0
    last_step: datetime | None = None


def reached(items: Sequence[Item], now: datetime, before: datetime | None) -> datetime:
    """The clock, or where a burst in one series has run ahead of it: the next run must not begin before that.

    `before` is where the record before had reached, and a burst goes on from there; what is farther ahead of both than
    RUN_AHEAD is of a wrong clock.
    """
    start = now if before is None or not timedelta(0) < before - now < HELD else before
    times = {time for chunk in chunks_of(items) for time in _times(chunk)}
    if max(times, default=start) <= start:
        return start
    return max(time for time in [start, *times] if time - start < RUN_AHEAD)


def _times(items: Sequence[Item] | Readings) -> Iterable[datetime]:
    return all_moments(np.unique(items.received)) if isinstance(items, Readings) else map(_received, items)


class Timeline:
    """Puts times in order.

    Within a series `received` strictly increases: it is moved to 1 ms after the one before when it would not. `at`
    follows when the device has no time of its own. An `at` more than 5 minutes after `received` becomes `received`,
    UNCERTAIN. While the clock is behind a time it has shown before, everything is UNCERTAIN and comes after that time;
    but a clock set back by more than an hour is believed from then on.
    """

    def __init__(self, newest: datetime | None = None, remembered: int = _REMEMBERED) -> None:
        """`newest` is the latest `received` before this start: no series may begin again before it.

        A burst in one series runs ahead of the clock by 1 ms a reading, so `newest` may be somewhat later than the
        clock ever showed: only when it is a minute ahead has the clock been set back.
        """
        self._newest = newest
        self._floor = newest
        self._remembered = remembered
        self._last: dict[tuple[str, ...], datetime] = {}
        self._exact: datetime | None = None
        self.clock = ClockState()

    def passed(self, item: Item) -> Reading | None:
        """The reading, when it need not be looked at closely: of a known series and so of sound names, finite, in time.

        Of two heard at once the later is moved, as `place` does. That is what nearly everything is, for a third of the
        price of `sound` and `place`; None for all else. Not to be asked while the clock is in doubt (`watch`).
        """
        if type(item) is not Reading:
            return None
        value, at, received = item.value, item.at, item.received
        series = (item.device, item.metric, item.gateway)
        last = self._last.get(series)
        if last is None or not (isfinite(value) if type(value) is float else type(value) is bool):
            return None
        if received is not self._exact:  # most of what is written at once has the same
            if received.tzinfo is not UTC or received.microsecond % 1000:
                return None
            self._exact = received
        if at is not received and (at > received or at.tzinfo is not UTC or at.microsecond % 1000):
            return None
        if received > last:
            self._last[series] = received
            return item
        self._last[series] = later = last + _TICK
        at = later if at == received else at
        return Reading(item.device, item.metric, value, at, later, item.gateway, item.quality, item.retained)

    def passed_together(self, readings: Readings) -> Readings | None:
        """As `passed`, for all of them or none."""
        known = list(map(self._last.get, readings.series))
        at, received = readings.at, readings.received
        if not (all(known) and np.isfinite(readings.values).all() and (at - received <= _FUTURE_MS).all()):
            return None
        which = readings.which
        first = all_ms(cast("list[datetime]", known)) + 1
        order = np.argsort(which.astype(np.uint16 if len(first) <= _U16 else np.uint32), kind="stable")
        series, row = which[order].astype(np.int64), np.arange(len(order))
        # in a series each is one more than the one before, or what it was: without the row it never decreases
        ahead = np.maximum(received[order], first[series]) - row
        low = int(ahead.min())
        apart = int(ahead.max()) - low + 1
        moved = np.maximum.accumulate(ahead - low + series * apart) - series * apart + low + row
        later = np.empty_like(received)
        later[order] = moved
        self._last.update(zip(readings.series, all_moments(moved[np.append(np.diff(series) > 0, [True])]), strict=True))
        return readings.timed(np.where(at == received, later, at), later)

    def place(self, items: Iterable[Item], now: datetime, changed: Counter[str]) -> list[Item]:
        """The items with their times in order, counting in `changed` what had to be."""
        doubtful = self.watch(now)
        placed: list[Item] = []
        for item in items:
            if isinstance(item, Announcement):
                placed.append(item)
            elif isinstance(item, Sighting):
                received = self._received((item.tag, item.gateway), item.received)
                placed.append(item if received == item.received else replace(item, received=received))
            else:
                placed.append(self._placed(item, doubtful, changed))
        if len(self._last) > self._remembered:
            self._forget()
        return placed

    def _placed(self, reading: Reading, doubtful: bool, changed: Counter[str]) -> Reading:  # noqa: FBT001 - private
        received = self._received((reading.device, reading.metric, reading.gateway), reading.received)
        at = received if reading.at == reading.received else whole_ms(reading.at)
        quality = reading.quality
        if from_a_wrong_clock(at, received):
            at, quality = received, _doubt(quality)
            changed["from the future"] += 1
        if doubtful:
            quality = _doubt(quality)
            changed["clock behind"] += 1
        if (at, received, quality) == (reading.at, reading.received, reading.quality):
            return reading
        return replace(reading, at=at, received=received, quality=quality)

    def _received(self, series: tuple[str, ...], received: datetime) -> datetime:
        last = self._last.get(series)
        received = whole_ms(received)
        if last is None and self.clock.behind:
            last = self._newest
        elif last is None and self._floor is not None and received > self._floor - RUN_AHEAD:
            last = self._floor  # what an edge forwards late is older than that, and keeps its time
        if last is not None and received <= last:
            received = last + _TICK
        self._last[series] = received
        return received

    def watch(self, now: datetime) -> bool:
        """Whether what is heard now has a doubtful time."""
        ahead = self._newest is self._floor and self._newest is not None and self._newest - now < RUN_AHEAD
        if self._newest is None or now > self._newest or ahead:
            self._newest = now
        behind = self._newest - now
        if behind < STEP:
            self.clock = replace(self.clock, behind=timedelta(0))
            return False
        state = self.clock
        if not state.behind or behind > state.behind + STEP:
            state = ClockState(behind, state.steps + 1, now)
        self.clock = replace(state, behind=behind)
        if behind > HELD:
            self._newest = now
            self._floor = None
            self._last.clear()
        return True

    def _forget(self) -> None:
        """Forget the half that was heard least recently; a series heard again has a later time anyway."""
        by_age = sorted(self._last.items(), key=lambda entry: entry[1])
        self._last = dict(islice(by_age, len(by_age) // 2, None))


def _doubt(quality: Quality) -> Quality:
    return Quality.UNCERTAIN if quality is Quality.GOOD else quality
