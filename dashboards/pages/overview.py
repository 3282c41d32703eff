"""The overview: what needs a person now, at most seven things with their next step; then the last 24 hours."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from collector.metrics import family_of
from dashboards import history
from dashboards.access import READERS, SIGNED_IN, WORKERS, Visitor
from dashboards.context import Context, Here
from dashboards.link_view import links
from dashboards.plan import UNCOUNTED
from dashboards.render import page
from dashboards.rooms import room_status
from dashboards.sentences import many, spelled, start
from dashboards.standing import Standing, rank, standing
from dashboards.talking import talks
from service_desk.tickets.model import Ticket

MOST = 7

router = APIRouter(dependencies=[SIGNED_IN])


@dataclass(frozen=True)
class Need:
    """Something besides an incident that needs a person, with its next step."""

    key: str
    priority: str
    title: str
    detail: str
    since: datetime
    who: str
    href: str
    step: str


@router.get("/")
def overview(request: Request, here: Here, visitor: Visitor) -> Response:
    """What needs a person, and how the day went; for those who only ask for help, the form to do so."""
    if not visitor.may(*READERS):
        return RedirectResponse("/tickets/new", 303)
    now = here.clock.now()
    counted: Counter[str] = Counter(talk.state for talk in talks(here))
    rooms = [room for room in here.snapshots.current.rooms if room.room_type not in UNCOUNTED]
    with here.database.read() as session:
        rows = [row for row in standing(session, here) if not row.inhibited]
        out = out_of_range(rows)
        needs = _links_down(here) + _new_requests(session)
        multiples = [
            history.new_alarms(session, now, here.zone),
            _silent(counted),
            history.rooms_with_alarm(session, now, here.zone, out, len(rooms)),
            history.open_tickets(session, now, here.zone),
        ]
    things: list[Standing | Need] = sorted([*rows, *needs], key=_order)
    return page(
        request,
        "overview.html",
        answer=answer(things),
        things=things[:MOST],
        more=len(things) - MOST,
        talking=counted["talking"],
        expected=counted["talking"] + counted["silent"],
        air=Counter(room_status(here, here.snapshots.current, room).state for room in rooms),
        rooms=len(rooms),
        multiples=multiples,
        first_to_answer=next((thing.key for thing in things if isinstance(thing, Standing) and thing.waits), ""),
        may_answer=visitor.may(*WORKERS),
        first_hour=history.hours(now, here.zone)[0],
    )


def _order(thing: Standing | Need) -> tuple[bool, int, bool, bool, datetime]:
    """What holds, by priority; what nobody answered first; what the house noticed before what people asked for."""
    if isinstance(thing, Need):
        return False, rank(thing.priority), False, thing.key.startswith("ticket-"), thing.since
    return not thing.active, rank(thing.priority), not thing.waits, False, thing.since


def answer(things: list[Standing | Need]) -> str:
    """The first line."""
    if not things:
        return "Nothing needs a person now"
    high = sum(thing.priority == "high" and (isinstance(thing, Need) or thing.active) for thing in things)
    verb = "needs" if len(things) == 1 else "need"
    first = f"{start(many(len(things), 'thing'))} {verb} a person"
    if not high:
        return f"{first}, none of high priority"
    if len(things) == 1:
        return f"{first}: high priority"
    return f"{first}, {spelled(high)} of them high"


def out_of_range(rows: list[Standing]) -> int:
    """In how many rooms an alarm of the air or the light stands."""
    return len(
        {
            line.where.href
            for row in rows
            for line in row.lines
            if line.active and line.where.href.startswith("/rooms/") and family_of(line.metric) in history.AIR
        }
    )


def _silent(counted: Counter[str]) -> history.Multiple:
    expected = counted["talking"] + counted["silent"]
    return history.Multiple(
        "Silent devices",
        counted["silent"],
        f"of {expected:,} expected",
        None,
        "Only now is known: silence over the day is not kept yet.",
        "/devices?state=silent",
    )


def _links_down(here: Context) -> list[Need]:
    """Links that are down, and of the others those that have ports or adapters down."""
    found = []
    for link in links(here):
        down = [link] if link.state == "down" else [part for part in link.parts if part.state == "down"]
        if not down:
            continue
        name = link.name if down == [link] else f"{link.name}/{down[0].name}"
        some = f"{start(many(len(down), 'port'))} of {link.name} are down"
        title = f"The input {name} is down" if len(down) == 1 else some
        detail = "Nothing is heard from its devices until it is back; Wardkeeper keeps trying."
        href = f"/inputs#link:{quote(link.name)}"
        since = min((one.since for one in down if one.since), default=here.clock.now())
        found.append(Need(f"link:{link.name}", "high", title, detail, since, "IT", href, "See inputs"))
    return found


def _new_requests(session: Session) -> list[Need]:
    query = select(Ticket).where(Ticket.kind == "request", Ticket.state == "new", Ticket.assignee_id.is_(None))
    return [
        Need(
            f"ticket-{ticket.id}",
            ticket.priority,
            ticket.title,
            f"A request, {ticket.number}.",
            ticket.created,
            "Nobody yet",
            f"/tickets/{ticket.id}",
            "Open request",
        )
        for ticket in session.scalars(query.order_by(Ticket.created))
    ]
