"""An incident closes by itself once everything was heard to stay normal for a while."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service_desk.alarms.model import Alarm
from service_desk.incidents.custom import Custom
from service_desk.incidents.model import Incident
from service_desk.incidents.picture import standing
from service_desk.incidents.telling import tell
from service_desk.reserved import undecided_ids


def close_quiet(session: Session, at: datetime, now: datetime, custom: Custom) -> int:
    """Close the incidents of which nothing held for the house's `keep`, and was heard to; say how many.

    What is reserved stays open until a person has decided.
    """
    holds = exists().where(Alarm.incident_id == Incident.id, Alarm.active)
    quiet = session.scalars(select(Incident).where(Incident.closed.is_(None), ~holds)).all()
    of: dict[int | None, list[Alarm]] = {incident.id: [] for incident in quiet}
    for alarm in session.scalars(select(Alarm).where(Alarm.incident_id.in_(of))) if of else ():
        of[alarm.incident_id].append(alarm)
    undecided = undecided_ids(session) if any(incident.reserved for incident in quiet) else set()
    closed = 0
    for incident in quiet:
        alarms = of[incident.id]
        last = max((alarm.cleared or alarm.since for alarm in alarms), default=incident.opened)
        until = last + custom.keep_by.get(incident.priority, custom.keep)
        if until > at or incident.id in undecided or not all(custom.normal.since(alarm, until, at) for alarm in alarms):
            continue
        incident.closed = at
        standing(session, custom.causes).end(incident.id, incident.cause)
        tell(session, incident, "closed", (at, now), custom.sinks)
        custom.notify(session, incident, "closed", at, now)
        closed += 1
    return closed
