"""The compliance report of rooms, on a page and as a file; and the visual checks that were signed, as a file."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from asset_registry.hvac.rooms import checks_between
from asset_registry.known import KnownPlace
from dashboards import words
from dashboards.access import STAFF
from dashboards.compliance_view import Row, compliance
from dashboards.context import Context, Here
from dashboards.plan import UNCOUNTED
from dashboards.render import page
from dashboards.rooms import room_profile
from dashboards.sentences import address
from dashboards.spreadsheet import spreadsheet

router = APIRouter(prefix="/facilities/compliance", dependencies=[STAFF])

Days = Annotated[Literal["1", "7", "30"], Query()]
Which = Annotated[Literal["protects", "all"], Query()]
SPANS: tuple[tuple[Literal["1", "7", "30"], str], ...] = (("1", "24 h"), ("7", "7 days"), ("30", "30 days"))

HEAD = (
    "room", "name", "profile", "standard", "metric", "unit", "at least", "at most", "from", "to",
    "within_s", "out_s", "paused_s", "unknown_s", "within_share", "known_share",
)  # fmt: skip


@router.get("")
def report(request: Request, here: Here, days: Days = "1", rooms: Which = "protects") -> Response:
    """For each room and parameter, the share of the time within its profile."""
    start, end = _span(here, days)
    chosen = _rooms(here, rooms)
    rows = compliance(here, here.snapshots.current, chosen, start, end)
    return page(
        request,
        "compliance.html",
        rows=rows,
        answer=answer(rows, rooms),
        start=start,
        end=end,
        days=[(address(request, days=value), word, value == days) for value, word in SPANS],
        which=[
            (address(request, rooms=value), word, value == rooms)
            for value, word in (("protects", "Rooms whose pressure protects"), ("all", "All rooms"))
        ],
        files=(
            address(request).replace("/compliance", "/compliance/report.csv", 1),
            f"/facilities/compliance/checks.csv?days={days}",
        ),
        limits=words.range_words,
    )


@router.get("/report.csv")
def as_csv(here: Here, days: Days = "1", rooms: Which = "protects") -> Response:
    """The same as a file, times in UTC, durations in seconds."""
    start, end = _span(here, days)
    rows = compliance(here, here.snapshots.current, _rooms(here, rooms), start, end)
    return spreadsheet("compliance", [HEAD, *(_line(row, start, end) for row in rows)])


@router.get("/checks.csv")
def checks(here: Here, days: Days = "1") -> Response:
    """The signed visual checks: who, when, what was seen."""
    start, end = _span(here, days)
    rooms = {room.id: room for room in _rooms(here, "all")}
    with here.database.read() as session:
        found = checks_between(session, rooms, start, end + timedelta(milliseconds=1))
    lines: list[tuple[object, ...]] = [
        (rooms[each.place_id].number, each.at.isoformat(), each.name, each.login, each.seen, each.agrees, each.value)
        for each in found
    ]
    return spreadsheet(
        "visual-checks", [("room", "at", "name", "login", "seen", "as it must be", "pressure_pa"), *lines]
    )


def answer(rows: list[Row], rooms: str) -> str:
    """The first line."""
    judged = [row for row in rows if row.share.within is not None]
    if not judged:
        return "Nothing was heard that could be judged"
    worst = min(judged, key=lambda row: (row.share.within or 0.0, row.room.number))
    if worst.share.within == 1.0:
        return "Every room was within its profile all the time that is known"
    what = words.label(worst.metric).partition(" to ")[0].lower() if worst.metric != "co2" else "CO₂"
    least = "" if rooms == "all" else " of the rooms that protect"
    part = f"{100 * (worst.share.within or 0.0):.1f}{words.NBSP}%"
    return f"{worst.room.number} was within its {what} for {part}, the least{least}"


def _span(here: Context, days: str) -> tuple[datetime, datetime]:
    end = here.clock.now()
    return end - timedelta(days=int(days)), end


def _rooms(here: Context, which: str) -> list[KnownPlace]:
    now = here.snapshots.current
    counted = [room for room in now.rooms if room.room_type not in UNCOUNTED]
    return [room for room in counted if which == "all" or room_profile(here, now, room).protects]


def _line(row: Row, start: datetime, end: datetime) -> tuple[object, ...]:
    found = row.share
    return (
        row.room.number,
        row.room.name,
        row.profile.label,
        row.profile.standard_words,
        row.metric,
        words.unit(row.metric),
        row.low,
        row.high,
        start.isoformat(),
        end.isoformat(),
        round(found.within_s, 1),
        round(found.out_s, 1),
        round(found.paused_s, 1),
        round(found.unknown_s, 1),
        "" if found.within is None else round(found.within, 4),
        round(found.known, 4),
    )
