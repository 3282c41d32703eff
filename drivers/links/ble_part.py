"""How one adapter or one connected device is: its state, since when, and what a person can do."""

from datetime import datetime

from collector.clock import Clock
from collector.counters import Rate
from drivers.links.link import LinkStatus, State


class Part:
    """Written by the link's thread, read by any."""

    kind = "ble"

    def __init__(self, name: str, address: str, clock: Clock) -> None:
        self.name = name
        self.address = address
        self.state: State = "stopped"
        self._clock = clock
        self._since = clock.now()
        self._error = self._hint = ""
        self._last: datetime | None = None
        self._rate = Rate()

    def enter(self, state: State, error: str = "", hint: str = "") -> bool:
        """Say how it is; whether that is another state. What went wrong last is kept when all is well again."""
        changed = state != self.state
        if changed:
            self.state, self._since = state, self._clock.now()
        self._error = error or self._error
        self._hint = hint
        return changed

    def heard(self, at: datetime, frames: int = 1) -> None:
        """Something came through it."""
        self._last = at
        self._rate.add(int(at.timestamp()), frames)

    @property
    def status(self) -> LinkStatus:
        """How it is now."""
        return LinkStatus(
            name=self.name,
            kind=self.kind,
            address=self.address,
            state=self.state,
            since=self._since,
            error=self._error,
            last_frame=self._last,
            frames_per_minute=self._rate.total(int(self._clock.now().timestamp())),
            hint=self._hint,
        )
