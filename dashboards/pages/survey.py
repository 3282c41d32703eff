"""A survey by walking, on a phone: stand at a point, say "I am here", go on; then a map is made of it and scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from asset_registry.errors import Invalid
from asset_registry.known import KnownPlace
from asset_registry.locating.drawn import plan_named
from asset_registry.locating.layout import Plan
from asset_registry.locating.route import Spot, following, spots
from asset_registry.locating.survey_files import COLUMNS, gateways_out, rooms_out, survey_rows
from asset_registry.locating.walked import (
    FEWEST_PACKETS,
    LONGEST_S,
    STAND_S,
    Level,
    LocationMap,
    Stood,
    SurveyPoint,
    add_point,
    levels,
    maps_of,
    points_of,
    take_back,
    use_map,
)
from asset_registry.outlines import doors_of
from asset_registry.places import WAYS, outline_of
from collector.points import RSSI, moment_of, ms_of, readings_of
from collector.ports import Selection
from collector.reading import Reading
from dashboards.access import Visitor, admit
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.forms import Back, back_to
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.sentences import many
from dashboards.spreadsheet import spreadsheet
from dashboards.standing import names_of

SURVEYING: Any = admit("facilities", "biomed", "it_agent")
LATELY = timedelta(seconds=20)
LATEST_MS = 1 << 42
TAGS = 40
"""So many tags are offered, the loudest first: one that is held to a gateway is louder than all that hang somewhere."""

router = APIRouter(dependencies=[SURVEYING])


class Standing(BaseModel):
    """I am here, since then, with this tag."""

    model_config = ConfigDict(extra="forbid")

    tag: str = Field(min_length=1, max_length=200)
    x: FiniteFloat
    y: FiniteFloat
    since: int = Field(ge=0, lt=LATEST_MS, description="Milliseconds since 1970, as `heard` said them.")


@dataclass(frozen=True)
class Tag:
    """A tag that was heard lately, and by whom it is worn."""

    native_id: str
    name: str
    dbm: float


@dataclass(frozen=True)
class MadeMap:
    """A map with its score in words, and who made it."""

    row: LocationMap
    who: str
    words: str
    alone: str


@router.get("/floors/{floor_id}/survey")
def survey(request: Request, here: Here, floor_id: Id, tag: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The page; the plan with its points it loads itself."""
    floor = _floor(here, floor_id)
    with here.database.read() as session:
        stood = points_of(session, floor_id)
        maps = _maps(session)
        walked = {each.floor_id for each in points_of(session)}
    todo = _spots(here, floor_id, stood)
    tags = lately(here)
    if tag and all(each.native_id != tag for each in tags):
        tags = [Tag(tag, _name(here, tag), 0.0), *tags]
    return page(
        request,
        "survey.html",
        floor=floor,
        answer=answer(stood, todo),
        rooms=uncovered(todo),
        stood=len(stood),
        todo=todo,
        tags=tags,
        tag=tag or (stood[-1].tag if stood else ""),
        stand_s=int(STAND_S),
        maps=maps,
        in_use=any(each.row.in_use for each in maps),
        making=here.maps.begun if here.maps else None,
        trouble=here.maps.trouble if here.maps else "",
        without=[each for each in here.snapshots.current.floors if each.id not in walked],
    )


@router.get("/floors/{floor_id}/survey/state")
def state(here: Here, floor_id: Id) -> JSONResponse:
    """The plan, where somebody stood, where to stand next."""
    _floor(here, floor_id)
    with here.database.read() as session:
        return JSONResponse(_state(here, floor_id, points_of(session, floor_id)))


@router.get("/floors/{floor_id}/survey/heard")
def heard(
    here: Here,
    floor_id: Id,
    tag: Annotated[str, Query(min_length=1, max_length=200)],
    since: Annotated[int | None, Query(ge=0, lt=LATEST_MS)] = None,
) -> JSONResponse:
    """What gateways heard of the tag since then, or in the last seconds; `enough` ends the standing."""
    _floor(here, floor_id)
    now = here.clock.now()
    start = max(moment_of(since), now - timedelta(seconds=LONGEST_S)) if since is not None else now - LATELY
    found = levels(_sightings(here, start, now, tag))
    packets, stood = sum(each.packets for each in found), (now - start).total_seconds()
    return JSONResponse(
        {
            "now": ms_of(now),
            "stood_s": round(stood, 1),
            "packets": packets,
            "enough": since is not None and stood >= STAND_S and packets >= FEWEST_PACKETS,
            "gateways": [_level(here, each) for each in found],
        }
    )


@router.post("/floors/{floor_id}/survey/points")
def stand(here: Here, visitor: Visitor, floor_id: Id, wanted: Standing) -> JSONResponse:
    """Keep what was heard while somebody stood there; says where to stand next."""
    now, begun = here.clock.now(), moment_of(wanted.since)
    if not now - timedelta(seconds=LONGEST_S) <= begun <= now:
        raise Invalid(f"one stands at a point for {LONGEST_S / 60:.0f} minutes at most; begin it again")
    stood = Stood(floor_id, wanted.x, wanted.y, wanted.tag, begun, _sightings(here, begun, now, wanted.tag))
    with here.database.write() as session:
        add_point(session, stood, visitor.login, now)
        return JSONResponse(_state(here, floor_id, points_of(session, floor_id)))


@router.post("/floors/{floor_id}/survey/undo")
def undo(here: Here, visitor: Visitor, floor_id: Id) -> JSONResponse:
    """Take the last point back."""
    with here.database.write() as session:
        take_back(session, floor_id, visitor.login, here.clock.now())
        return JSONResponse(_state(here, floor_id, points_of(session, floor_id)))


@router.post("/floors/{floor_id}/survey/map")
def make(here: Here, visitor: Visitor, floor_id: Id, back: Back = "/floors") -> Response:
    """Make a map of the points of all floors."""
    _floor(here, floor_id)
    if here.maps is None:
        raise Invalid("this process makes no maps; use `wardkeeper locate train`")
    here.maps.begin(visitor.login)
    return back_to(back)


@router.post("/floors/{floor_id}/survey/maps/{map_id}/use")
def use(
    here: Here, visitor: Visitor, floor_id: Id, map_id: Annotated[int, Path(ge=0, lt=2**31)], back: Back = "/floors"
) -> Response:
    """Locate by this map from now on; 0: without one."""
    _floor(here, floor_id)
    with here.database.write() as session:
        use_map(session, map_id or None, visitor.login, here.clock.now())
    refreshed(here)
    return back_to(back)


@router.get("/survey.csv")
def points_csv(here: Here) -> Response:
    """All points, as `wardkeeper locate train` takes them."""
    plan = _plan(here)
    with here.database.read() as session:
        points = points_of(session)
    return spreadsheet("survey", [COLUMNS, *survey_rows(here.snapshots.current, plan, points)])


@router.get("/survey/gateways.json")
def gateways_json(here: Here) -> JSONResponse:
    """What `--gateways` takes."""
    return JSONResponse(gateways_out(_plan(here)))


@router.get("/survey/rooms.json")
def rooms_json(here: Here) -> JSONResponse:
    """What `--rooms` takes."""
    return JSONResponse(rooms_out(_plan(here)))


# ---------------------------------------------------------------- what stands on the page


def answer(stood: Sequence[SurveyPoint], todo: Sequence[Spot]) -> str:
    """The first line."""
    if not todo:
        return "Nothing is drawn on this floor: draw its rooms first"
    done = sum(spot.done for spot in todo)
    if not stood:
        return f"Nobody has walked this floor: {many(len(todo), 'point')}, about {minutes(len(todo))}"
    left = len(todo) - done
    return f"{done} of {len(todo)} points walked" + (f", about {minutes(left)} to go" if left else ": all of them")


def minutes(points: int) -> str:
    """How long so many points take, with the way between them."""
    return many(max(1, round(points * (STAND_S + 8) / 60)), "minute")


def uncovered(todo: Sequence[Spot]) -> list[KnownPlace]:
    """The rooms in which a point is missing."""
    return list({spot.room.id: spot.room for spot in todo if not spot.done}.values())


def words_of(score: Mapping[str, Any] | None) -> str:
    """A score as people read it. Of the few seconds at a point the first are spent settling: answers count."""
    if not score or score["room_accuracy_when_known"] is None:
        return "no answer at any point"
    said = f"{score['room_accuracy_when_known']:.0%} of its answers are the right room"
    return said if score["mean_error_m"] is None else f"{said}, {score['mean_error_m']:.1f} m off on average"


def _maps(session: Session) -> list[MadeMap]:
    rows = maps_of(session)
    people = names_of(session, {row.who for row in rows})
    return [
        MadeMap(
            row,
            people.get(row.who, row.who),
            words_of(row.scores.get("positions_left_out")),
            words_of(row.scores.get("plan_alone")),
        )
        for row in rows
    ]


def lately(here: Context) -> list[Tag]:
    """The tags that were heard in the last seconds, the loudest first."""
    now = here.clock.now()
    loudest: dict[str, float] = {}
    for each in _sightings(here, now - LATELY, now):
        if isinstance(each.value, float) and each.gateway:
            loudest[each.device] = max(each.value, loudest.get(each.device, -200.0))
    best = sorted(loudest.items(), key=lambda pair: -pair[1])[:TAGS]
    return [Tag(tag, _name(here, tag), dbm) for tag, dbm in best]


def _name(here: Context, tag: str) -> str:
    now = here.snapshots.current
    asset, device = now.asset_of(tag, here.clock.now()), now.device(tag)
    named = (device.name or tag) if device else tag
    return f"{named} at {asset.name}" if asset else named


def _sightings(here: Context, start: datetime, end: datetime, tag: str = "") -> list[Reading]:
    wanted = Selection(start, end + timedelta(milliseconds=1), devices=(tag,) if tag else (), metrics=(RSSI,))
    return readings_of(here.store.query(wanted))


def _level(here: Context, level: Level) -> dict[str, Any]:
    device = here.snapshots.current.device(level.gateway)
    name = (device.name or level.gateway) if device else level.gateway
    hangs = device is not None and device.id in here.snapshots.current.gateways
    return {"name": name, "packets": level.packets, "dbm": level.dbm, "placed": hangs}


def _spots(here: Context, floor_id: int, stood: Sequence[SurveyPoint]) -> list[Spot]:
    return spots(here.snapshots.current.rooms_on(floor_id), [(each.x_m, each.y_m) for each in stood])


def _state(here: Context, floor_id: int, stood: Sequence[SurveyPoint]) -> dict[str, Any]:
    now, floor = here.snapshots.current, _floor(here, floor_id)
    todo = _spots(here, floor_id, stood)
    coming = following(todo, (stood[-1].x_m, stood[-1].y_m) if stood else None)
    drawn = [(room, outline_of(room.plan)) for room in now.rooms_on(floor_id)]
    corners = [corner for _, outline in drawn for corner in outline]
    return {
        "answer": answer(stood, todo),
        "width": floor.plan.get("width") or max((x for x, _ in corners), default=40),
        "depth": floor.plan.get("depth") or max((y for _, y in corners), default=20),
        "rooms": [
            {
                "number": room.number,
                "polygon": outline,
                "way": room.room_type in WAYS,
                "doors": [door.gap for door in doors_of(room)],
            }
            for room, outline in drawn
            if len(outline) > 2
        ],
        "points": [{"x": each.x_m, "y": each.y_m, "packets": len(each.heard)} for each in stood],
        "spots": [{"x": spot.x, "y": spot.y, "room": spot.room.number, "done": spot.done} for spot in todo],
        "next": {"x": coming.x, "y": coming.y, "room": coming.room.number} if coming else None,
        "uncovered": [{"id": room.id, "number": room.number} for room in uncovered(todo)],
    }


def _floor(here: Context, floor_id: int) -> KnownPlace:
    floor = here.snapshots.current.places.get(floor_id)
    if floor is None or floor.kind != "floor":
        raise NotThere(f"floor {floor_id}")
    return floor


def _plan(here: Context) -> Plan:
    plan = plan_named(here.snapshots.current)
    if plan is None:
        raise Invalid("there is no plan: draw every floor that has a gateway, and place the gateways")
    return plan
