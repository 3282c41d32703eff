"""The outbox: what ticket systems have still to be told, told once each.

A row is claimed under a lease in one transaction, the sink is called outside of any, and the row is marked done in
another. Who dies in between leaves a lease that runs out; the sink is asked again and finds what it had made.
A sink as a whole that does not take anything is left alone for a while, longer each time or as long as it asks. That
it takes nothing, and that it does again, is the reading `available` of the device `sink:<name>`: a rule can raise an
alarm, which reaches people by other ways.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.db import Database
from asset_registry.errors import Missing
from collector.clock import Clock
from collector.errors import ConfigError, Refused, Unreachable
from collector.ports import Intake
from collector.reading import Reading
from service_desk.incidents import book
from service_desk.incidents.model import Outbox
from service_desk.ports import IncidentNews, TicketSink
from service_desk.remote.errors import Away, Barred, Later
from service_desk.together import Together, due

_LEASE = timedelta(minutes=2)
_CALL = 0.75
"""The share of a lease that a call of a sink may take."""
_SHORTEST, _LONGEST = 1.0, 300.0
_LONGEST_AWAY_S = 60.0
"""A sink that was away is found again within this time."""
_FAR = timedelta(hours=1)
"""No lease and no pause is longer."""


@dataclass(frozen=True)
class _Claim:
    row_id: int
    sink: str
    attempts: int
    lease_until: datetime
    news: IncidentNews


@dataclass(frozen=True)
class Trouble:
    """A sink that takes nothing, why, since when, and until when it is left alone. `barred`: a person must mend it."""

    why: str
    since: datetime
    until: datetime
    times: int
    barred: bool


class OutboxWorker:
    """Tells the sinks. Several may run at once, in several processes."""

    def __init__(
        self,
        database: Database,
        sinks: Mapping[str, TicketSink],
        clock: Clock,
        *,
        holder: str = "",
        lease: timedelta = _LEASE,
        jitter: Callable[[], float] = random.random,
        intake: Intake | None = None,
    ) -> None:
        """`sinks` by the name in outbox rows; a call of a sink ends within its `lease`; `jitter` gives 0 to 1.

        `holder` names this worker, the same after a restart: what it had claimed when it died it claims again at once.
        """
        self._database = database
        self._sinks = dict(sinks)
        self._clock = clock
        self._holder = holder
        self._lease = lease
        self._jitter = jitter
        self._wake = threading.Event()
        self._together = Together(database, clock, self._sinks, _FAR)
        self._troubles: dict[str, Trouble] = {}
        self._intake = intake
        self._said: dict[str, bool] = {}

    @property
    def troubles(self) -> dict[str, Trouble]:
        """Sinks that take nothing now, by name."""
        return dict(self._troubles)

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`. A target for the supervisor."""
        self._let_go()
        with asyncio.Runner() as loop:
            while not stop.is_set():
                self._wake.clear()
                while not stop.is_set() and loop.run(self.work()):
                    pass
                self._clock.wait(self._wake, 0.5)

    async def work(self) -> bool:
        """Tell one thing, or to the desk in this database many; False when nothing is due."""
        if self._together.work():
            return True
        claim = self._claim()
        if claim is None:
            return False
        try:
            async with asyncio.timeout(_CALL * self._lease.total_seconds()):
                await self._sinks[claim.sink].sync(claim.news)
        except Unreachable as error:
            self._again(claim, error)
        except TimeoutError:
            self._again(claim, Unreachable("it took too long"))
        except (Refused, ConfigError) as error:
            self._troubles.pop(claim.sink, None)
            self._finish(claim, refused=str(error) or type(error).__name__)
        else:
            self._troubles.pop(claim.sink, None)
            self._finish(claim)
        self._say(claim.sink, up=claim.sink not in self._troubles)
        return True

    def _say(self, sink: str, *, up: bool) -> None:
        """Once, when it changes."""
        if self._intake is not None and self._said.get(sink) is not up:
            now = self._clock.now()
            if self._intake.offer([Reading(f"sink:{sink}", "available", up, now, now)], None):
                self._said[sink] = up

    def _let_go(self) -> None:
        """Claims of the life before this one: nobody works on them any more."""
        if self._holder:
            mine = update(Outbox).where(
                Outbox.holder == self._holder, Outbox.sink.in_(self._sinks), Outbox.done.is_(None)
            )
            with self._database.write() as session:
                session.execute(mine.values(lease_until=None))

    def _claim(self) -> _Claim | None:
        now = self._clock.now()
        query = due(now, list(self._open(now)), _FAR).limit(1)
        with self._database.read() as session:  # most of the time there is nothing: no write lock for that
            if session.scalars(query).first() is None:
                return None
        with self._database.write() as session:
            row = session.scalars(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            row.lease_until = now + self._lease
            row.holder = self._holder
            row.attempts += 1
            return _Claim(row.id, row.sink, row.attempts, row.lease_until, book.news(session, row))

    def _open(self, now: datetime) -> list[str]:
        """The sinks that are not left alone now."""
        shut = {name for name, trouble in self._troubles.items() if now < trouble.until <= now + _FAR}
        return [name for name in self._sinks if name not in shut]

    def _again(self, claim: _Claim, error: Unreachable) -> None:
        """Later: twice as long each time, and not all at once, or as long as the sink asks."""
        now = self._clock.now()
        if isinstance(error, Later):
            pause = min(error.after_s, _FAR.total_seconds())
        else:
            pause = self._pause(claim.attempts, _LONGEST)
            self._leave_alone(claim.sink, error, now)
        with self._database.write() as session:
            row = session.get_one(Outbox, claim.row_id, with_for_update=True)
            if row.lease_until == claim.lease_until:
                row.due, row.lease_until, row.error = now + timedelta(seconds=pause), None, str(error)

    def _pause(self, times: int, longest: float) -> float:
        return min(longest, _SHORTEST * 2.0 ** min(times - 1, 16)) * (0.5 + self._jitter() / 2)

    def _leave_alone(self, sink: str, error: Unreachable, now: datetime) -> None:
        before = self._troubles.get(sink)
        times = before.times + 1 if before else 1
        asked = error.after_s if isinstance(error, Away) else None
        pause = self._pause(times, _LONGEST_AWAY_S) if asked is None else min(asked, _FAR.total_seconds())
        since = before.since if before else now
        until = now + timedelta(seconds=pause)
        self._troubles[sink] = Trouble(str(error), since, until, times, isinstance(error, Barred))

    def _finish(self, claim: _Claim, refused: str = "") -> None:
        with self._database.write() as session:
            row = session.get_one(Outbox, claim.row_id, with_for_update=True)
            row.lease_until, row.refused, row.error = None, refused, ""
            row.done = None if refused else self._clock.now()


def waiting(session: Session) -> list[Outbox]:
    """What has not been told yet, oldest first."""
    return list(session.scalars(select(Outbox).where(Outbox.done.is_(None), Outbox.refused == "").order_by(Outbox.id)))


def dead_letters(session: Session) -> list[Outbox]:
    """What a ticket system refused, newest first."""
    return list(session.scalars(select(Outbox).where(Outbox.refused != "").order_by(Outbox.id.desc())))


def try_again(session: Session, row_id: int, who: str, now: datetime) -> None:
    """Send a dead letter once more, after its cause was mended. Raises Missing."""
    row = session.get(Outbox, row_id, with_for_update=True)
    if row is None or not row.refused:
        raise Missing(f"There is no dead letter {row_id}.")
    record(session, now, who, "try again", ("outbox", row.id), {"refused": row.refused})
    row.refused, row.due, row.attempts = "", now, 0
