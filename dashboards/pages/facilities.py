"""Facilities: floor by floor which rooms are out of range, since when, what serves them, tickets; lights left on."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from dashboards import words
from dashboards.access import STAFF
from dashboards.context import Here
from dashboards.facilities_view import Out, answer, facilities, why
from dashboards.render import page
from dashboards.room_view import checked_today
from dashboards.spreadsheet import spreadsheet

router = APIRouter(prefix="/facilities", dependencies=[STAFF])

HEAD = (
    "priority", "room", "name", "metric", "value", "unit", "limit", "since", "cause", "served by", "ticket",
)  # fmt: skip


@router.get("")
def overview(request: Request, here: Here) -> Response:
    """The building now."""
    version = here.latest.version
    with here.database.read() as session:
        found = facilities(session, here)
        isolating = [room.place for room in found.rooms if room.isolates]
        checks = checked_today(session, here, isolating)
    now = here.clock.now()
    return page(
        request,
        "facilities.html",
        answer=answer(found),
        why=why(found, now),
        floors=found.floors,
        heard=any(room.look == "fine" for room in found.rooms),
        out=found.out,
        lit=[(room, room.light.wasted_kwh(now)) for room in found.lit],
        watts=found.watts,
        faulty=found.faulty,
        checks=[(place, checks.get(place.id)) for place in isolating],
        live_version=version,
    )


@router.get("/out.csv")
def as_csv(here: Here) -> Response:
    """What is out of range, one measure a line, UTC."""
    with here.database.read() as session:
        found = facilities(session, here)
    return spreadsheet("out-of-range", [HEAD, *(_line(row) for row in found.out)])


def _line(row: Out) -> tuple[object, ...]:
    return (
        row.level,
        row.room.number,
        row.room.name,
        row.metric,
        row.number,
        words.unit(row.metric),
        row.limit,
        row.since.isoformat() if row.since else "",
        row.cause,
        ", ".join(asset.name for asset in row.served),
        row.ticket.number if row.ticket else "",
    )
