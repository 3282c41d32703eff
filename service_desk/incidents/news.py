"""What a ticket system is told: an incident as it stands, and why it is told now."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident, Outbox
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.rulebook import PRIORITIES

MOST_TOLD = 50
"""Of a flood nobody reads more."""

_ORDER = (case({name: index for index, name in enumerate(PRIORITIES)}, value=Alarm.priority), Alarm.since, Alarm.id)


def alarms_of(session: Session, incident_id: int, most: int | None = None) -> list[Alarm]:
    """The alarms of an incident, gravest and oldest first."""
    query = select(Alarm).where(Alarm.incident_id == incident_id).order_by(*_ORDER).limit(most)
    return list(session.scalars(query))


def news(session: Session, row: Outbox) -> IncidentNews:
    """What a ticket system is told: the incident as it stands now, and why."""
    return news_of(session, (row,))[0]


def news_of(session: Session, rows: Sequence[Outbox]) -> list[IncidentNews]:
    """The same of many rows, in their order."""
    about = session.scalars(select(Incident).where(Incident.id.in_({row.incident_id for row in rows})))
    incidents = {incident.id: incident for incident in about}
    alarms = _gravest(session, incidents)
    known = _looked_up(session, rows, [alarm for _, found in alarms.values() for alarm in found])
    raised = _raised(session, known)
    return [_news(session, row, incidents[row.incident_id], *alarms[row.incident_id], known, raised) for row in rows]


def _gravest(session: Session, incidents: Collection[int]) -> dict[int, tuple[int, list[Alarm]]]:
    """Of each incident how many alarms it has, and those that are told."""
    nth = func.row_number().over(partition_by=Alarm.incident_id, order_by=_ORDER).label("nth")
    total = func.count().over(partition_by=Alarm.incident_id).label("total")
    ranked = select(Alarm.id, nth, total).where(Alarm.incident_id.in_(incidents)).subquery()
    query = select(Alarm, ranked.c.total).join(ranked, ranked.c.id == Alarm.id).where(ranked.c.nth <= MOST_TOLD)
    found: dict[int, tuple[int, list[Alarm]]] = {one: (0, []) for one in incidents}
    for alarm, many in session.execute(query.order_by(ranked.c.nth)):
        found[alarm.incident_id] = many, [*found[alarm.incident_id][1], alarm]
    return found


def _looked_up(session: Session, rows: Sequence[Outbox], alarms: Sequence[Alarm]) -> dict[int, Alarm]:
    """All alarms that are told of, by id."""
    known = {alarm.id: alarm for alarm in alarms}
    if others := {one for row in rows for one in _about(row)} - known.keys():
        known |= {alarm.id: alarm for alarm in session.scalars(select(Alarm).where(Alarm.id.in_(others)))}
    return known


def _about(row: Outbox) -> list[int]:
    return [] if row.what == "merged" else row.about  # that one names its parent


def _news(
    session: Session,
    row: Outbox,
    incident: Incident,
    total: int,
    alarms: list[Alarm],
    known: dict[int, Alarm],
    raised: dict[int, datetime],
) -> IncidentNews:
    parent = session.get(Incident, incident.parent_id) if incident.parent_id else None
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
        total=total,
        fresh=tuple(_told(known[one], raised) for one in _about(row) if one in known),
        parent=parent.key if parent else "",
    )


def _raised(session: Session, alarms: Collection[int]) -> dict[int, datetime]:
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
