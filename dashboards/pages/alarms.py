"""The alarm list: grouped by incident, filters in the address, one click to acknowledge, a time to shelve for."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy import func, select
from starlette.responses import Response

from asset_registry.known import KnownPlace
from dashboards import words
from dashboards.access import ACTING, STAFF, WORKERS, Visitor
from dashboards.context import Context, Here
from dashboards.forms import Back, Text, back_to
from dashboards.render import page
from dashboards.sentences import address, many, spelled, start
from dashboards.spreadsheet import spreadsheet
from dashboards.standing import Standing, standing
from service_desk import reserved
from service_desk.alarms import book
from service_desk.alarms.model import Transition

FLOOD = 5
"""So many alarms of one incident are a flood: the list says their common cause above itself."""
RECENT = timedelta(minutes=10)

Show = Literal["active", "unanswered", "shelved", "design"]
Priority = Literal["", "high", "medium", "low"]

router = APIRouter(dependencies=[STAFF])


@dataclass(frozen=True)
class Filters:
    """What the address asks for. `floor` is a place's id."""

    show: Show
    priority: Priority
    floor: int | None

    def admits(self, row: Standing, floor_of: dict[str, int]) -> bool:
        """Whether a row belongs into the list."""
        silent = row.inhibited
        shown = {
            "active": not silent,
            "unanswered": not silent and row.waits,
            "shelved": any(line.shelved_until and line.inhibited for line in row.lines),
            "design": any(line.inhibited and not line.shelved_until for line in row.lines),
        }[self.show]
        right_priority = self.priority in ("", row.priority)
        on_floor = self.floor is None or any(
            floor_of.get(where.href) == self.floor for where in (row.where, *(line.where for line in row.lines))
        )
        return shown and right_priority and on_floor


def asked(show: Show = "active", priority: Priority = "", floor: Annotated[int | None, Query(ge=1)] = None) -> Filters:
    """The filters of the address."""
    return Filters(show, priority, floor)


Asked = Annotated[Filters, Depends(asked)]


@router.get("/alarms")
def alarms(request: Request, here: Here, visitor: Visitor, filters: Asked) -> Response:
    """What stands, the worst first."""
    floor_of = _floors(here)
    with here.database.read() as session:
        everything = standing(session, here)
        deciding = reserved.waiting(session)
        fresh = session.scalar(
            select(func.count()).where(Transition.what == "raised", Transition.at >= here.clock.now() - RECENT)
        )
    rows = [row for row in everything if filters.admits(row, floor_of)]
    active = [row for row in everything if not row.inhibited]
    return page(
        request,
        "alarms.html",
        answer=answer(active),
        fresh=fresh or 0,
        deciding=deciding,
        silent=_silent(everything),
        rows=rows,
        flood=next((row for row in active if sum(line.active for line in row.lines) >= FLOOD), None),
        total=sum(line.active for row in active for line in row.lines),
        chips=_chips(request, everything, filters, floor_of),
        floors=[(address(request, floor=place.id), place, place.id == filters.floor) for place in _levels(here)],
        any_floor=address(request, floor=None),
        filters=filters,
        csv=address(request).replace("/alarms", "/alarms.csv", 1),
        may_answer=visitor.may(*WORKERS),
        first_to_answer=next((row.key for row in rows if row.waits), ""),
    )


@router.get("/alarms.csv")
def as_csv(here: Here, filters: Asked) -> Response:
    """The same list as a file: one alarm a line, UTC."""
    with here.database.read() as session:
        rows = [row for row in standing(session, here) if filters.admits(row, _floors(here))]
    head = (
        "incident",
        "ticket",
        "priority",
        "alarm",
        "where",
        "metric",
        "value",
        "unit",
        "limit",
        "since",
        "answered by",
    )
    lines = (
        (
            row.title,
            row.ticket.number if row.ticket else "",
            line.priority,
            line.title,
            line.where.text,
            line.metric,
            line.value,
            words.unit(line.metric),
            line.limit,
            line.since.isoformat(),
            row.who,
        )
        for row in rows
        for line in row.lines
    )
    return spreadsheet("alarms", (head, *lines))


@router.post("/incidents/{number}/acknowledge", dependencies=[ACTING])
def acknowledge_incident(
    here: Here,
    visitor: Visitor,
    number: int,
    back: Back = "/alarms",
    note: Text = "",
) -> Response:
    """Acknowledge everything of an incident that waits for it."""
    with here.database.write() as session:
        book.acknowledge_incident(session, number, visitor.login, note, here.clock.now())
    return back_to(back)


@router.post("/alarms/{number}/acknowledge", dependencies=[ACTING])
def acknowledge(
    here: Here,
    visitor: Visitor,
    number: int,
    back: Back = "/alarms",
    note: Text = "",
) -> Response:
    """Acknowledge one alarm."""
    with here.database.write() as session:
        book.acknowledge(session, number, visitor.login, note, here.clock.now())
    return back_to(back)


@router.post("/alarms/{number}/shelve", dependencies=[ACTING])
def shelve(
    here: Here,
    visitor: Visitor,
    number: int,
    minutes: Annotated[int, Form(ge=0, le=24 * 60)],
    why: Text = "",
    back: Back = "/alarms",
) -> Response:
    """Keep an alarm silent for a time, a day at most; 0 ends it."""
    now = here.clock.now()
    with here.database.write() as session:
        if minutes:
            book.shelve(session, number, now + timedelta(minutes=minutes), visitor.login, why, now)
        else:
            book.unshelve(session, number, visitor.login, now)
    return back_to(back)


def answer(rows: list[Standing]) -> str:
    """The first line: how many, how many high, how many nobody answered."""
    standing_ = [row for row in rows if row.active]
    over = len(rows) - len(standing_)
    if not standing_:
        wait = "one that is over waits" if over == 1 else f"{spelled(over)} that are over wait"
        return f"No alarm stands; {wait} for an answer" if over else "No alarm stands"
    total = sum(line.active for row in standing_ for line in row.lines)
    high = sum(row.priority == "high" for row in standing_)
    waiting = sum(row.waits for row in standing_)
    first = f"{start(many(total, 'alarm'))}, {many(len(standing_), 'incident')}"
    level = f"{spelled(high)} of high priority" if high else "none of high priority"
    tail = f"; {spelled(over)} more over" if over else ""
    return f"{first}; {level}, {spelled(waiting) if waiting else 'none'} unanswered{tail}"


def _silent(rows: list[Standing]) -> str:
    """What stands but is kept silent, in one sentence; "" when nothing is."""
    counted = Counter(line.inhibited for row in rows for line in row.lines if line.inhibited)
    return start("; ".join(f"{count} {reason}" for reason, count in counted.most_common(3)))


def _floors(here: Context) -> dict[str, int]:
    """The floor of every room, by the room's address."""
    known = here.snapshots.current
    return {
        f"/rooms/{place.id}": floor.id
        for place in known.places.values()
        if (floor := known.floor_of(place)) is not None
    }


def _levels(here: Context) -> list[KnownPlace]:
    return list(reversed(here.snapshots.current.floors))


def _chips(
    request: Request, rows: list[Standing], filters: Filters, floor_of: dict[str, int]
) -> list[tuple[str, str, int, bool, str]]:
    """(address, word, count, current, shape) of every filter; the counts are those of the other filters as they are."""

    def count(show: Show, priority: Priority) -> int:
        return sum(Filters(show, priority, filters.floor).admits(row, floor_of) for row in rows)

    shows: tuple[tuple[Show, str], ...] = (
        ("active", "Active"),
        ("unanswered", "Unanswered"),
        ("shelved", "Shelved"),
        ("design", "By design"),
    )
    chips = [
        (
            address(request, show=None if show == "active" else show, priority=None),
            word,
            count(show, ""),
            filters.show == show and not filters.priority,
            "",
        )
        for show, word in shows
    ]
    levels: list[Priority] = ["high", "medium", "low"]
    chips[2:2] = [
        (
            address(request, priority=None if filters.priority == priority else priority),
            priority.capitalize(),
            count(filters.show, priority),
            filters.priority == priority,
            priority,
        )
        for priority in levels
    ]
    return chips
