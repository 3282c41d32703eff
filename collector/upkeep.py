"""The background work of stores that need some."""

import threading
from datetime import timedelta

from collector.clock import Clock
from collector.ports import Retention, TendedStore

EVERY_S = 600.0
AGAIN_S = 60.0
"""How long it waits after it has failed."""


class ForEver:
    """Nothing is ever forgotten."""

    def keep(self, device: str, metric: str) -> tuple[timedelta | None, timedelta | None]:
        """As `collector.ports.Retention`."""
        del device, metric
        return None, None


class Upkeep:
    """`run` is a target for `collector.supervisor`: it tends a store now and then. Raises what `tend` raises."""

    def __init__(self, store: TendedStore, clock: Clock, retention: Retention, every_s: float = EVERY_S) -> None:
        self._store, self._clock, self._retention, self._every_s = store, clock, retention, every_s
        self._failed = False

    def run(self, stop: threading.Event) -> None:
        """Tend the store until `stop`."""
        if self._failed:  # a day is much to write in vain every few seconds
            self._clock.wait(stop, AGAIN_S)
        while not stop.is_set():
            self._failed = True
            self._store.tend(self._clock.now(), self._retention)
            self._failed = False
            self._clock.wait(stop, self._every_s)
