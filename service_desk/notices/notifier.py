"""From an incident's transition to notices, in the transaction of the transition."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.people import Person
from service_desk.incidents.model import Incident
from service_desk.notices import escalation
from service_desk.notices.model import Notice, Wish
from service_desk.notices.telling import Teller
from service_desk.rulebook import PRIORITIES

AGAIN = timedelta(minutes=10)
"""What comes back sooner after the last notice than this is told to nobody: a door that swings is one notice."""


class Notifier:
    """Called for every transition of an incident (`service_desk.incidents.book.Custom.notify`)."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def __call__(self, session: Session, incident: Incident, what: str, at: datetime, now: datetime) -> None:
        """Tell who wants to hear of it, and let the clock of its escalation begin or end."""
        if what in ("closed", "merged"):
            escalation.end(session, incident.id, what)
            if what == "closed":
                self._over(session, incident, at, now)
        elif what == "joined":
            if self._graver(session, incident):
                self._tell(session, incident, "graver", at, now)
        elif what in ("opened", "reopened") or (what == "returned" and not self._just_told(session, incident, now)):
            self._tell(session, incident, what, at, now)

    def _tell(self, session: Session, incident: Incident, what: str, at: datetime, now: datetime) -> None:
        session.info[_told(incident)] = PRIORITIES.index(incident.priority)
        where = self._teller.where(incident)
        for person, _wish in self._teller.audience(session, incident, where):
            self._teller.tell(session, incident, person, what, (at, now), where)
        escalation.start(session, self._teller, incident, what, (at, now), where)

    def _over(self, session: Session, incident: Incident, at: datetime, now: datetime) -> None:
        """For those who were told that it began, and want to hear that it is over."""
        told = select(Notice.person_id).where(Notice.incident_id == incident.id, Notice.handed.is_not(None))
        wants = select(Person).join(Wish, Wish.person_id == Person.id).where(Wish.over, Person.active)
        for person in session.scalars(wants.where(Person.id.in_(told))).all():
            self._teller.tell(session, incident, person, "closed", (at, now))

    def _graver(self, session: Session, incident: Incident) -> bool:
        """Whether nobody was told of it at this priority or a higher one; asked once a transaction."""
        key = _told(incident)
        if key not in session.info:
            told = session.scalars(select(Notice.priority).where(Notice.incident_id == incident.id).distinct())
            session.info[key] = min(map(PRIORITIES.index, told), default=len(PRIORITIES))
        return bool(PRIORITIES.index(incident.priority) < session.info[key])

    def _just_told(self, session: Session, incident: Incident, now: datetime) -> bool:
        last = select(Notice.created).where(Notice.incident_id == incident.id, Notice.what != "closed")
        newest = session.scalar(last.order_by(Notice.id.desc()).limit(1))
        return newest is not None and timedelta(0) <= now - newest < AGAIN


def _told(incident: Incident) -> tuple[str, int]:
    """Where a transaction remembers the gravest priority that was told of an incident."""
    return "told", incident.id
