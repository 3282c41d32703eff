"""What the pages ask the alarm book."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service_desk.alarms.book import inhibition
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident
from service_desk.rulebook import PRIORITIES
from service_desk.tickets.model import Ticket


@dataclass(frozen=True)
class Standing:
    """An incident with the alarms that need a person, and its ticket."""

    incident: Incident
    alarms: tuple[Alarm, ...]
    ticket: Ticket | None

    @property
    def unanswered(self) -> bool:
        """Whether somebody has still to acknowledge."""
        return any(not alarm.acknowledged for alarm in self.alarms)


@dataclass(frozen=True)
class Counts:
    """Incidents by priority, alarms that hold, and how many of them wait, are shelved or suppressed by design."""

    incidents: dict[str, int]
    alarms: int
    unanswered: int
    shelved: int
    suppressed: int
    new: int


@dataclass(frozen=True)
class Happening:
    """A transition with its alarm."""

    transition: Transition
    alarm: Alarm


def _in_sight(session: Session) -> list[Alarm]:
    waiting = or_(Alarm.active, Alarm.acknowledged.is_(False), Alarm.latched)
    return list(session.scalars(select(Alarm).where(waiting).order_by(Alarm.since)))


def standing(session: Session, now: datetime) -> list[Standing]:
    """What stands now, by incident: gravest and oldest first. Inhibited alarms are left out."""
    of: dict[int, list[Alarm]] = {}
    for alarm in _in_sight(session):
        if alarm.incident_id is not None and not inhibition(alarm, now):
            of.setdefault(alarm.incident_id, []).append(alarm)
    incidents = session.scalars(select(Incident).where(Incident.id.in_(of))).all()
    tickets = {t.incident_id: t for t in session.scalars(select(Ticket).where(Ticket.incident_id.in_(of)))}
    ordered = sorted(incidents, key=lambda incident: (PRIORITIES.index(incident.priority), incident.opened))
    return [Standing(incident, tuple(of[incident.id]), tickets.get(incident.id)) for incident in ordered]


def counts(session: Session, now: datetime, new_within: timedelta = timedelta(minutes=10)) -> Counts:
    """The figures of the frame and of the alarm page."""
    alarms = [(alarm, inhibition(alarm, now)) for alarm in _in_sight(session)]
    speaking = [alarm for alarm, why in alarms if not why]
    open_ids = {alarm.incident_id for alarm in speaking if alarm.active and alarm.incident_id is not None}
    priorities = Counter(session.scalars(select(Incident.priority).where(Incident.id.in_(open_ids))))
    return Counts(
        incidents={name: priorities.get(name, 0) for name in PRIORITIES},
        alarms=sum(alarm.active for alarm in speaking),
        unanswered=sum(not alarm.acknowledged for alarm in speaking),
        shelved=sum(why == "shelved" for _, why in alarms),
        suppressed=sum(why == "suppressed" for _, why in alarms),
        new=sum(alarm.active and alarm.since > now - new_within for alarm in speaking),
    )


def history(session: Session, start: datetime, end: datetime, limit: int = 500) -> list[Happening]:
    """What happened to alarms in `start <= at < end`, newest first."""
    query = (
        select(Transition, Alarm)
        .join(Alarm, Alarm.id == Transition.alarm_id)
        .where(Transition.at >= start, Transition.at < end)
        .order_by(Transition.at.desc(), Transition.id.desc())
        .limit(limit)
    )
    return [Happening(transition, alarm) for transition, alarm in session.execute(query)]
