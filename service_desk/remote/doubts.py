"""Tickets over there: which there are, and which may have been made; a person looks and says so, audited."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Invalid, Missing
from service_desk.incidents.model import Outbox
from service_desk.remote.model import RemoteTicket


def unconfirmed(session: Session) -> list[RemoteTicket]:
    """All that wait for a person, oldest first."""
    return list(session.scalars(select(RemoteTicket).where(RemoteTicket.unconfirmed).order_by(RemoteTicket.id)))


def elsewhere(session: Session, incident_id: int | None) -> list[RemoteTicket]:
    """The tickets of an incident in foreign systems, in order of the sinks' names."""
    of = select(RemoteTicket).where(RemoteTicket.incident_id == incident_id, RemoteTicket.number != "")
    return list(session.scalars(of.order_by(RemoteTicket.sink)))


def is_there(session: Session, row_id: int, number: str, who: str, now: datetime) -> None:
    """Somebody found the ticket: it has this number. Raises Missing or Invalid."""
    row = _doubtful(session, row_id)
    if not number.strip():
        raise Invalid("Say which number the ticket has over there.")
    row.number, row.state = number.strip(), "open"
    row.told = sorted({*row.told, row.trying})
    _settled(session, row, who, now, "found")


def not_there(session: Session, row_id: int, who: str, now: datetime) -> None:
    """Somebody looked and there is none: it is made again. Raises Missing."""
    _settled(session, _doubtful(session, row_id), who, now, "not found")


def _doubtful(session: Session, row_id: int) -> RemoteTicket:
    row = session.get(RemoteTicket, row_id, with_for_update=True, populate_existing=True)
    if row is None or not row.unconfirmed:
        raise Missing(f"There is no unconfirmed ticket {row_id}; somebody has said so already.")
    return row


def _settled(session: Session, row: RemoteTicket, who: str, now: datetime, did: str) -> None:
    record(session, now, who, did, ("remote_ticket", row.id), after={"sink": row.sink, "number": row.number})
    row.unconfirmed, row.trying, row.tried = False, "", None
    waiting = select(Outbox).where(
        Outbox.incident_id == row.incident_id, Outbox.sink == row.sink, Outbox.done.is_(None), Outbox.refused == ""
    )
    for told in session.scalars(waiting):
        told.due = now
