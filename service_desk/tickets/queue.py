"""The queue, and one ticket with its conversation, as pages and the API show them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, or_, select
from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.people import Person
from asset_registry.places import Place
from service_desk.rulebook import PRIORITIES
from service_desk.tickets.model import Comment, Ticket

OPEN = ("new", "open", "waiting")


@dataclass(frozen=True)
class Wanted:
    """Which tickets: empty means all. `text` is looked for in number, title, asset and room; `mine` a person's id."""

    states: Collection[str] = OPEN
    priorities: Collection[str] = ()
    mine: int | None = None
    unassigned: bool = False
    text: str = ""
    asset_id: int | None = None
    place_id: int | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class Row:
    """A ticket in the queue with the words for its asset, place and assignee."""

    ticket: Ticket
    asset: str
    place: str
    place_name: str
    assignee: str

    def late(self, now: datetime) -> bool:
        """Whether a promise is broken."""
        ticket = self.ticket
        unanswered = ticket.answered is None and ticket.answer_due is not None and ticket.answer_due < now
        unrepaired = ticket.solved is None and ticket.repair_due is not None and ticket.repair_due < now
        return ticket.state in OPEN and (unanswered or unrepaired)


@dataclass(frozen=True)
class Turn:
    """One turn of the conversation, with the name of who spoke."""

    comment: Comment
    name: str


@dataclass(frozen=True)
class Detail:
    """A ticket with its conversation, oldest turn first."""

    row: Row
    turns: tuple[Turn, ...]


def _rows() -> Select[Ticket, str, str, str, str]:
    # what the outer joins do not find comes as None
    return (
        select(Ticket, Asset.name, Place.number, Place.name, Person.name)
        .outerjoin(Asset, Asset.id == Ticket.asset_id)
        .outerjoin(Place, Place.id == Ticket.place_id)
        .outerjoin(Person, Person.id == Ticket.assignee_id)
    )


def queue(session: Session, wanted: Wanted) -> list[Row]:
    """By priority, then what was promised first."""
    query = _rows()
    if wanted.states:
        query = query.where(Ticket.state.in_(list(wanted.states)))
    if wanted.priorities:
        query = query.where(Ticket.priority.in_(list(wanted.priorities)))
    if wanted.mine is not None:
        query = query.where(Ticket.assignee_id == wanted.mine)
    if wanted.unassigned:
        query = query.where(Ticket.assignee_id.is_(None))
    if wanted.asset_id is not None:
        query = query.where(Ticket.asset_id == wanted.asset_id)
    if wanted.place_id is not None:
        query = query.where(Ticket.place_id == wanted.place_id)
    for word in wanted.text.split():
        anywhere = (Ticket.number, Ticket.title, Asset.name, Asset.number, Place.number, Place.name)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in anywhere)))
    rank = case({name: index for index, name in enumerate(PRIORITIES)}, value=Ticket.priority)
    query = query.order_by(rank, Ticket.repair_due.nulls_last(), Ticket.id).limit(wanted.limit).offset(wanted.offset)
    return [_row(*found) for found in session.execute(query)]


def detail(session: Session, number: str) -> Detail | None:
    """The ticket "W-1001", or None."""
    found = session.execute(_rows().where(Ticket.number == number)).first()
    if found is None:
        return None
    row = _row(*found)
    said = (
        select(Comment, Person.name)
        .outerjoin(Person, Person.login == Comment.who)
        .where(Comment.ticket_id == row.ticket.id)
        .order_by(Comment.at, Comment.id)
    )
    turns = tuple(
        Turn(comment, name or ("Wardkeeper" if comment.who == "wardkeeper" else comment.who))
        for comment, name in session.execute(said)
    )
    return Detail(row, turns)


def _row(ticket: Ticket, *words: str | None) -> Row:
    asset, place, place_name, assignee = (text or "" for text in words)
    return Row(ticket, asset, place, place_name, assignee)
