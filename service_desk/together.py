"""The outbox of a desk that is in the same database: its rows and their tickets, many at once, in one transaction.

No lease is needed: either a row is done and its ticket is there, or neither. What cannot be told so is left to
`service_desk.outbox`, which tells one after the other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from asset_registry.db import Database
from collector.clock import Clock
from collector.errors import WardkeeperError
from service_desk.incidents.model import Outbox
from service_desk.incidents.news import news_of
from service_desk.ports import IncidentNews

Evidence = Mapping[int, dict[str, Any]]

MOST = 100
"""Rows of one transaction: whoever else writes waits for no more."""


@runtime_checkable
class LocalSink(Protocol):
    """A ticket sink that keeps its tickets in the database of the outbox."""

    def evidence(self, session: Session, incidents: Sequence[IncidentNews], now: datetime) -> Evidence:
        """What is frozen of those that have no ticket yet, by incident."""

    def keep(self, session: Session, incidents: Sequence[IncidentNews], evidence: Evidence, now: datetime) -> object:
        """Make the tickets agree with their incidents, in the caller's transaction."""


def due(now: datetime, sinks: Sequence[str], far: timedelta) -> Select[Outbox]:
    """Rows to be told to one of `sinks`, each after those before it of its incident. `far`: no pause is longer."""
    earlier = aliased(Outbox)
    in_turn = ~exists().where(
        earlier.incident_id == Outbox.incident_id,
        earlier.sink == Outbox.sink,
        earlier.id < Outbox.id,
        earlier.done.is_(None),
        earlier.refused == "",
    )
    return (
        select(Outbox)
        .where(
            Outbox.done.is_(None),
            Outbox.refused == "",
            or_(Outbox.due <= now, Outbox.due > now + 2 * far),  # of a clock that was wrong
            or_(Outbox.lease_until.is_(None), Outbox.lease_until <= now, Outbox.lease_until > now + far),
            Outbox.sink.in_(sinks),
            in_turn,
        )
        .order_by(Outbox.due, Outbox.id)
    )


class Together:
    """For the thread of one outbox worker."""

    def __init__(self, database: Database, clock: Clock, sinks: Mapping[str, object], far: timedelta) -> None:
        """Of `sinks`, those that are local. `far` as in `due`."""
        self._database = database
        self._clock = clock
        self._sinks = {name: sink for name, sink in sinks.items() if isinstance(sink, LocalSink)}
        self._far = far
        self._singly = 0

    def work(self) -> bool:
        """Tell what is due; False when there is nothing, or when one of it wants to be told by itself."""
        if self._singly:
            self._singly -= 1
            return False
        now = self._clock.now()
        try:
            return bool(self._sinks) and self._tell(now)
        except (WardkeeperError, IntegrityError):
            self._singly = MOST
            return False

    def _tell(self, now: datetime) -> bool:
        query = due(now, list(self._sinks), self._far).limit(MOST)
        with self._database.read() as session:
            waiting = session.scalars(query).all()
            every = zip(waiting, news_of(session, waiting), strict=True)
            told = {row.id: (row.sink, news) for row, news in every}
            frozen = {
                name: sink.evidence(session, [news for of, news in told.values() if of == name], now)
                for name, sink in self._sinks.items()
            }
        if not told:
            return False
        with self._database.write() as session:
            mine = query.where(Outbox.id.in_(told)).with_for_update(skip_locked=True, of=Outbox)
            rows = session.scalars(mine).all()
            for name, sink in self._sinks.items():
                sink.keep(session, [told[row.id][1] for row in rows if row.sink == name], frozen[name], now)
            for row in rows:
                row.done, row.attempts = now, row.attempts + 1
        return bool(rows)
