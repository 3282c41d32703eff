"""A floor's drawing as one document: checked as a whole, saved in one transaction, the last save undone again.

What is left out of the document is no longer drawn; its place stays in the registry with all that hangs on it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import Audit, bump, hold, record
from asset_registry.bindings import Device, Gateway
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.hvac.brick import known_class
from asset_registry.places import Place
from asset_registry.polygons import Point, contains

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern="^[^/]+$")]
Thing = Annotated[str, StringConstraints(pattern="^(device|asset):[0-9]{1,18}$")]
BrickClass = Annotated[str, AfterValidator(known_class)]
DRAWN = ("polygon", "doors")
"""What a drawing says of a room's plan; whatever else stands there is kept."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DrawnDoor(_Part):
    """A door's middle and width in metres; the wall (n, e, s, w) is worked out from where it stands."""

    x: FiniteFloat
    y: FiniteFloat
    width: float = Field(1.0, gt=0.3, le=6)
    wall: Literal["", "n", "e", "s", "w"] = ""


class DrawnRoom(_Part):
    """A room, corridor, staircase or lift. Without an `id` it is the room of that number, or a new one."""

    id: int | None = None
    number: Number
    name: Text = ""
    room_type: Text = ""
    polygon: list[tuple[FiniteFloat, FiniteFloat]] = Field(min_length=3, max_length=200)
    doors: list[DrawnDoor] = Field(default=[], max_length=40)


class DrawnGateway(_Part):
    """A device that hears tags from this point."""

    device: int
    x: FiniteFloat
    y: FiniteFloat


class DrawnZone(_Part):
    """What several rooms have in common, by their numbers, or an outline of its own."""

    kind: Literal["hvac", "lighting", "cleaning", "restricted", "exit"]
    name: Number
    rooms: list[Number] = Field(default=[], max_length=500)
    polygon: list[tuple[FiniteFloat, FiniteFloat]] | None = Field(default=None, min_length=3, max_length=200)


class DrawnGround(_Part):
    """A picture that lies under the rooms, by its hash (`pictures`): its north-west corner and size in metres."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")
    x: float = Field(ge=-1000, le=2000)
    y: float = Field(ge=-1000, le=2000)
    width: float = Field(gt=0, le=4000)
    height: float = Field(gt=0, le=4000)


class Drawing(_Part):
    """A floor in metres from its north-west corner."""

    width: float = Field(gt=0, le=2000)
    depth: float = Field(gt=0, le=2000)
    rooms: list[DrawnRoom] = Field(default=[], max_length=1000)
    gateways: list[DrawnGateway] = Field(default=[], max_length=1000)
    zones: list[DrawnZone] = Field(default=[], max_length=200)
    ground: DrawnGround | None = None
    brick: dict[Thing, BrickClass] = Field(default={}, max_length=2000)
    """The Brick class of a device or an asset, where it is not what follows from its kind."""


def drawing_of(session: Session, floor_id: int) -> Drawing:
    """What is drawn of a floor now; 40 by 20 m of nothing where nobody has drawn. Raises Missing."""
    floor = _floor(session, floor_id)
    rooms = _rooms(session, floor_id)
    drawn = [room for room in rooms if room.plan.get("polygon")]
    corners = [corner for room in drawn for corner in room.plan["polygon"]]
    ids = [floor_id, *(room.id for room in rooms)]
    gateways = session.scalars(select(Gateway).where(Gateway.place_id.in_(ids)).order_by(Gateway.device_id))
    return Drawing(
        width=floor.plan.get("width") or max((x for x, _ in corners), default=40),
        depth=floor.plan.get("depth") or max((y for _, y in corners), default=20),
        rooms=[
            DrawnRoom(
                id=room.id,
                number=room.number,
                name=room.name,
                room_type=room.room_type,
                polygon=room.plan["polygon"],
                doors=room.plan.get("doors", []),
            )
            for room in drawn
        ],
        gateways=[DrawnGateway(device=each.device_id, x=each.x_m, y=each.y_m) for each in gateways],
        zones=floor.plan.get("zones", []),
        ground=floor.plan.get("ground"),
        brick=floor.plan.get("brick", {}),
    )


def mark_of(drawing: Drawing) -> str:
    """What a drawing is known by: who saves says which one was seen."""
    told = json.dumps(drawing.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def save(session: Session, floor_id: int, drawing: Drawing, seen: str, who: str, now: datetime) -> Drawing:
    """Make a checked drawing the floor's. Raises Missing, Invalid; Conflict when it is no longer the one `seen`."""
    hold(session)
    before = drawing_of(session, floor_id)
    if mark_of(before) != seen:
        raise Conflict("somebody else saved this floor meanwhile; load it again, then draw what is missing")
    return _apply(session, floor_id, drawing, before, "draw", who, now)


def undo(session: Session, floor_id: int, who: str, now: datetime) -> Drawing:
    """Take the last save back. Raises Missing; Conflict when there is none, or the floor changed since."""
    hold(session)
    now_drawn = drawing_of(session, floor_id)
    last = _last(session, floor_id)
    if last is None or last.action != "draw" or last.before is None:
        raise Conflict("there is no save of this floor to undo")
    if last.after is None or Drawing.model_validate(last.after) != now_drawn:
        raise Conflict("this floor changed after the last save; draw what should be different")
    return _apply(session, floor_id, Drawing.model_validate(last.before), now_drawn, "undraw", who, now)


def undoable(session: Session, floor_id: int) -> bool:
    """Whether the last change of the drawing was a save."""
    last = _last(session, floor_id)
    return last is not None and last.action == "draw"


def _last(session: Session, floor_id: int) -> Audit | None:
    chosen = select(Audit).where(Audit.object_kind == "drawing", Audit.object_id == str(floor_id))
    return session.scalars(chosen.order_by(Audit.id.desc()).limit(1)).first()


def _apply(
    session: Session, floor_id: int, drawing: Drawing, before: Drawing, action: str, who: str, now: datetime
) -> Drawing:
    floor = _floor(session, floor_id)
    placed = _write_rooms(session, floor_id, drawing)
    _write_gateways(session, floor_id, drawing, before, placed)
    floor.plan = {
        **floor.plan,
        "width": drawing.width,
        "depth": drawing.depth,
        "zones": [zone.model_dump(mode="json") for zone in drawing.zones],
        "brick": drawing.brick,
        "ground": drawing.ground.model_dump(mode="json") if drawing.ground else None,
    }
    session.flush()
    after = drawing_of(session, floor_id)
    record(
        session,
        now,
        who,
        action,
        ("drawing", floor_id),
        before.model_dump(mode="json"),
        after.model_dump(mode="json"),
    )
    bump(session)
    return after


def _write_rooms(session: Session, floor_id: int, drawing: Drawing) -> list[tuple[Place, list[Point]]]:
    there = _rooms(session, floor_id)
    by_id, by_number = {room.id: room for room in there}, {room.number: room for room in there}
    chosen: list[tuple[DrawnRoom, Place]] = []
    for drawn in drawing.rooms:
        if drawn.id is not None and drawn.id not in by_id:
            raise Invalid(f"{drawn.number}: room {drawn.id} is not on this floor")
        room = by_id[drawn.id] if drawn.id is not None else by_number.get(drawn.number)
        chosen.append((drawn, room or Place(kind="room", parent_id=floor_id, number=drawn.number, plan={})))
    kept = {id(room) for _, room in chosen}
    if len(kept) < len(chosen):
        raise Invalid("two outlines are of one room")
    taken = {room.number for room in there if id(room) not in kept}
    for drawn, room in chosen:
        if drawn.number in taken:
            raise Invalid(f"{drawn.number}: another room of this floor has that number")
        if room.number != drawn.number:
            room.number = f"\N{BULLET}{room.id}"  # two rooms may change their numbers with each other
    session.flush()
    for room in there:
        if id(room) not in kept and room.plan.get("polygon"):
            room.plan = {name: value for name, value in room.plan.items() if name not in DRAWN}
    for drawn, room in chosen:
        room.number, room.name, room.room_type = drawn.number, drawn.name, drawn.room_type
        doors = [door.model_dump(mode="json") for door in drawn.doors]
        room.plan = {**room.plan, "polygon": [list(corner) for corner in drawn.polygon], "doors": doors}
        session.add(room)
    session.flush()
    return [(room, drawn.polygon) for drawn, room in chosen]


def _write_gateways(
    session: Session,
    floor_id: int,
    drawing: Drawing,
    before: Drawing,
    placed: Iterable[tuple[Place, list[Point]]],
) -> None:
    rooms = list(placed)
    kept = {each.device for each in drawing.gateways}
    for each in before.gateways:
        if each.device not in kept:
            session.delete(session.get_one(Gateway, each.device))
    for each in drawing.gateways:
        if session.get(Device, each.device) is None:
            raise Missing(f"there is no device {each.device}")
        inside = next((room.id for room, polygon in rooms if contains(polygon, (each.x, each.y))), floor_id)
        gateway = session.get(Gateway, each.device) or Gateway(device_id=each.device)
        gateway.place_id, gateway.x_m, gateway.y_m = inside, each.x, each.y
        session.add(gateway)


def _floor(session: Session, floor_id: int) -> Place:
    floor = session.get(Place, floor_id)
    if floor is None or floor.kind != "floor":
        raise Missing(f"there is no floor {floor_id}")
    return floor


def _rooms(session: Session, floor_id: int) -> list[Place]:
    return list(
        session.scalars(select(Place).where(Place.parent_id == floor_id, Place.kind == "room").order_by(Place.id))
    )


def geojson_of(drawing: Drawing) -> Mapping[str, Any]:
    """The drawing as GeoJSON (RFC 7946 but for its coordinates: metres of the floor, y to the south).

    A door is [x, y, width].
    """
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[list(corner) for corner in [*room.polygon, room.polygon[0]]]],
                },
                "properties": {
                    "number": room.number,
                    "name": room.name,
                    "type": room.room_type,
                    "doors": [[door.x, door.y, door.width] for door in room.doors],
                },
            }
            for room in drawing.rooms
        ],
    }
