"""Floors: the plan with what stands on it now, and the same as a list."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from asset_registry.known import KnownAsset, KnownPlace
from dashboards.access import STAFF
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.fix_view import FixView, fix_view
from dashboards.floor_view import FloorView, Located, RoomView, floor_view, located, worst_by_floor
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.sentences import address, many, start
from dashboards.standing import AlarmLine, Standing, rank, standing
from dashboards.whereabouts import Whereabouts, whereabouts
from dashboards.zone_view import zones_on

LAYERS = (
    ("assets", "Assets", "locate"),
    ("air", "Air", "wind"),
    ("light", "Light", "lightbulb"),
    ("gateways", "Gateways", "radio-tower"),
    ("alarms", "Alarms", "bell"),
)
SHOWN_FIRST = ("assets", "air", "gateways", "alarms")

router = APIRouter(dependencies=[STAFF])


@dataclass(frozen=True)
class Level:
    """A floor in the switch, with the worst that stands on it."""

    place: KnownPlace
    href: str
    current: bool
    worst: str


@dataclass(frozen=True)
class Layer:
    """A layer of the plan; `then` is what the address says of layers once it is switched."""

    name: str
    word: str
    icon: str
    shown: bool
    then: str


@dataclass(frozen=True)
class Group:
    """An incident of the list with its lines on this floor."""

    row: Standing
    lines: list[tuple[KnownPlace, AlarmLine]]


@router.get("/floors")
def floors(request: Request, here: Here) -> Response:
    """The floor with the worst that stands."""
    levels = here.snapshots.current.floors
    if not levels:
        return page(request, "floors_empty.html")
    with here.database.read() as session:
        worst = worst_by_floor(here, located(session, here, standing(session, here)))
    first = min(levels, key=lambda place: (rank(worst.get(place.id, "")), -(place.level or 0)))
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/floors/{first.id}{query}", 303)


@router.get("/floors/{floor_id}")
def floor(
    request: Request,
    here: Here,
    floor_id: Id,
    layers: Annotated[str | None, Query(max_length=100)] = None,
    room: Annotated[int | None, Query(ge=1)] = None,
    asset: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """One floor now. `layers` are those shown; `room` and `asset` are to be pointed out."""
    version = here.latest.version  # before the rest, so that nothing is missed between this and the live feed
    place = here.snapshots.current.places.get(floor_id)
    if place is None or place.kind != "floor":
        raise NotThere(f"floor {floor_id}")
    with here.database.read() as session:
        found = located(session, here, standing(session, here))
    view = floor_view(here, place, found)
    shown = [name for name, _, _ in LAYERS if name in (SHOWN_FIRST if layers is None else layers.split(","))]
    by_id = {each.place.id: each for each in view.rooms}
    groups = [group_of(row, found, by_id) for row in view.incidents]
    mentioned = {place.id for group in groups for place, _ in group.lines}
    return page(
        request,
        "floor.html",
        answer=answer(view),
        level=_level_of(view),
        evidence=evidence(view, building_of(here, place)),
        view=view,
        groups=groups,
        out=[each for each in view.counted if each.status.state == "out" and each.place.id not in mentioned],
        unheard=[each for each in view.counted if each.status.state in ("old", "none")],
        fine=[each for each in view.counted if each.status.state == "ok" and each.place.id not in mentioned],
        levels=_levels(request, here, found, place),
        layers=_layers(shown),
        shown=shown,
        pointed=by_id.get(room or 0),
        asked=asked(here, floor_id, asset),
        zones=zones_on(here.snapshots.current, floor_id),
        live_version=version,
    )


@dataclass(frozen=True)
class Asked:
    """An asset that was asked for, with its fix on this floor."""

    asset: KnownAsset
    fix: Whereabouts
    point: FixView


def asked(here: Context, floor_id: int, asset_id: int | None) -> Asked | None:
    """The asset that is to be pointed out, when its fix has a point on this floor."""
    now = here.snapshots.current
    it = now.assets.get(asset_id or 0)
    fix = whereabouts(here, now, it) if it is not None else None
    point = fix_view(here, now, it, fix.place) if it is not None and fix is not None else None
    if it is None or fix is None or point is None or point.plan.floor.id != floor_id:
        return None
    return Asked(it, fix, point)


def group_of(row: Standing, found: Located, rooms: dict[int, RoomView]) -> Group:
    """An incident with its lines on this floor, each with its room."""
    lines = [
        (rooms[found.room_of[line.id]].place, line)
        for line in row.lines
        if line.active and not line.inhibited and found.room_of.get(line.id) in rooms
    ]
    return Group(row, lines)


def answer(view: FloorView) -> str:
    """The first line: the worst in one sentence, or that the floor is in order."""
    name = view.floor.name or f"Level {view.floor.number}"
    if not view.rooms:
        return f"{name} has no rooms yet"
    worst = min(view.counted, key=lambda room: rank(room.level), default=None)
    first = view.incidents[0] if view.incidents else None
    judged = worst is not None and worst.level and worst.status.worst == worst.level
    if worst is not None and judged and (first is None or rank(worst.level) <= rank(first.priority)):
        return _full(worst)
    if first is not None:
        return first.title
    return f"{name} is in order: {_in_range(view)}"


def building_of(here: Context, floor: KnownPlace) -> str:
    """The name of a floor's building; "" when the site has only one."""
    now = here.snapshots.current
    building = now.places.get(floor.parent_id or 0)
    several = len({each.parent_id for each in now.floors}) > 1
    return building.name or building.number if building is not None and several else ""


def evidence(view: FloorView, building: str = "") -> str:
    """The line below the answer: the building, what else stands, and how many rooms are in range."""
    said = answer(view)
    name = view.floor.name or f"Level {view.floor.number}"
    if not view.rooms:
        return "Import its rooms and their outlines: wardkeeper import places FILE."
    if said.startswith(name):
        where = f"{building}. " if building else ""
        counts = f"{start(many(len(view.incidents), 'incident'))} here; {many(len(view.dots), 'asset')} on the plan."
        return where + counts
    worst = next((room.place.number for room in view.counted if _full(room) == said), "")
    others = [row.title for row in view.incidents if row.title != said and not (worst and worst in row.title)][:2]
    told = " ".join(f"{start(title)}." for title in others)
    where = f"{building} · {name}" if building else name
    return f"{where}. {told} {start(_in_range(view))}.".replace("  ", " ")


def _full(room: RoomView) -> str:
    number = room.place.number
    return room.status.sentence if number in room.status.sentence else f"{number}: {room.status.sentence}"


def _in_range(view: FloorView) -> str:
    rooms = view.counted
    fine = sum(room.status.state == "ok" for room in rooms)
    unheard = sum(room.status.state in ("old", "none") for room in rooms)
    rest = f", {many(unheard, 'room')} not heard" if unheard else ""
    return f"{fine} of {len(rooms)} rooms in range{rest}"


def _level_of(view: FloorView) -> str:
    levels = [room.level for room in view.rooms] + [row.priority for row in view.incidents]
    return min(levels, key=rank, default="")


def _levels(request: Request, here: Context, found: Located, current: KnownPlace) -> list[Level]:
    worst = worst_by_floor(here, found)
    kept = address(request, room=None).partition("?")
    return [
        Level(each, f"/floors/{each.id}{kept[1]}{kept[2]}", each.id == current.id, worst.get(each.id, ""))
        for each in here.snapshots.current.floors
    ]


def _layers(shown: list[str]) -> list[Layer]:
    found = []
    for name, word, icon in LAYERS:
        then = [each for each, _, _ in LAYERS if (each in shown) != (each == name)]
        found.append(Layer(name, word, icon, name in shown, ",".join(then) or "none"))
    return found
