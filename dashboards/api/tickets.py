"""Tickets of the built-in desk: the queue, one ticket with its conversation, and working on it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.places import Place
from dashboards.access import ACTING, SIGNED_IN, STAFF, Visitor
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.paging import Listed, decode, encode
from dashboards.problems import NotThere, Wrong
from service_desk.tickets import desk, queue
from service_desk.tickets.model import Ticket

router = APIRouter(prefix="/tickets", tags=["tickets"])

Priority = Literal["high", "medium", "low"]
State = Literal["new", "open", "waiting", "solved", "closed"]
Id_ = Annotated[int | None, Field(ge=1, lt=2**63)]


class TicketOut(BaseModel):
    """A ticket in the queue."""

    id: int
    number: str
    kind: str
    incident_id: int | None
    title: str
    priority: str
    state: str
    asset_id: int | None
    place_id: int | None
    assignee_id: int | None
    assignee: str
    answer_due: At | None
    answered: At | None
    repair_due: At | None
    late: bool
    created: At
    changed: At
    solved: At | None


class CommentOut(BaseModel):
    """One turn of the conversation."""

    at: At
    who: str
    name: str
    did: str
    text: str


class TicketDetail(TicketOut):
    """A ticket with its conversation and the evidence that was frozen when it opened."""

    comments: list[CommentOut]
    evidence: dict[str, Any] | None


class TicketIn(BaseModel):
    """A request: what it is about, in a few words and then in as many as it needs."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=desk.LONGEST_TITLE)
    text: str = Field("", max_length=desk.LONGEST_TEXT)
    priority: Priority = "medium"
    asset_id: Id_ = None
    place_id: Id_ = None


class CommentIn(BaseModel):
    """What to write to everybody on the ticket."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=desk.LONGEST_TEXT)


class StateIn(BaseModel):
    """The state to set, and a word about it."""

    model_config = ConfigDict(extra="forbid")

    state: State
    text: str = Field("", max_length=desk.LONGEST_TEXT)


class Wanted(BaseModel):
    """Which tickets; those that somebody waits for when no state is given."""

    state: Annotated[list[State], Field(max_length=5)] = list(queue.OPEN)  # type: ignore[arg-type] # words of State
    priority: Annotated[list[Priority], Field(max_length=3)] = []
    mine: bool = False
    unassigned: bool = False
    asset: Id_ = None
    place: Id_ = None
    text: str = Field("", max_length=200, description="Looked for in number, title, asset and room.")
    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=400, description="`next` of the page before.")


@router.get("", dependencies=[STAFF])
def tickets(here: Here, visitor: Visitor, wanted: Annotated[Wanted, Query()]) -> Listed[TicketOut]:
    """By priority, then what was promised first."""
    skip = decode(wanted.cursor, int) or 0
    if not 0 <= skip < 2**31:
        raise Wrong("cursor", "It is not one that this address gave out.")
    asked = queue.Wanted(
        states=wanted.state,
        priorities=wanted.priority,
        mine=visitor.person_id if wanted.mine else None,
        unassigned=wanted.unassigned,
        text=wanted.text,
        asset_id=wanted.asset,
        place_id=wanted.place,
        limit=wanted.limit + 1,
        offset=skip,
    )
    with here.database.read() as session:
        rows = queue.queue(session, asked)
    items = [TicketOut(**_fields(here, row)) for row in rows[: wanted.limit]]
    return Listed(items=items, next=encode(skip + wanted.limit) if len(rows) > wanted.limit else None)


@router.get("/{ticket_id}", dependencies=[STAFF])
def ticket(here: Here, ticket_id: Id) -> TicketDetail:
    """One ticket with its conversation."""
    with here.database.read() as session:
        return _detail(here, session, ticket_id)


@router.post("", dependencies=[SIGNED_IN], status_code=201)
def create(here: Here, visitor: Visitor, wanted: TicketIn) -> TicketDetail:
    """Ask for something."""
    wish = desk.Wish(wanted.title, wanted.priority, asset_id=wanted.asset_id, place_id=wanted.place_id)
    with here.database.write() as session:
        for name, kind, key in (("asset_id", Asset, wanted.asset_id), ("place_id", Place, wanted.place_id)):
            if key is not None and session.get(kind, key) is None:
                raise Wrong(name, f"There is no {kind.__tablename__} {key}.")
        made = desk.create_request(session, wish, wanted.text, visitor.login, here.clock.now())
        session.flush()
        return _detail(here, session, made.id)


@router.post("/{ticket_id}/comment", dependencies=[ACTING])
def comment(here: Here, visitor: Visitor, ticket_id: Id, said: CommentIn) -> TicketDetail:
    """Write to everybody on the ticket."""
    with here.database.write() as session:
        desk.comment(session, ticket_id, visitor.login, said.text, here.clock.now())
        session.flush()
        return _detail(here, session, ticket_id)


@router.post("/{ticket_id}/take", dependencies=[ACTING])
def take(here: Here, visitor: Visitor, ticket_id: Id) -> TicketDetail:
    """It is yours."""
    with here.database.write() as session:
        desk.take(session, ticket_id, visitor.person_id, here.clock.now())
        session.flush()
        return _detail(here, session, ticket_id)


@router.post("/{ticket_id}/state", dependencies=[ACTING])
def set_state(here: Here, visitor: Visitor, ticket_id: Id, wanted: StateIn) -> TicketDetail:
    """Move it along: 409 says which ways there are."""
    with here.database.write() as session:
        desk.set_state(session, ticket_id, wanted.state, visitor.login, here.clock.now(), wanted.text)
        session.flush()
        return _detail(here, session, ticket_id)


def _detail(here: Context, session: Session, ticket_id: int) -> TicketDetail:
    row = session.get(Ticket, ticket_id)
    found = queue.detail(session, row.number) if row else None
    if found is None:
        raise NotThere(f"ticket {ticket_id}")
    turns = [
        CommentOut(
            at=turn.comment.at, who=turn.comment.who, name=turn.name, did=turn.comment.did, text=turn.comment.text
        )
        for turn in found.turns
    ]
    return TicketDetail(**_fields(here, found.row), comments=turns, evidence=found.row.ticket.evidence)


def _fields(here: Context, row: queue.Row) -> dict[str, Any]:
    plain = [name for name in TicketOut.model_fields if name not in ("assignee", "late")]
    fields = {name: getattr(row.ticket, name) for name in plain}
    return {**fields, "assignee": row.assignee, "late": row.late(here.clock.now())}
