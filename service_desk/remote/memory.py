"""What is remembered of tickets in foreign systems: what was told, and what was begun and not answered."""

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from collector.clock import FUTURE
from service_desk.incidents.model import Incident
from service_desk.ports import IncidentNews, TicketRef
from service_desk.remote.errors import Later, Unconfirmed
from service_desk.remote.model import RemoteTicket
from service_desk.remote.ports import Seen
from service_desk.surroundings import Surroundings

FRESH = datetime.min.replace(tzinfo=UTC)
"""Begun for the first time."""
AGAIN_S = 1.0
_LOOK_AGAIN_S = 60.0


class Memory:
    """One sink's. Every method is a transaction of its own."""

    def __init__(self, around: Surroundings, settled: timedelta) -> None:
        """`settled`: after this time nobody is at work any more on what was not answered."""
        self._around = around
        self._database = around.database
        self._clock = around.clock
        self._settled = settled

    def begin(self, row_id: int, step: str) -> datetime | None:
        """None: done already. `FRESH`: begun. Else when it was begun before, and nobody knows what came of it."""
        now = self._clock.now()
        with self._database.write() as session:
            row = self._locked(session, row_id)
            if step in row.told:
                return None
            if row.trying == step and row.tried is not None:
                return row.tried
            if row.trying and self._at_work(row, now):
                raise Later(f"{self._around.name} is being told something else about this incident", AGAIN_S)
            row.trying, row.tried = step, now
            return FRESH

    def begin_again(self, row_id: int, step: str, before: datetime, *, blind: bool = False) -> None:
        """It is not there. Raises Later while it may still come, Unconfirmed where we cannot see well (`blind`)."""
        now = self._clock.now()
        with self._database.write() as session:
            row = self._locked(session, row_id)
            if row.trying != step or row.tried != before:
                raise Later("Another worker is at it", AGAIN_S)
            if self._at_work(row, now):
                rest = (before + self._settled - now).total_seconds()
                raise Later(f"No answer came; {self._around.name} may still be at work on it", rest)
            row.unconfirmed = blind
            if not row.unconfirmed:
                row.tried = now
                return
        raise Unconfirmed("No answer came, and its search cannot tell yet whether the ticket was made", _LOOK_AGAIN_S)

    def _at_work(self, row: RemoteTicket, now: datetime) -> bool:
        return row.tried is not None and row.tried - FUTURE <= now < row.tried + self._settled

    def done(self, row_id: int, step: str) -> None:
        with self._database.write() as session:
            row = self._locked(session, row_id)
            row.told = sorted({*row.told, step})
            if row.trying == step:
                row.trying, row.tried = "", None

    def never_happened(self, row_id: int, step: str) -> None:
        with self._database.write() as session:
            row = self._locked(session, row_id)
            if row.trying == step:
                row.trying, row.tried = "", None

    def _locked(self, session: Session, row_id: int) -> RemoteTicket:
        return session.get_one(RemoteTicket, row_id, with_for_update=True, populate_existing=True)

    def again(self, kept: RemoteTicket) -> RemoteTicket:
        with self._database.read() as session:
            return session.get_one(RemoteTicket, kept.id)

    def kept(self, incident: IncidentNews) -> RemoteTicket:
        """What is known of the incident's ticket; the evidence is frozen the first time."""
        of = select(RemoteTicket).where(RemoteTicket.incident_id == incident.id, RemoteTicket.sink == self._around.name)
        with self._database.read() as session:
            known = session.scalars(of).first()
            if known is not None:
                return known
            now = self._clock.now()
            frozen = self._around.freeze(session, [incident], now).get(incident.id) if incident.alarms else None
        key = key_of(self._around.site, incident.key)
        row = RemoteTicket(
            incident_id=incident.id, sink=self._around.name, key=key, priority=incident.priority, evidence=frozen
        )
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError:  # another worker was faster
            with self._database.read() as session:
                return session.scalars(of).one()
        return row

    def of_key(self, incident: str) -> tuple[RemoteTicket, str] | None:
        """What is known of the ticket of the incident with this key, and the incident's title."""
        of = (
            select(RemoteTicket, Incident.title)
            .join(Incident, Incident.id == RemoteTicket.incident_id)
            .where(Incident.key == incident, RemoteTicket.sink == self._around.name)
        )
        with self._database.read() as session:
            found = session.execute(of).first()
            return (found[0], found[1]) if found else None

    def shown(self, row_id: int) -> None:
        """All of the evidence was told."""
        with self._database.write() as session:
            self._locked(session, row_id).evidence = None

    def made(self, row_id: int, ref: TicketRef, incident: IncidentNews) -> None:
        now = self._clock.now()
        with self._database.write() as session:
            row = self._locked(session, row_id)
            if not row.number:
                row.number, row.url, row.state, row.priority = ref.number, ref.url, "open", incident.priority
                row.checked = row.changed = now
            row.unconfirmed = False

    def remember(self, kept: RemoteTicket, seen: Seen | None, priority: str = "") -> bool:
        """How it stands there; whether that is new."""
        now = self._clock.now()
        state, assignee = (seen.state, seen.assignee) if seen else ("gone", "")
        with self._database.write() as session:
            row = self._locked(session, kept.id)
            fresh = (row.state, row.assignee) != (state, assignee)
            row.state, row.assignee, row.checked = state, assignee, now
            row.changed = now if fresh else row.changed
            row.priority = priority or row.priority
        return fresh

    def standing(self) -> list[RemoteTicket]:
        """Tickets that may change, those first that were not asked for longest."""
        mine = select(RemoteTicket).where(
            RemoteTicket.sink == self._around.name,
            RemoteTicket.number != "",
            RemoteTicket.state.in_(("open", "solved")),
        )
        with self._database.read() as session:
            return list(session.scalars(mine.order_by(RemoteTicket.checked, RemoteTicket.id).limit(100)))


def key_of(site: str, incident: str) -> str:
    """An incident's key as it stands in foreign systems: short, and nothing in it needs quoting."""
    return "wk-" + hashlib.sha256(f"{site}\n{incident}".encode()).hexdigest()[:16]


def mark_of(key: str, step: str) -> str:
    """What a note is recognised by."""
    return "wk-" + hashlib.sha256(f"{key}\n{step}".encode()).hexdigest()[:12]
