"""What is wrong with a floor's drawing, in words that say where and what to do."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from asset_registry.drawing import Drawing, DrawnDoor, DrawnRoom
from asset_registry.polygons import area_of, crosses, facing, overlap

WALL_M = 0.3
"""By so much outlines may lie on each other: some draw to the middle of a wall, some to its inside."""
SMALLEST_M2 = 0.25


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `kind`: number, crosses, small, outside, overlap, door, gateway, zone."""

    kind: str
    where: str
    words: str


def faults(drawing: Drawing) -> list[Fault]:
    """All that is wrong; nothing when it can be saved."""
    return [*_numbers(drawing), *_outlines(drawing), *_doors(drawing), *_others(drawing)]


def _numbers(drawing: Drawing) -> Iterator[Fault]:
    for number, times in Counter(room.number for room in drawing.rooms).items():
        if times > 1:
            yield Fault("number", number, f"{times} rooms have the number {number}; a number stands on one door")


def _outlines(drawing: Drawing) -> Iterator[Fault]:
    sound = []
    for room in drawing.rooms:
        if crosses(room.polygon):
            yield Fault("crosses", room.number, f"{room.number}: its walls cross; move a corner")
        elif abs(area_of(room.polygon)) < SMALLEST_M2:
            yield Fault("small", room.number, f"{room.number}: smaller than {SMALLEST_M2} m²; enlarge it")
        else:
            sound.append(room)
        if not all(_on_floor(drawing, x, y) for x, y in room.polygon):
            size = f"{drawing.width:g} by {drawing.depth:g} m"
            yield Fault("outside", room.number, f"{room.number}: reaches out of the floor of {size}; enlarge the floor")
    for one, other in combinations(sound, 2):
        if overlap(one.polygon, other.polygon, WALL_M):
            yield Fault("overlap", one.number, f"{one.number} lies on {other.number}; move the wall between them")


def _on_floor(drawing: Drawing, x: float, y: float) -> bool:
    return -WALL_M <= x <= drawing.width + WALL_M and -WALL_M <= y <= drawing.depth + WALL_M


def _doors(drawing: Drawing) -> Iterator[Fault]:
    for room in drawing.rooms:
        for door in room.doors:
            if facing(room.polygon, (door.x, door.y))[1] > WALL_M:
                where = f"{door.x:g}, {door.y:g}"
                yield Fault("door", room.number, f"{room.number}: the door at {where} is in none of its walls; move it")


def _others(drawing: Drawing) -> Iterator[Fault]:
    for device, times in Counter(each.device for each in drawing.gateways).items():
        if times > 1:
            yield Fault("gateway", str(device), "a gateway is placed twice; take one away")
    for each in drawing.gateways:
        if not _on_floor(drawing, each.x, each.y):
            yield Fault("gateway", str(each.device), "a gateway is outside the floor; move it")
    numbers = {room.number for room in drawing.rooms}
    names = Counter((zone.kind, zone.name) for zone in drawing.zones)
    for zone in drawing.zones:
        gone = [number for number in zone.rooms if number not in numbers]
        if gone:
            yield Fault("zone", zone.name, f"{zone.name}: {', '.join(gone)} is not drawn; take it out of the zone")
        if not zone.rooms and not zone.polygon:
            yield Fault("zone", zone.name, f"{zone.name}: no rooms; click the rooms of the zone, or delete it")
        if names[zone.kind, zone.name] > 1:
            yield Fault("zone", zone.name, f"{zone.name}: two {zone.kind} zones have that name")


def hung(drawing: Drawing) -> Drawing:
    """The same with every door in the wall that it stands in."""
    rooms = [room.model_copy(update={"doors": [_hung(room, door) for door in room.doors]}) for room in drawing.rooms]
    return drawing.model_copy(update={"rooms": rooms})


def _hung(room: DrawnRoom, door: DrawnDoor) -> DrawnDoor:
    return door.model_copy(update={"wall": facing(room.polygon, (door.x, door.y))[0]})
