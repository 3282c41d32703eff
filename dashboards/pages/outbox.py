"""What ticket systems were not told: what a person must look up over there, what was refused, what still waits."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from dashboards.access import Visitor, admit
from dashboards.context import Here
from dashboards.forms import Back, Text, back_to
from dashboards.render import page
from dashboards.sentences import many, start
from service_desk.incidents.model import Incident, Outbox
from service_desk.outbox import dead_letters, try_again, waiting
from service_desk.remote import doubts
from service_desk.remote.model import RemoteTicket

MENDERS = ("biomed", "it_agent")
MENDING = admit(*MENDERS)
SHOWN = 100
_WORDS = {
    "opened": "It opened",
    "joined": "Something joined",
    "cleared": "It cleared",
    "returned": "It came back",
    "closed": "It closed",
    "reopened": "It reopened",
}
router = APIRouter()


@dataclass(frozen=True)
class Line:
    """A row of the outbox with its incident, and what was to be told."""

    row: Outbox
    incident: Incident
    what: str


@dataclass(frozen=True)
class Doubt:
    """A ticket that may have been made."""

    ticket: RemoteTicket
    incident: Incident


@router.get("/outbox", dependencies=[admit(*MENDERS, "auditor")])
def outbox(request: Request, here: Here, visitor: Visitor) -> Response:
    """First what only a person can settle."""
    with here.database.read() as session:
        doubtful = [Doubt(each, session.get_one(Incident, each.incident_id)) for each in doubts.unconfirmed(session)]
        refused = _lines(session, dead_letters(session))
        late = _lines(session, [row for row in waiting(session) if row.attempts])
    return page(
        request,
        "outbox.html",
        answer=answer(len(doubtful), len(refused), len(late)),
        doubts=doubtful[:SHOWN],
        refused=refused,
        late=late,
        may_mend=visitor.may(*MENDERS),
    )


def answer(doubtful: int, refused: int, late: int) -> str:
    """The first line."""
    if doubtful:
        return f"{start(many(doubtful, 'ticket'))} may or may not be there: look, and say which"
    if refused:
        return f"{start(many(refused, 'message'))} {'was' if refused == 1 else 'were'} refused"
    if late:
        return f"{start(many(late, 'message'))} could not be told yet"
    return "Every ticket system was told everything"


def _lines(session: Session, rows: list[Outbox]) -> list[Line]:
    return [
        Line(row, session.get_one(Incident, row.incident_id), _WORDS.get(row.what, row.what)) for row in rows[:SHOWN]
    ]


@router.post("/outbox/{number}/there", dependencies=[MENDING])
def is_there(here: Here, visitor: Visitor, number: int, ticket: Text = "", back: Back = "/outbox") -> Response:
    """Somebody found the ticket over there."""
    with here.database.write() as session:
        doubts.is_there(session, number, ticket, visitor.login, here.clock.now())
    return back_to(back)


@router.post("/outbox/{number}/not-there", dependencies=[MENDING])
def is_not_there(here: Here, visitor: Visitor, number: int, back: Back = "/outbox") -> Response:
    """Somebody looked, and there is none."""
    with here.database.write() as session:
        doubts.not_there(session, number, visitor.login, here.clock.now())
    return back_to(back)


@router.post("/outbox/{number}/again", dependencies=[MENDING])
def again(here: Here, visitor: Visitor, number: int, back: Back = "/outbox") -> Response:
    """What was wrong is mended."""
    with here.database.write() as session:
        try_again(session, number, visitor.login, here.clock.now())
    return back_to(back)
