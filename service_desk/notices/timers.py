"""What only time brings about: escalation, and notices that their channel did not take in time."""

import threading
from collections.abc import Callable

from asset_registry.db import Database
from collector.clock import Clock
from service_desk.notices import escalation
from service_desk.notices.telling import Teller
from service_desk.notices.worker import overdue


class Timers:
    """`run` is a target for the supervisor. Several may run at once, in several processes."""

    def __init__(self, database: Database, teller: Teller, clock: Clock, told: Callable[[], None]) -> None:
        """`told` is called after a commit that may have left something for the channels."""
        self._database, self._teller, self._clock, self._told = database, teller, clock, told

    def run(self, stop: threading.Event, every_s: float = 1.0) -> None:
        """Look every second until `stop`."""
        while not stop.is_set():
            self.tick()
            self._clock.wait(stop, every_s)

    def tick(self) -> None:
        """Escalate what nobody has answered, and pass on what was not taken."""
        now = self._clock.now()
        with self._database.read() as session:
            waiting, late = escalation.waiting(session, now), bool(overdue(session, now))
        if not (waiting or late):
            return
        with self._database.write() as session:
            told = escalation.advance(session, self._teller, now) if waiting else 0
            for notice in overdue(session, now):
                told += self._teller.pass_on(session, notice, now)
        if told:
            self._told()
