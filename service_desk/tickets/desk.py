"""The desk: requests of people, the conversation, who has it, how it stands, and what was promised.

Everything here is audited, in the caller's transaction.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Person
from service_desk import reserved
from service_desk.rulebook import PRIORITIES
from service_desk.tickets.model import STATES, Comment, Ticket

FIRST_NUMBER = 1001
OWN = "wardkeeper"
LONGEST_TITLE, LONGEST_TEXT = 200, 20_000

MOVES = {
    "new": ("open", "waiting", "solved"),
    "open": ("waiting", "solved"),
    "waiting": ("open", "solved"),
    "solved": ("open", "closed"),
    "closed": (),
}
"""From a state to which others: a solved ticket can be opened again, a closed one is history."""


@dataclass(frozen=True)
class Promise:
    """By when a ticket is answered, and repaired."""

    answer: timedelta
    repair: timedelta


def _promises() -> dict[str, Promise]:
    minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
    return {
        "high": Promise(15 * minute, 4 * hour),
        "medium": Promise(hour, day),
        "low": Promise(day, 7 * day),
    }


@dataclass(frozen=True)
class Promises:
    """The service level by priority."""

    of: dict[str, Promise] = field(default_factory=_promises)


DEFAULT = Promises()


@dataclass(frozen=True)
class Wish:
    """What a ticket is about when it opens."""

    title: str
    priority: str = "medium"
    kind: str = "request"
    asset_id: int | None = None
    place_id: int | None = None
    incident_id: int | None = None
    evidence: dict[str, Any] | None = None


def open_ticket(session: Session, wish: Wish, who: str, now: datetime, promises: Promises = DEFAULT) -> Ticket:
    """A new ticket with the next number ("W-1001" is the first)."""
    return open_tickets(session, (wish,), who, now, promises)[0]


def open_tickets(
    session: Session, wishes: Sequence[Wish], who: str, now: datetime, promises: Promises = DEFAULT
) -> list[Ticket]:
    """New tickets, in that order."""
    tickets = [_new(wish, now, promises.of[wish.priority]) for wish in wishes]
    session.add_all(tickets)
    session.flush()
    for ticket in tickets:
        ticket.number = f"W-{FIRST_NUMBER - 1 + ticket.id}"
        after = {"number": ticket.number, "title": ticket.title, "priority": ticket.priority, "kind": ticket.kind}
        record(session, now, who, "open", ("ticket", ticket.id), after=after)
    return tickets


def _new(wish: Wish, now: datetime, promise: Promise) -> Ticket:
    return Ticket(
        number=secrets.token_hex(8),  # unique until the row has its id, inside this transaction
        kind=wish.kind,
        incident_id=wish.incident_id,
        title=wish.title,
        priority=wish.priority,
        state="new",
        asset_id=wish.asset_id,
        place_id=wish.place_id,
        answer_due=now + promise.answer,
        repair_due=now + promise.repair,
        created=now,
        changed=now,
        evidence=wish.evidence,
    )


def create_request(
    session: Session, wish: Wish, text: str, who: str, now: datetime, promises: Promises = DEFAULT
) -> Ticket:
    """A person asks for something. Raises Invalid when it says nothing."""
    if not wish.title.strip() or len(wish.title) > LONGEST_TITLE:
        raise Invalid(f"Say in a few words what it is about (at most {LONGEST_TITLE} characters).")
    if wish.priority not in PRIORITIES:
        raise Invalid(f"{wish.priority!r} is not a priority; there are {', '.join(PRIORITIES)}.")
    ticket = open_ticket(session, wish, who, now, promises)
    _turn(session, ticket, who, _text(text), now, "opened this request")
    return ticket


def write(session: Session, ticket: Ticket, who: str, text: str, now: datetime, did: str = "") -> Comment:
    """A turn in the conversation. A person's first one answers the ticket."""
    comment = _turn(session, ticket, who, _text(text), now, did)
    _answered(ticket, who, now)
    record(session, now, who, did or "comment", ("ticket", ticket.id), after={"text": text})
    return comment


def comment(session: Session, ticket_id: int, who: str, text: str, now: datetime) -> Comment:
    """Write to everybody on the ticket. Raises Invalid when empty, Missing, or Conflict when it is closed."""
    ticket = get(session, ticket_id)
    if not text.strip():
        raise Invalid("Write something first.")
    if ticket.state == "closed":
        raise Conflict(f"{ticket.number} is closed; open a new request.")
    return write(session, ticket, who, text.strip(), now)


def assign(session: Session, ticket_id: int, person_id: int | None, who: str, now: datetime) -> Ticket:
    """Give the ticket to a person, or with None back to the queue. Raises Missing or Conflict."""
    ticket = get(session, ticket_id)
    if ticket.state == "closed":
        raise Conflict(f"{ticket.number} is closed.")
    if ticket.assignee_id == person_id:
        return ticket
    person = session.get(Person, person_id) if person_id is not None else None
    if person_id is not None and (person is None or not person.active):
        raise Missing(f"There is no person {person_id} who can take it.")
    before, ticket.assignee_id = ticket.assignee_id, person_id
    if person is None:
        did = "gave it back to the queue"
    else:
        did = "took it" if person.login == who else f"assigned it to {person.name}"
    _turn(session, ticket, who, "", now, did)
    record(session, now, who, "assign", ("ticket", ticket.id), {"assignee": before}, {"assignee": person_id})
    _answered(ticket, who, now)
    if person is not None and ticket.state == "new":
        ticket.state = "open"
    return ticket


def take(session: Session, ticket_id: int, person_id: int, now: datetime) -> Ticket:
    """Take the ticket oneself."""
    person = session.get(Person, person_id)
    if person is None:
        raise Missing(f"There is no person {person_id}.")
    return assign(session, ticket_id, person_id, person.login, now)


def set_state(session: Session, ticket_id: int, state: str, who: str, now: datetime, text: str = "") -> Ticket:
    """Move the ticket along MOVES. Raises Conflict with the moves there are, or while a decision is due."""
    ticket = get(session, ticket_id)
    if state not in STATES:
        raise Invalid(f"{state!r} is not a state; there are {', '.join(STATES)}.")
    if state == ticket.state:
        return ticket
    if state not in MOVES[ticket.state]:
        ways = " or ".join(MOVES[ticket.state]) or "nothing: it is history"
        raise Conflict(f"{ticket.number} is {ticket.state} and cannot become {state}; it can become {ways}.")
    if state in ("solved", "closed"):
        reserved.keep_open(session, ticket.incident_id, ticket.number)
    move(session, ticket, state, who, now, text)
    _answered(ticket, who, now)
    return ticket


def move(session: Session, ticket: Ticket, state: str, who: str, now: datetime, text: str = "") -> None:
    """Put the ticket into `state`, with the turn that says so."""
    before, ticket.state = ticket.state, state
    if state == "solved":
        ticket.solved = now
    elif state != "closed":
        ticket.solved = None
    did = "reopened it" if before in ("solved", "closed") and state == "open" else f"set it to {state}"
    _turn(session, ticket, who, text, now, {"solved": "solved it", "closed": "closed it"}.get(state, did))
    record(session, now, who, "state", ("ticket", ticket.id), {"state": before}, {"state": state})


def set_priority(
    session: Session, ticket: Ticket, priority: str, who: str, now: datetime, promises: Promises = DEFAULT
) -> None:
    """Change the priority, and with it what is promised from the beginning on."""
    before, ticket.priority = ticket.priority, priority
    promise = promises.of[priority]
    ticket.answer_due, ticket.repair_due = ticket.created + promise.answer, ticket.created + promise.repair
    _turn(session, ticket, who, "", now, f"set its priority to {priority}")
    record(session, now, who, "priority", ("ticket", ticket.id), {"priority": before}, {"priority": priority})


def retitle(session: Session, ticket: Ticket, title: str, who: str, now: datetime) -> None:
    """Say better what it is about, now that its cause is known."""
    if ticket.title != title:
        before, ticket.title = ticket.title, title
        _turn(session, ticket, who, f"{title}.", now, "found the cause")
        record(session, now, who, "title", ("ticket", ticket.id), {"title": before}, {"title": title})


def get(session: Session, ticket_id: int) -> Ticket:
    """The ticket, locked for change. Raises Missing."""
    ticket = session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None:
        raise Missing(f"There is no ticket {ticket_id}.")
    return ticket


def by_number(session: Session, number: str) -> Ticket | None:
    """The ticket with that number ("W-1001")."""
    return session.scalars(select(Ticket).where(Ticket.number == number)).first()


def of_incident(session: Session, incident_id: int) -> Ticket | None:
    """The ticket of an incident."""
    return of_incidents(session, (incident_id,)).get(incident_id)


def of_incidents(session: Session, incident_ids: Collection[int]) -> dict[int, Ticket]:
    """The tickets of incidents, by incident."""
    found = session.scalars(select(Ticket).where(Ticket.incident_id.in_(incident_ids)))
    return {ticket.incident_id: ticket for ticket in found if ticket.incident_id is not None}


def _turn(session: Session, ticket: Ticket, who: str, text: str, now: datetime, did: str) -> Comment:
    turn = Comment(ticket_id=ticket.id, at=now, who=who, did=did, text=text)
    session.add(turn)
    ticket.changed = max(ticket.changed, now)
    return turn


def _answered(ticket: Ticket, who: str, now: datetime) -> None:
    if who != OWN and ticket.answered is None:
        ticket.answered = now


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"That is too long: at most {LONGEST_TEXT:,} characters.")
    return text
