"""What a ticket system is told: an incident as it stands, and why it is told now."""

from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident, Outbox
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.rulebook import PRIORITIES

MOST_TOLD = 50
"""Of a flood nobody reads more."""


def alarms_of(session: Session, incident_id: int, most: int | None = None) -> list[Alarm]:
    """The alarms of an incident, gravest and oldest first."""
    rank = case({name: index for index, name in enumerate(PRIORITIES)}, value=Alarm.priority)
    query = select(Alarm).where(Alarm.incident_id == incident_id).order_by(rank, Alarm.since, Alarm.id).limit(most)
    return list(session.scalars(query))


def news(session: Session, row: Outbox) -> IncidentNews:
    """What a ticket system is told: the incident as it stands now, and why."""
    incident = session.get_one(Incident, row.incident_id)
    alarms = alarms_of(session, incident.id, MOST_TOLD)
    fresh = (
        [alarm for one in row.about if (alarm := session.get(Alarm, one)) is not None] if row.what != "merged" else []
    )
    raised = _raised(session, {alarm.id for alarm in (*alarms, *fresh)})
    parent = session.get(Incident, incident.parent_id) if incident.parent_id else None
    full = len(alarms) == MOST_TOLD
    total = session.scalar(select(func.count()).where(Alarm.incident_id == incident.id)) if full else len(alarms)
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
        alarms=tuple(_told(alarm, raised) for alarm in alarms),
        total=total or 0,
        fresh=tuple(_told(alarm, raised) for alarm in fresh),
        parent=parent.key if parent else "",
    )


def _raised(session: Session, alarms: set[int]) -> dict[int, datetime]:
    raises = (
        select(Transition.alarm_id, func.max(Transition.at))
        .where(Transition.alarm_id.in_(alarms), Transition.what == "raised")
        .group_by(Transition.alarm_id)
    )
    return {row[0]: row[1] for row in session.execute(raises)}


def _told(alarm: Alarm, raised: dict[int, datetime]) -> AlarmNews:
    return AlarmNews(
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
        asset_id=alarm.asset_id,
        place_id=alarm.place_id,
    )
