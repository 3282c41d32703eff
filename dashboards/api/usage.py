"""Where assets were, and how they are used."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from asset_registry.usage.stays import Stay, dwell, moves
from dashboards.access import STAFF
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.problems import NotThere, Wrong
from dashboards.usage_view import fleets, stays_in_room, stays_of_asset

LONGEST = timedelta(days=92)
router = APIRouter(tags=["usage"], dependencies=[STAFF])
Start = Annotated[AwareDatetime | None, Query(description="A day before the end when not given.")]
End = Annotated[AwareDatetime | None, Query(description="Now when not given.")]


class StayOut(BaseModel):
    """An asset in a place; `place_id` null: nobody knows where."""

    asset_id: int
    place_id: int | None
    start: At
    end: At
    going_on: bool


class StaysOut(BaseModel):
    """Stays in their order; `dwell_s` seconds by place id, "" for the unknown; `moves` between known rooms."""

    stays: list[StayOut]
    dwell_s: dict[str, int]
    moves: int


class FleetOut(BaseModel):
    """A category: see docs/usage.md for what each figure means."""

    category: str
    size: int
    rented: int
    utilization: float
    busy: int
    most: int
    turnover: float
    unused: list[int]
    enough: int
    advice: str


@router.get("/assets/{asset_id}/stays")
def asset_stays(here: Here, asset_id: Id, start: Start = None, end: End = None) -> StaysOut:
    """Where an asset was."""
    if asset_id not in here.snapshots.current.assets:
        raise NotThere(f"asset {asset_id}")
    stays = stays_of_asset(here, asset_id, *_between(here, start, end))
    times = {str(place or ""): round(lasted.total_seconds()) for place, lasted in dwell(stays).items()}
    return StaysOut(stays=[stay_out(stay) for stay in stays], dwell_s=times, moves=moves(stays))


@router.get("/rooms/{room_id}/stays")
def room_stays(here: Here, room_id: Id, start: Start = None, end: End = None) -> list[StayOut]:
    """Which assets were in a room, the longest first."""
    if room_id not in here.snapshots.current.places:
        raise NotThere(f"room {room_id}")
    return [stay_out(stay) for stay in stays_in_room(here, room_id, *_between(here, start, end), timedelta())]


@router.get("/fleet")
def fleet(here: Here, days: Annotated[int, Query(ge=1, le=366)] = 30) -> list[FleetOut]:
    """Every category of movable equipment, the largest first."""
    with here.database.read() as session:
        told = fleets(session, here, days)
    return [
        FleetOut(
            category=each.category,
            size=each.size,
            rented=each.rented,
            utilization=round(each.utilization, 4),
            busy=each.busy,
            most=each.most,
            turnover=round(each.turnover, 2),
            unused=list(each.unused),
            enough=each.enough,
            advice=each.advice,
        )
        for each in told
    ]


def _between(here: Context, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    last = end or here.clock.now()
    try:
        first = start or last - timedelta(days=1)
        if not timedelta() < last - first <= LONGEST:
            raise Wrong("start", f"The start is before the end, by at most {LONGEST.days} days.")
        _ = first - LONGEST  # nobody asks about the year 1
    except OverflowError as error:
        raise Wrong("start", "That is no time of this house.") from error
    return first, last


def stay_out(stay: Stay) -> StayOut:
    """A stay as the interface tells it."""
    return StayOut(
        asset_id=stay.asset_id, place_id=stay.place_id, start=stay.start, end=stay.end, going_on=stay.going_on
    )
