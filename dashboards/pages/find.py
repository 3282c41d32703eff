"""Find: one field; the nearest usable one first, then the others and why not; the way to it beside."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request
from starlette.responses import Response

from asset_registry.find import battery_of
from asset_registry.known import KnownPlace
from asset_registry.outlines import Point
from asset_registry.snapshot import Snapshot
from asset_registry.status import TAKERS
from asset_registry.ways import Way
from dashboards.access import STAFF, Visitor
from dashboards.context import Here
from dashboards.plan import UNCOUNTED, Plan, plan_of
from dashboards.render import page
from dashboards.search import Found, Hit, answer, categories, search
from dashboards.sentences import address

SHOWN = 8
"""Rows of a group before "show all"."""
PINS = 5
NEAR_S = 12 * 3600
"""How long a browser remembers where its person is: a shift."""
PACE_M_S = 1.0

router = APIRouter(dependencies=[STAFF])


@dataclass(frozen=True)
class Pin:
    """A found asset on the map, in per cent."""

    number: int
    x: float
    y: float
    chosen: bool


@dataclass(frozen=True)
class Map:
    """The floor of what was chosen, with the way to it: `line` in metres, `you` and where it `enters` in per cent."""

    plan: Plan
    hit: Hit
    room: KnownPlace
    way: Way | None
    line: str
    you: Point | None
    enters: Point | None
    pins: list[Pin]
    others: list[str]

    @property
    def seconds(self) -> int:
        """About how long the walk takes, in steps of ten seconds."""
        return max(10, round((self.way.metres if self.way else 0) / PACE_M_S / 10) * 10)


@router.get("/find")
def find(
    request: Request,
    here: Here,
    visitor: Visitor,
    q: Annotated[str, Query(max_length=100)] = "",
    near: Annotated[str | None, Query(max_length=40)] = None,
    to: Annotated[int | None, Query(ge=1)] = None,
    more: Annotated[str, Query(max_length=10)] = "",
    wardkeeper_near: Annotated[str | None, Cookie(max_length=40)] = None,
) -> Response:
    """What was found for `q`, seen from the room `near`; `to` is the asset whose way is shown."""
    now = here.snapshots.current
    said = near if near is not None else wardkeeper_near or ""
    place = room_called(now, said)
    with here.database.read() as session:
        found = search(session, here, visitor, q, place)
        answered = page(
            request,
            "find.html",
            answer=answer(here, found),
            found=found,
            best=best_of(found),
            battery=lambda hit: battery_of(now, here.latest, hit.asset),
            map=map_of(now, found, to),
            near=place,
            unknown_near=said if said and place is None else "",
            rooms=[room for room in now.rooms if room.room_type not in UNCOUNTED],
            categories=categories(here) if not q.strip() else [],
            shown=None if more else SHOWN,
            everything=address(request, more="all"),
            may_take=visitor.may(*TAKERS),
            link=lambda **changes: address(request, **changes),
        )
    if near is not None:
        answered.set_cookie("wardkeeper_near", place.number if place else "", NEAR_S, samesite="lax", httponly=True)
    return answered


def room_called(now: Snapshot, number: str) -> KnownPlace | None:
    """The room with that number."""
    return now.room(number.strip()) if number.strip() else None


def best_of(found: Found) -> Hit | None:
    """The one the first line speaks of."""
    return next(iter(found.usable or found.mine or found.doubtful or found.not_usable), None)


def map_of(now: Snapshot, found: Found, to: int | None) -> Map | None:
    """The map of the chosen asset, the best one when none is; None when its place is unknown or not drawn."""
    hit = next((each for each in found.assets if each.asset.id == to), None) or best_of(found)
    if hit is None or hit.room is None:
        return None
    floor = now.floor_of(hit.room)
    plan = plan_of(now, floor) if floor is not None else None
    if floor is None or plan is None or plan.outline(hit.room.id) is None:
        return None
    way = found.ways.to(hit.room) if found.ways is not None else None
    leg = way.legs.get(floor.id, []) if way is not None else []
    here = found.near is not None and now.floor_of(found.near) == floor
    return Map(
        plan=plan,
        hit=hit,
        room=hit.room,
        way=way,
        line=" ".join(f"{x:g},{y:g}" for x, y in leg) if len(leg) > 1 else "",
        you=plan.percent(*leg[0]) if here and leg else None,
        enters=plan.percent(*leg[0]) if leg and not here else None,
        pins=_pins(plan, found, hit),
        others=[floor_.number for floor_ in now.floors if floor_ != floor and way and floor_.id in way.legs],
    )


def _pins(plan: Plan, found: Found, chosen: Hit) -> list[Pin]:
    """Numbers of the first rows that are on this floor, one a room."""
    pins: dict[int, Pin] = {}
    numbered = list(enumerate(found.usable[:PINS], 1)) or [(1, chosen)]
    if chosen not in [hit for _, hit in numbered]:
        numbered.append((found.usable.index(chosen) + 1 if chosen in found.usable else 0, chosen))
    for number, hit in numbered:
        outline = plan.outline(hit.room.id) if hit.room is not None else None
        if outline is not None and (hit is chosen or outline.place.id not in pins):
            pins[outline.place.id] = Pin(number, *plan.percent(*outline.box.center), hit is chosen)
    return list(pins.values())
