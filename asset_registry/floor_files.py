"""A floor's outlines and doors out of a GeoJSON file in metres, as `drawing.geojson_of` writes it, and back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.drawing import Drawing, DrawnDoor, DrawnRoom, drawing_of, mark_of, save
from asset_registry.drawing_checks import faults, hung
from asset_registry.errors import Invalid, Missing
from asset_registry.places import Place
from asset_registry.plan_files import Outline, read


@dataclass(frozen=True)
class FloorReport:
    """How many rooms of a file are new, how many were drawn anew."""

    added: int
    changed: int


def floor_called(session: Session, name: str) -> int:
    """The floor by its number, or "A/4" where two buildings have it. Raises Missing, Invalid."""
    above, _, number = name.rpartition("/")
    floors = session.scalars(select(Place).where(Place.kind == "floor", Place.number == number)).all()
    found = [floor for floor in floors if not above or _building(session, floor) == above]
    if not found:
        raise Missing(f"there is no floor {name}; import the site, its buildings and floors first")
    if len(found) > 1:
        ways = ", ".join(f"{_building(session, floor)}/{floor.number}" for floor in found)
        raise Invalid(f"several floors are called {name}: say which, {ways}")
    return found[0].id


def _building(session: Session, floor: Place) -> str:
    building = session.get(Place, floor.parent_id) if floor.parent_id is not None else None
    return building.number if building is not None else ""


def import_floor(session: Session, floor_id: int, name: str, content: bytes, who: str, now: datetime) -> FloorReport:
    """Draw the outlines of a file; rooms that it does not name stay as they are. Raises Invalid, Missing, Conflict."""
    before = drawing_of(session, floor_id)
    rooms = {room.number: room for room in before.rooms}
    known = set(rooms)
    outlines = read(name, content)
    for n, outline in enumerate(outlines, 1):
        if not outline.number:
            raise Invalid(f"{name}: outline {n} has no number; give it the property number, as on the door")
        rooms[outline.number] = _room(outline, rooms.get(outline.number))
    corners = [corner for room in rooms.values() for corner in room.polygon]
    drawing = before.model_copy(
        update={
            "rooms": list(rooms.values()),
            "width": max(before.width, *(x for x, _ in corners)),
            "depth": max(before.depth, *(y for _, y in corners)),
        }
    )
    wrong = faults(drawing)
    if wrong:
        raise Invalid(f"{name}: " + "; ".join(fault.words for fault in wrong[:10]))
    save(session, floor_id, hung(Drawing.model_validate(drawing.model_dump())), mark_of(before), who, now)
    named = {outline.number for outline in outlines}
    return FloorReport(len(named - known), len(named & known))


def _room(outline: Outline, there: DrawnRoom | None) -> DrawnRoom:
    """The outline as a room; what the file leaves out of a room that is drawn stays."""
    doors = [DrawnDoor(x=x, y=y, width=width) for x, y, width in outline.doors]
    return DrawnRoom(
        id=there.id if there else None,
        number=outline.number,
        name=outline.name or (there.name if there else ""),
        room_type=outline.room_type or (there.room_type if there else ""),
        polygon=outline.polygon,
        doors=doors if outline.doors else (there.doors if there else []),
    )
