"""The fleet: how much equipment is used, whether there is enough where it is needed, today's round, who was where."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from asset_registry.known import KnownPlace
from asset_registry.usage.fleet import Fleet
from asset_registry.usage.par import levels_of, pars, set_par
from dashboards.access import STAFF, Visitor, admit
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.forms import Text, back_to
from dashboards.pages.find import room_called
from dashboards.plan import UNCOUNTED
from dashboards.problems import NotThere, Wrong
from dashboards.render import page
from dashboards.sentences import many, start
from dashboards.spreadsheet import spreadsheet
from dashboards.targets import target_of
from dashboards.usage_view import (
    csv_of,
    fleets,
    hoarded,
    lost,
    stays_in_room,
    stays_of_asset,
    technicians_round,
    usable_now,
)

STOCKERS = ("biomed", "facilities", "equipment_cleaning", "clinician")
LEAST = timedelta(minutes=1)
"""Who only passed by is not told of."""

router = APIRouter(dependencies=[STAFF])
Days = Annotated[int, Query(ge=1, le=366)]
Hours = Annotated[int, Query(ge=1, le=31 * 24)]


@router.get("/fleet")
def fleet(request: Request, here: Here, visitor: Visitor, days: Days = 30) -> Response:
    """How much each category is used, par levels, hoards, what was not heard for a month."""
    now, idle = here.snapshots.current, usable_now(here)
    with here.database.read() as session:
        told = fleets(session, here, days)
        levels = levels_of(pars(session), now, idle)
    return page(
        request,
        "fleet.html",
        answer=_answer(told, sum(level.wanting > 0 for level in levels)),
        fleets=told,
        levels=levels,
        place_of=now.places,
        assets=now.assets,
        at=lambda asset: now.places[idle[asset]],
        hoards=hoarded(here, idle),
        lost=lost(here),
        days=days,
        may_set=visitor.may(*STOCKERS),
        rooms=[room for room in now.rooms if room.room_type not in UNCOUNTED],
    )


def _answer(told: list[Fleet], wanting: int) -> str:
    if wanting:
        return f"{start(many(wanting, 'place'))} below {'its' if wanting == 1 else 'their'} par level"
    back = sum(min(fleet.rented, max(0, fleet.spare)) for fleet in told if fleet.advice)
    if back:
        return f"{start(many(back, 'rental'))} can go back"
    return "Every place has what it should have" if told else "Nothing that moves is in the registry"


@router.get("/fleet.csv")
def fleet_csv(here: Here, days: Days = 30) -> Response:
    """The same for a spreadsheet."""
    with here.database.read() as session:
        told = fleets(session, here, days)
    head = (
        "category",
        "size",
        "rented",
        "utilization",
        "busy",
        "most",
        "turnover",
        "unused",
        "enough",
        "advice",
    )
    rows = (
        (
            each.category,
            each.size,
            each.rented,
            round(each.utilization, 4),
            each.busy,
            each.most,
            round(each.turnover, 2),
            len(each.unused),
            each.enough,
            each.advice,
        )
        for each in told
    )
    return spreadsheet(f"fleet-{days}-days", (head, *rows))


@router.post("/fleet/par", dependencies=[admit(*STOCKERS)])
def par(
    here: Here,
    visitor: Visitor,
    where: Text,
    category: Text,
    least: Annotated[int, Form(ge=0, le=10_000)],
    most: Annotated[str, Form(max_length=6)] = "",
) -> Response:
    """So many there should be; 0 takes the level away."""
    place_id = target_of(here.snapshots.current, where).place_id
    if place_id is None:
        raise Wrong("where", "A par level is for a room: 4.19.")
    if most.strip() and not most.strip().isdecimal():
        raise Wrong("most", f"{most!r} is no number.")
    upper = int(most) if most.strip() else None
    with here.database.write() as session:
        set_par(session, place_id, category, least, upper, visitor.login, here.clock.now())
    return back_to("/fleet")


@router.get("/round")
def technician(request: Request, here: Here, near: Annotated[str, Query(max_length=40)] = "") -> Response:
    """What a technician should visit today, by the way."""
    begin = room_called(here.snapshots.current, near)
    visits = technicians_round(here, begin)
    metres = sum(each.metres or 0 for each in visits)
    return page(
        request,
        "round.html",
        answer=f"{start(many(len(visits), 'visit'))} today" if visits else "Nothing is to be visited today",
        visits=visits,
        metres=round(metres),
        near=begin,
        said=near,
        rooms=[room for room in here.snapshots.current.rooms if room.room_type not in UNCOUNTED],
    )


# ---------------------------------------------------------------- who was where


@router.get("/rooms/{room_id}/stays")
def visitors(request: Request, here: Here, room_id: Id, hours: Hours = 24, until: str = "") -> Response:
    """Which equipment was in the room."""
    room, end = _room(here, room_id), _moment(here, until)
    stays = stays_in_room(here, room_id, end - timedelta(hours=hours), end, LEAST)
    return page(
        request,
        "stays.html",
        room=room,
        stays=stays,
        assets=here.snapshots.current.assets,
        hours=hours,
        until=end.astimezone(here.zone),
    )


@router.get("/rooms/{room_id}/stays.csv")
def visitors_csv(here: Here, room_id: Id, hours: Hours = 24, until: str = "") -> Response:
    """The same for a spreadsheet."""
    room, end = _room(here, room_id), _moment(here, until)
    stays = stays_in_room(here, room_id, end - timedelta(hours=hours), end, timedelta())
    return spreadsheet(f"in-{room.number}", csv_of(here, stays))


@router.get("/assets/{asset_id}/stays.csv")
def stays_csv(here: Here, asset_id: Id, days: Days = 31) -> Response:
    """Where an asset was."""
    asset = here.snapshots.current.assets.get(asset_id)
    if asset is None:
        raise NotThere(f"asset {asset_id}")
    end = here.clock.now()
    stays = stays_of_asset(here, asset_id, end - timedelta(days=days), end)
    return spreadsheet(f"where-{asset.number}", csv_of(here, stays))


def _room(here: Context, room_id: int) -> KnownPlace:
    room = here.snapshots.current.places.get(room_id)
    if room is None:
        raise NotThere(f"room {room_id}")
    return room


def _moment(here: Context, text: str) -> datetime:
    """A moment as a browser's field has it, on the hospital's clock; now when it is empty."""
    if not text.strip():
        return here.clock.now()
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Wrong("until", f"{text[:40]!r} is no time; write 2026-11-24T07:30.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=here.zone)
