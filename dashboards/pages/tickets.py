"""Tickets: the queue, asking for help, and one ticket with its conversation and frozen evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from asset_registry.people import Person
from collector.points import readings_of
from collector.ports import Selection
from dashboards import evidence as drawing
from dashboards import words
from dashboards.access import ACTING, READERS, SIGNED_IN, STAFF, WORKERS, Visitor
from dashboards.belonging import belonging
from dashboards.blocks import blocks_of
from dashboards.context import Context, Here
from dashboards.decision_view import Decision, decision_of
from dashboards.forms import Back, Long, Text, back_to
from dashboards.problems import NotThere
from dashboards.promises import pressing, promises_of
from dashboards.render import page
from dashboards.sentences import address, many, spelled, start
from dashboards.standing import Standing, standing
from dashboards.targets import target_of
from service_desk.alarms import book
from service_desk.remote import doubts
from service_desk.rulebook import PRIORITIES
from service_desk.tickets import desk, queue
from service_desk.tickets.evidence import unknown_in
from service_desk.tickets.model import Ticket

PER_PAGE = 100
MOST = 1000
DONE = ("solved", "closed")

Show = Literal["open", "mine", "free", "late", "done"]
Sort = Literal["priority", "due", "newest", "changed"]
Priority = Literal["", "high", "medium", "low"]
router = APIRouter()


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    show: Show
    priority: Priority
    text: str
    sort: Sort
    skip: int

    def wanted(self, visitor_id: int) -> queue.Wanted:
        """The same in the desk's words."""
        return queue.Wanted(
            states=DONE if self.show == "done" else queue.OPEN,
            priorities=(self.priority,) if self.priority else (),
            mine=visitor_id if self.show == "mine" else None,
            unassigned=self.show == "free",
            text=self.text,
            limit=MOST,
        )


def asked(
    show: Show = "open",
    priority: Priority = "",
    q: Annotated[str, Query(max_length=100)] = "",
    sort: Sort = "priority",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Filters:
    """The filters of the address."""
    return Filters(show, priority, q, sort, skip)


@router.get("/tickets", dependencies=[STAFF])
def tickets(request: Request, here: Here, visitor: Visitor, filters: Annotated[Filters, Depends(asked)]) -> Response:
    """The queue, what is most urgent first."""
    now = here.clock.now()
    with here.database.read() as session:
        rows = queue.queue(session, filters.wanted(visitor.person_id))
        everything = queue.queue(session, queue.Wanted(limit=MOST))
        done = session.scalar(select(func.count()).select_from(Ticket).where(Ticket.state.in_(DONE))) or 0
    if filters.show == "late":
        rows = [row for row in rows if row.late(now)]
    rows = _ordered(rows, filters.sort)
    return page(
        request,
        "tickets.html",
        answer=answer(everything, now),
        rows=rows[filters.skip : filters.skip + PER_PAGE],
        promises={row.ticket.id: pressing(row.ticket, now) for row in rows},
        filters=filters,
        chips=_chips(request, everything, done, filters, visitor.person_id, now),
        sorts={sort: address(request, sort=sort, skip=None) for sort in ("priority", "due", "newest", "changed")},
        after=address(request, skip=filters.skip + PER_PAGE) if filters.skip + PER_PAGE < len(rows) else "",
        before=address(request, skip=max(0, filters.skip - PER_PAGE) or None) if filters.skip else "",
    )


def answer(rows: list[queue.Row], now: datetime) -> str:
    """The first line."""
    if not rows:
        return "No ticket is open"
    free = sum(row.ticket.assignee_id is None for row in rows)
    late = sum(row.late(now) for row in rows)
    first = f"{start(many(len(rows), 'open ticket'))}, {spelled(free) if free else 'none'} without a person"
    return f"{first}; {spelled(late)} late" if late else first


def _ordered(rows: list[queue.Row], sort: Sort) -> list[queue.Row]:
    if sort == "due":
        return sorted(rows, key=lambda row: row.ticket.repair_due or row.ticket.created)
    if sort == "newest":
        return sorted(rows, key=lambda row: row.ticket.created, reverse=True)
    if sort == "changed":
        return sorted(rows, key=lambda row: row.ticket.changed, reverse=True)
    return rows


def _chips(
    request: Request, rows: list[queue.Row], done: int, filters: Filters, person: int, now: datetime
) -> list[tuple[str, str, int, bool, str]]:
    """(address, word, count, current, shape)."""
    shows: list[tuple[Show, str, int]] = [
        ("open", "Open", len(rows)),
        ("mine", "Mine", sum(row.ticket.assignee_id == person for row in rows)),
        ("free", "Nobody's", sum(row.ticket.assignee_id is None for row in rows)),
        ("late", "Late", sum(row.late(now) for row in rows)),
        ("done", "Solved", done),
    ]
    chips = [
        (
            address(request, show=None if show == "open" else show, skip=None),
            word,
            count,
            filters.show == show,
            "",
        )
        for show, word, count in shows
    ]
    for priority in PRIORITIES:
        current = filters.priority == priority
        count = sum(row.ticket.priority == priority for row in rows)
        href = address(request, priority=None if current else priority, skip=None)
        chips.append((href, start(priority), count, current, priority))
    return chips


# ---------------------------------------------------------------- asking for help


@router.get("/tickets/new", dependencies=[SIGNED_IN])
def ask(request: Request, here: Here, visitor: Visitor, sent: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The form of a request; `sent` is the number of the one just sent."""
    known = here.snapshots.current
    choices = [f"{room.number} {room.name}".strip() for room in known.rooms]
    if visitor.may(*READERS):
        choices += sorted(f"{asset.number} {asset.name}" for asset in known.assets.values())
    return page(request, "ticket_new.html", choices=choices, sent=sent)


@router.post("/tickets/new", dependencies=[SIGNED_IN])
def send(
    here: Here,
    visitor: Visitor,
    title: Annotated[str, Form(max_length=desk.LONGEST_TITLE)],
    text: Long = "",
    about: Text = "",
    priority: Annotated[str, Form(max_length=10)] = "medium",
) -> Response:
    """Open a request."""
    target = target_of(here.snapshots.current, about) if about.strip() else None
    wish = desk.Wish(
        title.strip(),
        priority,
        asset_id=target.asset_id if target else None,
        place_id=target.place_id if target else None,
    )
    with here.database.write() as session:
        ticket = desk.create_request(session, wish, text, visitor.login, here.clock.now())
        number = ticket.number
    return RedirectResponse(f"/tickets/{number}" if visitor.may(*READERS) else f"/tickets/new?sent={number}", 303)


# ---------------------------------------------------------------- one ticket


@router.get("/tickets/{ref}", dependencies=[STAFF])
def ticket(request: Request, here: Here, visitor: Visitor, ref: str) -> Response:
    """The conversation, the next action, the evidence. `ref` is its number ("W-1001") or id."""
    now = here.clock.now()
    with here.database.read() as session:
        found = _found(session, ref)
        detail = queue.detail(session, found.number)
        row = _incident(session, here, found)
        people = _staff(session)
        decision = decision_of(session, found.incident_id, visitor)
        elsewhere = doubts.elsewhere(session, found.incident_id)
        kin = belonging(session, here, found.incident_id) if found.incident_id else None
    moves = desk.MOVES[found.state]
    if detail is None:
        raise NotThere(f"ticket {ref[:20]}")
    return page(
        request,
        "ticket.html",
        ticket=found,
        detail=detail,
        row=row,
        promises=promises_of(found, now),
        step=next_step(found, row, visitor.person_id, decision) if visitor.may(*WORKERS) else "",
        evidence=found.evidence,
        chart=_chart(here, found, now),
        blocks=blocks_of(found.evidence, here, now) if found.evidence else [],
        frozen_at=_frozen(here, found),
        lacking=_lacking(found),
        kin=kin,
        live_href=_live(here, found),
        room=here.snapshots.current.places.get(found.place_id or 0),
        asset=here.snapshots.current.assets.get(found.asset_id or 0),
        people=people,
        may_act=visitor.may(*WORKERS),
        mine=found.assignee_id == visitor.person_id,
        decision=decision,
        elsewhere=elsewhere,
        moves=tuple(move for move in moves if move not in DONE) if decision and decision.due else moves,
    )


def next_step(found: Ticket, row: Standing | None, person: int, decision: Decision | None = None) -> str:
    """The one thing to do now: acknowledge, take, decide, solve, close, "" when it is another's or history."""
    if found.state == "closed":
        return ""
    if found.state == "solved":
        return "close"
    if row is not None and row.waits:
        return "acknowledge"
    if found.assignee_id is None:
        return "take"
    if decision is not None and decision.due:
        return "decide"
    return "solve" if found.assignee_id == person else ""


def _found(session: Session, ref: str) -> Ticket:
    by_id = int(ref) if ref.isdecimal() and len(ref) < 18 else None
    found = session.get(Ticket, by_id) if by_id is not None else desk.by_number(session, ref)
    if found is None:
        raise NotThere(f"ticket {ref[:20]}")
    return found


def _incident(session: Session, here: Context, found: Ticket) -> Standing | None:
    rows = standing(session, here, (found.incident_id,)) if found.incident_id else []
    return rows[0] if rows else None


def _staff(session: Session) -> list[Person]:
    people = session.scalars(select(Person).where(Person.active).order_by(Person.name))
    return [person for person in people if not {"admin", *WORKERS}.isdisjoint(person.roles)]


def _chart(here: Context, found: Ticket, now: datetime) -> drawing.Drawing | None:
    if not found.evidence:
        return None
    first, last, frozen = drawing.window(found.evidence, now)
    selection = Selection(frozen, last, (found.evidence["subject"],), (found.evidence["metric"],), limit=2000)
    after = [
        (reading.at.timestamp() * 1000, value, False)
        for reading in readings_of(here.store.query(selection))
        if (value := drawing.number(reading.value)) is not None and first < reading.at
    ]
    return drawing.draw(found.evidence, after, found.priority, now, here.zone)


def _lacking(found: Ticket) -> str:
    """How much of the evidence nobody could say."""
    count = unknown_in(found.evidence) if found.evidence and found.evidence["v"] > 1 else 0
    return f"{spelled(count)} unknown" if count else "complete" if found.evidence and found.evidence["v"] > 1 else ""


def _frozen(here: Context, found: Ticket) -> str:
    at = datetime.fromisoformat(found.evidence["frozen_at"]) if found.evidence else found.created
    today = here.clock.now().astimezone(here.zone).date()
    local = at.astimezone(here.zone)
    return f"{local:%H:%M:%S %Z}" if local.date() == today else words.exact(at, here.zone)


def _live(here: Context, found: Ticket) -> str:
    """Where the same values go on: the device's page."""
    device = here.snapshots.current.device(str(found.evidence["subject"])) if found.evidence else None
    return f"/devices/{device.id}" if device else ""


@router.post("/tickets/{number}/take", dependencies=[ACTING])
def take(here: Here, visitor: Visitor, number: int, back: Back = "/tickets") -> Response:
    """Take it, and with it acknowledge what waits for that."""
    now = here.clock.now()
    with here.database.write() as session:
        found = desk.take(session, number, visitor.person_id, now)
        if found.incident_id is not None:
            book.acknowledge_incident(session, found.incident_id, visitor.login, "", now)
    return back_to(back)


@router.post("/tickets/{number}/assign", dependencies=[ACTING])
def assign(
    here: Here, visitor: Visitor, number: int, person: Annotated[int, Form(ge=0)], back: Back = "/tickets"
) -> Response:
    """Give it to a person; 0 gives it back to the queue."""
    with here.database.write() as session:
        desk.assign(session, number, person or None, visitor.login, here.clock.now())
    return back_to(back)


@router.post("/tickets/{number}/comment", dependencies=[ACTING])
def comment(here: Here, visitor: Visitor, number: int, text: Long = "", back: Back = "/tickets") -> Response:
    """Write to everybody on it."""
    with here.database.write() as session:
        desk.comment(session, number, visitor.login, text, here.clock.now())
    return back_to(back)


@router.post("/tickets/{number}/state", dependencies=[ACTING])
def state(
    here: Here,
    visitor: Visitor,
    number: int,
    to: Annotated[str, Form(max_length=20)],
    text: Long = "",
    back: Back = "/tickets",
) -> Response:
    """Solve, close, wait or open again."""
    with here.database.write() as session:
        desk.set_state(session, number, to, visitor.login, here.clock.now(), text)
    return back_to(back)
