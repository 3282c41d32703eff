"""The one source of time. Nothing else in Wardkeeper asks the operating system what time it is."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


def whole_ms(moment: datetime) -> datetime:
    """`moment` cut to whole milliseconds."""
    rest = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - rest) if rest else moment


FUTURE = timedelta(minutes=5)
"""How far a moment may lie ahead of the clock before it is not believed."""


def from_a_wrong_clock(moment: datetime, now: datetime) -> bool:
    """Whether `moment` was written down while a clock was wrong: nothing can have happened so far after `now`."""
    return moment - now > FUTURE


class Clock(Protocol):
    """Wall time (aware UTC, whole milliseconds) and waiting, both of which a test can hold still."""

    def now(self) -> datetime:
        """The wall time."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set or `seconds` of this clock have passed; say whether it was set."""


class SystemClock:
    """The machine's clock, or a demo's: `speed` times as fast from the moment `start` on."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        """`start` is the wall time at which both clocks agree; now, when not given."""
        self.speed = speed
        self.start = start or datetime.now(UTC)

    def now(self) -> datetime:
        """The wall time."""
        real = datetime.now(UTC)
        return whole_ms(real if self.speed == 1 else self.start + (real - self.start) * self.speed)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set or `seconds` of this clock have passed."""
        return event.wait(max(0.0, seconds) / self.speed)


class ManualClock:
    """A clock that a test moves."""

    def __init__(self, start: datetime | None = None) -> None:
        """Stands still at `start`."""
        self._now = whole_ms(start or datetime(2026, 11, 24, 6, 42, tzinfo=UTC))
        self._moved = threading.Condition()

    def now(self) -> datetime:
        """The time the test has set."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move on (or back, when negative) and wake those who wait."""
        with self._moved:
            self._now = whole_ms(self._now + timedelta(seconds=seconds))
            self._moved.notify_all()
        return self._now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for `event`, or until the test has moved the clock by `seconds`."""
        until = self._now + timedelta(seconds=seconds)
        with self._moved:
            while not event.is_set() and self._now < until:
                self._moved.wait(0.01)
        return event.is_set()


def monotonic() -> float:
    """Seconds for measuring durations of the program itself, never for what is stored."""
    return time.monotonic()
