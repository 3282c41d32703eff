"""A person knows better what belongs together: alarms are taken apart or put together, and that is remembered.

Every act is a transition of the alarm, a line in the audit log, and a turn on the tickets it touches; people are told
as of any other incident.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Missing
from collector.points import ms_of
from service_desk import leases
from service_desk.alarms import book
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.book import graver
from service_desk.incidents.causes import BROKER
from service_desk.incidents.custom import Notify
from service_desk.incidents.model import Apart, Incident, Outbox
from service_desk.incidents.news import alarms_of
from service_desk.incidents.picture import about_of, forget
from service_desk.incidents.telling import tell
from service_desk.tickets import desk

_LEASE = "alarms"


def split(session: Session, alarm_id: int, who: str, why: str, now: datetime, notify: Notify) -> Incident:
    """It does not belong here: the alarm gets an incident and a ticket of its own, and is never joined so again.

    Nobody is told of one that is over, silenced, or has been acknowledged. Raises Missing, or Conflict when it is
    alone in its incident.
    """
    leases.follow(session, _LEASE)
    alarm, left = _alarm(session, alarm_id)
    others = [one for one in alarms_of(session, left.id) if one.id != alarm.id]
    if not others:
        raise Conflict(f"{alarm.title}: it is alone in its incident already.")
    own = Incident(
        key=f"{alarm.rule_id}:{alarm.subject}:{ms_of(alarm.since)}:{ms_of(now)}",
        title=_headline(session, alarm),
        priority=alarm.priority,
        reserved=left.reserved,
        opened=now,
        closed=None if alarm.active else now,
        asset_id=alarm.asset_id,
        place_id=alarm.place_id,
        cause=about_of(alarm).main,
    )
    session.add(own)
    session.flush()
    _part(session, alarm, left, others, who, why, now)
    _move(session, alarm, own, who, why, now)
    _say(session, left, who, f"took apart: {alarm.title}", why, now)
    tell(session, own, "opened", (now, now), _sinks(session, left), about=alarm.id)
    if alarm.active and not alarm.acknowledged and not book.inhibition(alarm, now):
        notify(session, own, "opened", now, now)
    forget(session)
    return own


def join(session: Session, alarm_id: int, incident_id: int, who: str, why: str, now: datetime, notify: Notify) -> None:
    """The alarm belongs to that incident; what was said against it is forgotten.

    An incident that it leaves empty becomes a child. Raises Missing, or Conflict when that one is closed.
    """
    leases.follow(session, _LEASE)
    alarm, left = _alarm(session, alarm_id)
    whole = session.get(Incident, incident_id)
    if whole is None:
        raise Missing(f"There is no incident {incident_id}.")
    if whole.closed is not None:
        raise Conflict(f"{whole.title}: it is closed; nothing can be added to it.")
    if whole.id == left.id:
        return
    nodes = {whole.cause, *(node for one in alarms_of(session, whole.id) for node in about_of(one).nodes)}
    _forgive(session, alarm, nodes)
    for one in alarms_of(session, whole.id):
        _forgive(session, one, about_of(alarm).nodes)
    _move(session, alarm, whole, who, why, now)
    whole.priority, whole.reserved = graver(whole.priority, alarm.priority), whole.reserved or left.reserved
    session.flush()
    _say(session, whole, who, f"added: {alarm.title}", why, now)
    sinks = _sinks(session, whole)
    tell(session, whole, "joined", (now, now), sinks, about=alarm.id)
    notify(session, whole, "joined", now, now)
    if not alarms_of(session, left.id, 1):
        left.parent_id, left.closed = whole.id, left.closed or now
        tell(session, left, "merged", (now, now), sinks, about=whole.id)
        notify(session, left, "merged", now, now)
    forget(session)


def _forgive(session: Session, alarm: Alarm, nodes: Iterable[str]) -> None:
    pair = Apart.rule_id == alarm.rule_id, Apart.subject == alarm.subject
    session.execute(delete(Apart).where(*pair, Apart.cause.in_(list(nodes))))


def _sinks(session: Session, incident: Incident) -> Sequence[str]:
    """The ticket systems that heard of it."""
    return session.scalars(select(Outbox.sink).where(Outbox.incident_id == incident.id).distinct()).all()


def _alarm(session: Session, alarm_id: int) -> tuple[Alarm, Incident]:
    alarm = session.get(Alarm, alarm_id, with_for_update=True, populate_existing=True)
    incident = session.get(Incident, alarm.incident_id) if alarm is not None and alarm.incident_id else None
    if alarm is None or incident is None:
        raise Missing(f"There is no alarm {alarm_id} in an incident.")
    return alarm, incident


def _part(
    session: Session, alarm: Alarm, left: Incident, others: list[Alarm], who: str, why: str, now: datetime
) -> None:
    """Remember: not this alarm for that cause. When it is itself the cause: none of the others for it."""
    own = set(about_of(alarm).nodes)
    if left.cause in own and left.cause != BROKER and not own & {about_of(one).main for one in others}:
        for one in others:
            for node in own:
                _apart(session, one, node, (who, why, now))
        left.cause = about_of(others[0]).main
        return
    nodes = {left.cause, *(node for one in others for node in about_of(one).nodes)}
    for node in nodes - ({alarm.subject} - {left.cause}):
        _apart(session, alarm, node, (who, why, now))


def _apart(session: Session, alarm: Alarm, node: str, said: tuple[str, str, datetime]) -> None:
    known = select(Apart.id).where(Apart.rule_id == alarm.rule_id, Apart.subject == alarm.subject, Apart.cause == node)
    if session.scalar(known) is None:
        who, why, now = said
        session.add(Apart(rule_id=alarm.rule_id, subject=alarm.subject, cause=node, at=now, who=who, why=why))
        session.flush()


def _move(session: Session, alarm: Alarm, to: Incident, who: str, why: str, now: datetime) -> None:
    before, alarm.incident_id = alarm.incident_id, to.id
    detail = {"from": before, "to": to.id, "why": why}
    session.add(Transition(alarm_id=alarm.id, at=now, what="moved", who=who, detail=detail))
    record(session, now, who, "move", ("alarm", alarm.id), {"incident": before}, {"incident": to.id, "why": why})
    session.flush()


def _say(session: Session, incident: Incident, who: str, did: str, why: str, now: datetime) -> None:
    ticket = desk.of_incident(session, incident.id)
    if ticket is not None and ticket.state != "closed":
        desk.write(session, ticket, who, why, now, did=did)


def _headline(session: Session, alarm: Alarm) -> str:
    newest = select(Transition).where(Transition.alarm_id == alarm.id, Transition.what == "raised")
    raised = session.scalars(newest.order_by(Transition.id.desc()).limit(1)).first()
    return str(raised.detail.get("headline", alarm.title)) if raised else alarm.title
