"""Alarms with one cause are one incident: the same asset, or the same room when both are about the room itself.

A room's air joins the open incident of the plant that serves the room: a slow fan is one ticket, not one a room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from asset_registry.places import Serves
from collector.metrics import family_of
from collector.points import ms_of
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident, Outbox
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.reserved import Reserved, matter_of, undecided
from service_desk.rulebook import PRIORITIES


@dataclass(frozen=True)
class Custom:
    """How a house keeps its incidents: closed after `keep` without an alarm, reopened when back within `reopen`."""

    keep: timedelta = timedelta(minutes=5)
    reopen: timedelta = timedelta(minutes=30)
    sinks: tuple[str, ...] = ("desk",)
    reserved: Reserved = field(default_factory=Reserved)


def graver(one: str, other: str) -> str:
    """The higher of two priorities."""
    return min(one, other, key=PRIORITIES.index)


def attach(session: Session, alarm: Alarm, headline: str, at: datetime, now: datetime, custom: Custom) -> Incident:
    """Open an incident for a raised alarm, join an open one with the same cause, or reopen one that closed lately."""
    key = f"{alarm.rule_id}:{alarm.subject}:{ms_of(alarm.since)}"
    incident = _related(session, alarm, at, custom)
    if incident is None:
        incident = Incident(
            key=key,
            title=headline,
            priority=alarm.priority,
            reserved="",
            opened=at,
            asset_id=alarm.asset_id,
            place_id=alarm.place_id,
        )
        session.add(incident)
        what = "opened"
    elif incident.closed is not None:
        incident.closed = None
        what = "reopened"
    else:
        what = "returned" if alarm.incident_id == incident.id else "joined"
    incident.priority = graver(incident.priority, alarm.priority)
    incident.reserved = incident.reserved or matter_of(session, alarm, custom.reserved)
    session.flush()
    alarm.incident_id = incident.id
    tell(session, incident, what, (at, now), custom.sinks, about=alarm.id)
    return incident


def _related(session: Session, alarm: Alarm, at: datetime, custom: Custom) -> Incident | None:
    """The open incident with the same cause; else the alarm's own when it closed within `reopen`, or its plant's."""
    own = session.get(Incident, alarm.incident_id) if alarm.incident_id else None
    if own is not None and (own.closed is None or own.closed >= at - custom.reopen):
        return own
    if alarm.asset_id is not None:
        same = Incident.asset_id == alarm.asset_id
    elif alarm.place_id is not None:
        same = Incident.asset_id.is_(None) & (Incident.place_id == alarm.place_id)
    else:
        return None
    oldest = select(Incident).where(same, Incident.closed.is_(None)).order_by(Incident.opened, Incident.id)
    return session.scalars(oldest.limit(1)).first() or _of_its_plant(session, alarm)


def _of_its_plant(session: Session, alarm: Alarm) -> Incident | None:
    """For an alarm about a room: the open incident of what serves it, when an alarm of the same family stands there."""
    if alarm.asset_id is not None or alarm.place_id is None:
        return None
    plant = select(Serves.asset_id).where(Serves.place_id == alarm.place_id)
    standing = (
        select(Incident, Alarm.metric)
        .join(Alarm, Alarm.incident_id == Incident.id)
        .where(Incident.asset_id.in_(plant), Alarm.asset_id == Incident.asset_id, Alarm.active)
        .where(Incident.closed.is_(None))
        .order_by(Incident.opened, Incident.id)
    )
    family = family_of(alarm.metric)
    return next((incident for incident, metric in session.execute(standing) if family_of(metric) == family), None)


def tell(
    session: Session,
    incident: Incident,
    what: str,
    when: tuple[datetime, datetime],
    sinks: Sequence[str],
    about: int = 0,
) -> None:
    """Put into the outbox what the ticket systems have to hear. `when`: as of what time, and what time it is now."""
    at, now = when
    for sink in sinks:
        key = f"{sink}:{incident.key}:{what}:{about}:{ms_of(at)}"
        if session.scalar(select(Outbox.id).where(Outbox.key == key)) is None:
            session.add(Outbox(key=key, incident_id=incident.id, sink=sink, what=what, at=at, created=now, due=now))


def cleared(session: Session, alarm: Alarm, at: datetime, now: datetime, custom: Custom) -> None:
    """An alarm cleared: when it was the incident's last, its ticket hears of it."""
    incident = session.get(Incident, alarm.incident_id) if alarm.incident_id else None
    if incident is not None and incident.closed is None and not any(a.active for a in alarms_of(session, incident.id)):
        tell(session, incident, "cleared", (at, now), custom.sinks)


def alarms_of(session: Session, incident_id: int) -> list[Alarm]:
    """The alarms of an incident, gravest and oldest first."""
    found = session.scalars(select(Alarm).where(Alarm.incident_id == incident_id))
    return sorted(found, key=lambda alarm: (PRIORITIES.index(alarm.priority), alarm.since, alarm.id))


def close_quiet(session: Session, at: datetime, now: datetime, custom: Custom) -> int:
    """Close the incidents whose alarms have all been clear for `keep`; say how many.

    What is reserved stays open until a person has decided.
    """
    closed = 0
    standing = session.scalars(select(Incident).where(Incident.closed.is_(None))).all()
    of: dict[int | None, list[Alarm]] = {incident.id: [] for incident in standing}
    for alarm in session.scalars(select(Alarm).where(Alarm.incident_id.in_(of))) if of else ():
        of[alarm.incident_id].append(alarm)
    for incident in standing:
        alarms = of[incident.id]
        last = max((alarm.cleared or alarm.since for alarm in alarms), default=incident.opened)
        if any(alarm.active for alarm in alarms) or last > at - custom.keep:
            continue
        if undecided(session, incident):
            continue
        incident.closed = last + custom.keep
        tell(session, incident, "closed", (incident.closed, now), custom.sinks)
        closed += 1
    return closed


def news(session: Session, row: Outbox) -> IncidentNews:
    """What a ticket system is told: the incident as it stands now, and why."""
    incident = session.get_one(Incident, row.incident_id)
    alarms = alarms_of(session, incident.id)
    raises = (
        select(Transition.alarm_id, func.max(Transition.at))
        .where(Transition.alarm_id.in_([alarm.id for alarm in alarms]), Transition.what == "raised")
        .group_by(Transition.alarm_id)
    )
    raised = {row[0]: row[1] for row in session.execute(raises)}
    return IncidentNews(
        id=incident.id,
        key=incident.key,
        what=row.what,
        at=row.at,
        title=incident.title,
        priority=incident.priority,
        opened=incident.opened,
        closed=incident.closed,
        asset_id=incident.asset_id,
        place_id=incident.place_id,
        alarms=tuple(
            AlarmNews(
                alarm_id=alarm.id,
                title=alarm.title,
                metric=alarm.metric,
                subject=alarm.subject,
                active=alarm.active,
                raised=raised.get(alarm.id, alarm.since),
                since=alarm.since,
                cleared=alarm.cleared,
                value=alarm.value,
                low=alarm.low,
                high=alarm.high,
                normal=alarm.normal,
            )
            for alarm in alarms
        ),
    )
