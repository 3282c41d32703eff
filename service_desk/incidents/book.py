"""Alarms with one cause are one incident (docs/incidents.md): which one a raised alarm opens, joins or reopens.

What an alarm may come from is for `service_desk.incidents.causes` to say.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from collector.points import ms_of
from service_desk.alarms.model import Alarm, Transition
from service_desk.db import number
from service_desk.incidents.causes import cause_of, consequences
from service_desk.incidents.closing import close_quiet
from service_desk.incidents.custom import Custom
from service_desk.incidents.model import Incident, Outbox
from service_desk.incidents.news import alarms_of, news
from service_desk.incidents.picture import about_of, hold, incident_of, standing
from service_desk.incidents.telling import tell
from service_desk.reserved import matter_of
from service_desk.rulebook import PRIORITIES

__all__ = ["Custom", "alarms_of", "attach", "cleared", "close_quiet", "graver", "known_by", "merge", "news", "tell"]

AT_ONCE = 10
"""After so many alarms of one incident its ticket hears of further ones together."""


def graver(one: str, other: str) -> str:
    """The higher of two priorities."""
    return min(one, other, key=PRIORITIES.index)


def attach(session: Session, alarm: Alarm, headline: str, at: datetime, now: datetime, custom: Custom) -> Incident:
    """Open an incident for a raised alarm, join an open one with the same cause, or reopen one that closed lately.

    Incidents that this alarm explains become its incident's children.
    """
    stands, about = standing(session, custom.causes), about_of(alarm)
    above = custom.causes.above(about)
    incident, found = _own(session, alarm, at, custom), None
    explained = consequences(about, stands, custom.causes.above, custom.window)
    if incident is None:
        found = cause_of(about, above, stands, partial(_quiet, custom, at), custom.window)
        incident = incident_of(session, found.incident_id) if found else None
    if explained and (incident is None or incident.id in explained):
        incident = _promoted(session, incident.id if incident else explained[0], alarm, headline)
        known_by(session, incident, about.main, custom)
    if incident is None:
        what, incident = "opened", _opened(session, alarm, headline, at)
        stands.known[incident.cause][incident.id] = None
    else:
        what = _goes_on(session, incident, alarm, custom)
    many = len(stands.holding[incident.id])
    together = what == "joined" and many >= AT_ONCE and graver(incident.priority, alarm.priority) == incident.priority
    incident.priority = graver(incident.priority, alarm.priority)
    incident.reserved = incident.reserved or matter_of(session, alarm, custom.reserved)
    alarm.incident_id = incident.id
    stands.put(alarm.id, incident.id, about, () if many else above)
    if found is not None and not found.sure and found.node not in about.nodes:
        known_by(session, incident, found.node, custom)
    tell(session, incident, what, (at, now), custom.sinks, about=alarm.id, together=together)
    custom.notify(session, incident, what, at, now)
    for child in explained:
        if child != incident.id:
            merge(session, incident_of(session, child), incident, (at, now), custom)
    return incident


def _quiet(custom: Custom, at: datetime, node: str) -> bool:
    return custom.causes.quiet(node, at)


def _own(session: Session, alarm: Alarm, at: datetime, custom: Custom) -> Incident | None:
    """The incident that the alarm was in last, or what that became a part of, while it is open or closed lately."""
    own = incident_of(session, alarm.incident_id) if alarm.incident_id else None
    while own is not None and own.parent_id is not None:
        own = incident_of(session, own.parent_id)
    return own if own is not None and (own.closed is None or own.closed >= at - custom.reopen) else None


def _opened(session: Session, alarm: Alarm, headline: str, at: datetime) -> Incident:
    incident = Incident(
        id=number(session, Incident),
        key=f"{alarm.rule_id}:{alarm.subject}:{ms_of(alarm.since)}",
        title=headline,
        priority=alarm.priority,
        opened=at,
        reserved="",
        asset_id=alarm.asset_id,
        place_id=alarm.place_id,
        cause=about_of(alarm).main,
    )
    session.add(incident)
    hold(session, (incident,))
    return incident


def _goes_on(session: Session, incident: Incident, alarm: Alarm, custom: Custom) -> str:
    if incident.closed is not None:
        incident.closed = None
        standing(session, custom.causes).known[incident.cause][incident.id] = None
        return "reopened"
    return "returned" if alarm.incident_id == incident.id else "joined"


def _promoted(session: Session, incident_id: int, alarm: Alarm, headline: str) -> Incident:
    """The first consequence had opened an incident; now it is that of its cause."""
    incident = incident_of(session, incident_id)
    incident.title, incident.asset_id, incident.place_id = headline, alarm.asset_id, alarm.place_id
    return incident


def known_by(session: Session, incident: Incident, node: str, custom: Custom) -> None:
    """The incident is known by another node than before."""
    if incident.cause != node:
        stands = standing(session, custom.causes)
        stands.known[incident.cause].pop(incident.id, None)
        stands.known[node][incident.id] = None
        incident.cause = node


def merge(session: Session, child: Incident, parent: Incident, when: tuple[datetime, datetime], custom: Custom) -> None:
    """The child turned out to be a consequence of the parent: its alarms go there, and it closes.

    A ticket system that has not heard of it yet never does.
    """
    at, now = when
    stands = standing(session, custom.causes)
    for alarm in alarms_of(session, child.id):
        alarm.incident_id = parent.id
        detail = {"from": child.id, "to": parent.id}
        session.add(Transition(alarm_id=alarm.id, at=at, what="moved", detail=detail))
        if alarm.active:
            stands.put(alarm.id, parent.id, about_of(alarm))
    stands.end(child.id, child.cause)
    child.parent_id, child.closed = parent.id, at
    parent.priority, parent.reserved = graver(parent.priority, child.priority), parent.reserved or child.reserved
    for below in session.scalars(select(Incident).where(Incident.parent_id == child.id)).all():
        below.parent_id = parent.id
    session.flush()
    custom.notify(session, child, "merged", at, now)
    custom.notify(session, parent, "joined", at, now)
    rows = session.scalars(select(Outbox).where(Outbox.incident_id == child.id).with_for_update()).all()
    if any(row.attempts or row.done for row in rows):
        tell(session, child, "merged", when, custom.sinks, about=parent.id)
        return
    for row in rows:
        row.done = now


def cleared(session: Session, alarm: Alarm, at: datetime, now: datetime, custom: Custom) -> None:
    """An alarm cleared: when it was the incident's last, its ticket hears of it."""
    stands = standing(session, custom.causes)
    stands.drop(alarm.id)
    incident = incident_of(session, alarm.incident_id) if alarm.incident_id else None
    if incident is not None and incident.closed is None and not stands.holding.get(incident.id):
        tell(session, incident, "cleared", (at, now), custom.sinks)
