"""The built-in desk: the ticket is a row of this database (docs/architecture.md).

It opens once for each incident with its evidence frozen, follows it in words, and solves it when all is back to normal,
unless a person has taken it, or it is one that only a person may close (`service_desk.reserved`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from asset_registry.db import Database
from collector.clock import Clock
from collector.errors import Unreachable
from service_desk import reserved
from service_desk.alarms.model import Transition
from service_desk.incidents.book import graver
from service_desk.incidents.model import Incident
from service_desk.incidents.sentences import back, joined, opening
from service_desk.ports import IncidentNews, TicketRef
from service_desk.reserved import MATTERS
from service_desk.surroundings import Freeze, Surroundings
from service_desk.tickets import desk
from service_desk.tickets.model import Comment, Ticket

PROVEN = True

Evidence = Mapping[int, dict[str, Any]]
"""What was frozen, by incident."""


class Config(BaseModel):
    """The built-in desk needs no settings."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Desk:
    """A `service_desk.ports.TicketSink`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        freeze: Freeze,
        config: Config | None = None,  # noqa: ARG002 - every part is built from its settings
        promises: desk.Promises = desk.DEFAULT,
    ) -> None:
        """`freeze` takes the evidence (`service_desk.tickets.evidence.freeze_all` with its sources)."""
        self._database = database
        self._clock = clock
        self._freeze = freeze
        self._promises = promises

    async def sync(self, incident: IncidentNews) -> TicketRef:
        """Open the incident's ticket or follow it up; the same news again changes nothing."""
        try:
            return self._sync(incident)
        except IntegrityError:  # another worker opened it between our look and our commit
            return self._sync(incident)

    def _sync(self, incident: IncidentNews) -> TicketRef:
        now = self._clock.now()
        with self._database.read() as session:
            evidence = self.evidence(session, (incident,), now)
        with self._database.write() as session:
            ticket = self.keep(session, (incident,), evidence, now)[incident.id]
            return TicketRef(ticket.number, f"/tickets/{ticket.number}")

    def evidence(self, session: Session, incidents: Sequence[IncidentNews], now: datetime) -> Evidence:
        """What is frozen of those that have no ticket yet, by incident."""
        known = desk.of_incidents(session, [incident.id for incident in incidents])
        fresh = [incident for incident in incidents if incident.alarms and incident.id not in known]
        return self._freeze(session, fresh, now) if fresh else {}

    def keep(
        self, session: Session, incidents: Sequence[IncidentNews], evidence: Evidence, now: datetime
    ) -> dict[int, Ticket]:
        """Make the tickets agree with their incidents, in the caller's transaction; by incident."""
        tickets = desk.of_incidents(session, [incident.id for incident in incidents])
        tickets |= self._open(session, [one for one in incidents if one.id not in tickets], evidence, now)
        for incident in incidents:
            self._follow(session, tickets[incident.id], incident, now)
        return tickets

    def _open(
        self, session: Session, incidents: Sequence[IncidentNews], evidence: Evidence, now: datetime
    ) -> dict[int, Ticket]:
        wishes = [
            desk.Wish(
                title=incident.title,
                priority=incident.priority,
                kind="incident",
                asset_id=incident.asset_id,
                place_id=incident.place_id,
                incident_id=incident.id,
                evidence=evidence.get(incident.id),
            )
            for incident in incidents
        ]
        said = _acknowledgements(session, incidents)
        tickets = desk.open_tickets(session, wishes, desk.OWN, now, self._promises)
        for incident, ticket in zip(incidents, tickets, strict=True):
            _say(session, ticket, "opened this ticket", opening(incident), now)
            for turn in said.get(incident.id, ()):
                desk.write(session, ticket, turn.who, str(turn.detail.get("note", "")), turn.at, did="acknowledged")
        return {incident.id: ticket for incident, ticket in zip(incidents, tickets, strict=True)}

    def _follow(self, session: Session, ticket: Ticket, incident: IncidentNews, now: datetime) -> None:
        if graver(ticket.priority, incident.priority) != ticket.priority:
            desk.set_priority(session, ticket, incident.priority, desk.OWN, now, self._promises)
        if ticket.state == "closed" or incident.what == "opened":
            return
        if incident.what == "joined":
            _once(session, ticket, incident, "added what has the same cause", joined(incident))
            desk.retitle(session, ticket, incident.title, desk.OWN, now)
        elif incident.what == "cleared":
            due = reserved.undecided(session, session.get_one(Incident, incident.id))
            text = f"{back(incident)} {reserved.DUE}" if due else back(incident)
            _once(session, ticket, incident, "saw it return to normal", text)
        elif incident.what in ("returned", "reopened"):
            fresh = _once(session, ticket, incident, "saw it come back", opening(incident))
            if fresh and ticket.state == "solved":
                desk.move(session, ticket, "open", desk.OWN, now)
        elif incident.what == "merged":
            self._belongs(session, ticket, incident, now)
        elif incident.what == "closed" and incident.closed is not None:
            self._wind_up(session, ticket, incident, now)

    def _belongs(self, session: Session, ticket: Ticket, incident: IncidentNews, now: datetime) -> None:
        """It turned out to be a consequence of what another ticket is about: both say so."""
        above = session.scalar(select(Incident).where(Incident.key == incident.parent))
        parent = desk.of_incident(session, above.id) if above else None
        if parent is None:
            raise Unreachable(f"the ticket that {ticket.number} belongs to has not opened yet")
        if not _once(session, ticket, incident, f"saw that it belongs to {parent.number}", f"{parent.title}."):
            return
        _say(session, parent, f"saw that {ticket.number} belongs to it", f"{ticket.title}.", now)
        if ticket.state != "solved" and not _taken(session, ticket):
            desk.move(session, ticket, "solved", desk.OWN, now)

    def _wind_up(self, session: Session, ticket: Ticket, incident: IncidentNews, now: datetime) -> None:
        """All has been normal for a while."""
        matter = session.get_one(Incident, incident.id).reserved
        if matter:
            why = f"It stays normal, but this is {MATTERS[matter].words}: a person has to close it."
            _once(session, ticket, incident, "leaves it open", why)
        elif _taken(session, ticket):
            _once(session, ticket, incident, "leaves it open", "It stays normal. Whoever has the ticket closes it.")
        elif ticket.state != "solved" and _once(session, ticket, incident, "saw that it stays normal", ""):
            desk.move(session, ticket, "solved", desk.OWN, now)


def build(config: Config, around: Surroundings) -> Desk:
    """The built-in desk."""
    return Desk(around.database, around.clock, around.freeze, config)


def _taken(session: Session, ticket: Ticket) -> bool:
    """Whether a person has it, or has said something on it."""
    said = select(Comment.id).where(Comment.ticket_id == ticket.id, Comment.who != desk.OWN)
    return ticket.assignee_id is not None or session.scalar(said.limit(1)) is not None


def _acknowledgements(session: Session, incidents: Sequence[IncidentNews]) -> dict[int, list[Transition]]:
    """What people answered before there was a ticket, by incident: one turn each person and moment."""
    of = {alarm.alarm_id: incident for incident in incidents for alarm in incident.alarms}
    query = select(Transition).where(Transition.alarm_id.in_(of), Transition.what == "acknowledged")
    turns: dict[tuple[int, str, datetime], Transition] = {}
    for turn in session.scalars(query.order_by(Transition.id)) if of else ():
        incident = of[turn.alarm_id]
        if turn.at >= incident.opened:
            turns[incident.id, turn.who, turn.at] = turn
    said: dict[int, list[Transition]] = {}
    for (incident_id, _, _), turn in turns.items():
        said.setdefault(incident_id, []).append(turn)
    return said


def _once(session: Session, ticket: Ticket, incident: IncidentNews, did: str, text: str) -> bool:
    """Say it as of the news's time, unless that was said before."""
    same = select(Comment.id).where(
        Comment.ticket_id == ticket.id,
        Comment.who == desk.OWN,
        Comment.did == did,
        Comment.at == incident.at,
    )
    if session.scalar(same) is not None:
        return False
    _say(session, ticket, did, text, incident.at)
    return True


def _say(session: Session, ticket: Ticket, did: str, text: str, at: datetime) -> None:
    desk.write(session, ticket, desk.OWN, text, at, did=did)
