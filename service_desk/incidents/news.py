"""What a ticket system is told: an incident as it stands, and why it is told now."""

from collections.abc import Sequence
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
    return news_of(session, (row,))[0]


def news_of(session: Session, rows: Sequence[Outbox]) -> list[IncidentNews]:
    """The same of many rows, in their order."""
    about = session.scalars(select(Incident).where(Incident.id.in_({row.incident_id for row in rows})))
    incidents = {incident.id: incident for incident in about}
    alarms = {one: alarms_of(session, one, MOST_TOLD) for one in incidents}
    fresh = {row.id: _fresh(session, row) for row in rows}
    raised = _raised(session, {alarm.id for found in (*alarms.values(), *fresh.values()) for alarm in found})
    return [
        _news(session, row, incidents[row.incident_id], alarms[row.incident_id], fresh[row.id], raised) for row in rows
    ]


def _fresh(session: Session, row: Outbox) -> list[Alarm]:
    if row.what == "merged":
        return []
    return [alarm for one in row.about if (alarm := session.get(Alarm, one)) is not None]


def _news(
    session: Session,
    row: Outbox,
    incident: Incident,
    alarms: list[Alarm],
    fresh: list[Alarm],
    raised: dict[int, datetime],
) -> IncidentNews:
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
