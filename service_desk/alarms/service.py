"""Out of service (ANSI/ISA-18.2-2009, 11): one asks, another approves, and it is reviewed by a date.

When that date passes the alarm is in service again, whoever forgot it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.audit import record
from asset_registry.db import Base
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import Principal
from service_desk import leases
from service_desk.alarms import book
from service_desk.alarms.model import Alarm
from service_desk.tickets.desk import OWN

LONGEST = timedelta(days=90)
APPROVERS = ("biomed", "facilities")
"""Who may take an alarm out of service that another asks for; an admin holds every role."""


class OutOfService(Base):
    """One asking. `state` is asked, approved, declined or ended; `until` the day of review."""

    __tablename__ = "out_of_service"

    id: Mapped[int] = mapped_column(primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarm.id"), index=True)
    state: Mapped[str] = mapped_column(default="asked", index=True)
    why: Mapped[str]
    until: Mapped[datetime]
    asked: Mapped[datetime]
    asked_by: Mapped[str]
    decided: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    ended: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")


def ask(session: Session, alarm_id: int, until: datetime, why: str, actor: Principal, now: datetime) -> OutOfService:
    """Ask for it. Raises Missing, Invalid, Forbidden, or Conflict when it was asked for already."""
    leases.follow(session, book.LEASE)
    alarm = session.get(Alarm, alarm_id, with_for_update=True)
    if alarm is None:
        raise Missing(f"There is no alarm {alarm_id}.")
    _person(actor)
    if not why.strip():
        raise Invalid("Say why it is taken out of service.")
    if not now < until <= now + LONGEST:
        raise Invalid(f"Say when it is reviewed: within {LONGEST.days} days.")
    if of_alarm(session, alarm_id) is not None:
        raise Conflict(f"{alarm.title}: that it goes out of service has been asked for already.")
    row = OutOfService(alarm_id=alarm_id, state="asked", why=why.strip(), until=until, asked=now, asked_by=actor.login)
    session.add(row)
    detail = {"why": row.why, "until": until.isoformat()}
    book.note(session, alarm, now, "asked to be out of service", actor.login, detail)
    record(session, now, actor.login, "ask out of service", ("alarm", alarm_id), after=detail)
    session.flush()
    return row


def decide(session: Session, request_id: int, actor: Principal, now: datetime, *, approve: bool) -> OutOfService:
    """Approve or decline what another has asked for. Raises Missing, Conflict, Forbidden."""
    row, alarm = _locked(session, request_id)
    if row.state != "asked":
        raise Conflict(f"{alarm.title}: this was {row.state} already.")
    _person(actor)
    if not actor.may(*APPROVERS):
        raise Forbidden(f"{alarm.title}: out of service is approved by {' or '.join(APPROVERS)}.")
    if approve and actor.login == row.asked_by:
        raise Forbidden(f"{alarm.title}: another person has to approve what you asked for.")
    if approve and row.until <= now:
        raise Conflict(f"{alarm.title}: its day of review has passed; ask again.")
    row.state, row.decided, row.decided_by = "approved" if approve else "declined", now, actor.login
    if approve:
        book.put_out_of_service(session, alarm, actor.login, now)
    record(session, now, actor.login, row.state, ("alarm", alarm.id), after={"why": row.why, "asked by": row.asked_by})
    return row


def put_back(session: Session, request_id: int, actor: Principal, now: datetime) -> OutOfService:
    """In service again, or not asked for any more. Raises Missing, Conflict, Forbidden."""
    row, alarm = _locked(session, request_id)
    _person(actor)
    if row.state not in ("asked", "approved"):
        raise Conflict(f"{alarm.title}: this is over already.")
    _over(session, row, alarm, actor.login, now)
    record(session, now, actor.login, "in service", ("alarm", alarm.id))
    return row


def review(session: Session, at: datetime) -> None:
    """What was to be reviewed by now ends by itself."""
    late = select(OutOfService).where(OutOfService.state.in_(("asked", "approved")), OutOfService.until <= at)
    for row in session.scalars(late).all():
        _over(session, row, session.get_one(Alarm, row.alarm_id), OWN, at)


def standing(session: Session) -> Sequence[OutOfService]:
    """What is out of service or waits for approval, the oldest first."""
    held = select(OutOfService).where(OutOfService.state.in_(("asked", "approved")))
    return session.scalars(held.order_by(OutOfService.asked, OutOfService.id)).all()


def of_alarm(session: Session, alarm_id: int) -> OutOfService | None:
    """What stands about an alarm."""
    held = OutOfService.alarm_id == alarm_id, OutOfService.state.in_(("asked", "approved"))
    return session.scalars(select(OutOfService).where(*held)).first()


def _over(session: Session, row: OutOfService, alarm: Alarm, who: str, at: datetime) -> None:
    row.state, row.ended, row.ended_by = "ended", at, who
    book.put_out_of_service(session, alarm, who, at, out=False)


def _locked(session: Session, request_id: int) -> tuple[OutOfService, Alarm]:
    leases.follow(session, book.LEASE)
    row = session.get(OutOfService, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Missing(f"Nobody asked for this: there is no request {request_id}.")
    return row, session.get_one(Alarm, row.alarm_id, with_for_update=True, populate_existing=True)


def _person(actor: Principal) -> None:
    if not actor.is_person:
        raise Forbidden("Only a person takes an alarm out of service.")
