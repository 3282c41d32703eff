"""Keeps a thread running: the only place that catches everything (DESIGN section 6).

A target that raises is started again after a pause that doubles each time, with jitter. A ConfigError ends it: trying
again never helps.
"""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from collector.clock import Clock
from collector.errors import ConfigError, Unreachable

State = Literal["new", "running", "waiting", "failed", "stopped"]
Target = Callable[[threading.Event], None]

_log = logging.getLogger(__name__)


class Status(msgspec.Struct, frozen=True):
    """What the collector page shows of one thread. `error` and `failed_at` are of its last failure."""

    name: str
    state: State
    since: datetime
    failures: int = 0
    error: str = ""
    failed_at: datetime | None = None


class Supervised:
    """One named thread. Its target runs until the event it is given is set, and returns then."""

    def __init__(
        self,
        name: str,
        target: Target,
        clock: Clock,
        *,
        shortest_s: float = 0.25,
        longest_s: float = 30,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Pauses grow from `shortest_s` to `longest_s`; `jitter` gives 0 to 1 and lengthens a pause by up to a half."""
        self.name = name
        self._target = target
        self._clock = clock
        self._shortest = shortest_s
        self._longest = longest_s
        self._jitter = jitter
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = Status(name, "new", clock.now())

    @property
    def status(self) -> Status:
        """How it is now."""
        return self._status

    def start(self) -> None:
        """Start the thread; nothing happens when it has been started."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
            self._thread.start()

    def ask_to_stop(self) -> None:
        """Ask it to stop, without waiting."""
        self._stop.set()

    def stop(self, timeout: float | None = 10) -> bool:
        """Ask it to stop and wait; False when it has not within `timeout` seconds."""
        self.ask_to_stop()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = self._shortest
        while not self._stop.is_set():
            started = self._clock.now()
            self._become("running")
            try:
                self._target(self._stop)
            except ConfigError as error:
                self._note(error)
                self._become("failed")
                return
            except Exception as error:  # noqa: BLE001 - here and nowhere else: the thread must live
                self._note(error)
            else:
                break  # stopped, or done
            if (self._clock.now() - started).total_seconds() > self._longest:
                pause = self._shortest
            self._become("waiting")
            self._clock.wait(self._stop, pause * (1 + self._jitter() / 2))
            pause = min(pause * 2, self._longest)
        self._become("stopped")

    def _note(self, error: Exception) -> None:
        if isinstance(error, Unreachable | ConfigError):
            _log.warning("%s: %s", self.name, error)
        else:
            _log.error("%s failed", self.name, exc_info=error)
        text = str(error) or type(error).__name__
        self._status = msgspec.structs.replace(
            self._status, failures=self._status.failures + 1, error=text, failed_at=self._clock.now()
        )

    def _become(self, state: State) -> None:
        self._status = msgspec.structs.replace(self._status, state=state, since=self._clock.now())
