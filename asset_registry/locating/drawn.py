"""The plan of the registry as a model without a survey: path loss, walls and gateways that are known."""

from collections import Counter

import msgspec

from asset_registry.locating.layout import GatewayAt, Plan, Room
from asset_registry.locating.model import Model
from asset_registry.locating.radiomap import BEHIND_WALLS
from asset_registry.places import WAYS, outline_of
from asset_registry.snapshot import Snapshot


def plan_drawn(snapshot: Snapshot) -> Plan | None:
    """Rooms (their ids are those of the places) and gateways of all floors that have both.

    None when a gateway hangs on a floor without outlines: then nobody knows what it hears.
    """
    gateways = []
    for device_id, gateway in snapshot.gateways.items():
        floor = snapshot.floor_of(gateway.place_id)
        if floor is None:
            return None
        gateways.append(GatewayAt(snapshot.devices[device_id].native_id, gateway.x_m, gateway.y_m, str(floor.id)))
    heard = {gateway.floor for gateway in gateways}
    rooms = [
        Room(str(room.id), str(floor.id), outline_of(room.plan), way=room.room_type in WAYS)
        for floor in snapshot.floors
        if str(floor.id) in heard
        for room in snapshot.rooms_on(floor.id)
        if outline_of(room.plan)
    ]
    if not gateways or heard - {room.floor for room in rooms}:
        return None
    return Plan(gateways, rooms, walls=True)


def drawn(snapshot: Snapshot) -> Model | None:
    """A model of it."""
    plan = plan_drawn(snapshot)
    return Model(plan, radio=BEHIND_WALLS) if plan else None


def names_of(snapshot: Snapshot) -> dict[int, str]:
    """How models and surveys call floors and rooms: by the number on the door where only one has it, else by its way.

    Two buildings may both have a floor 4: those are "A/4" and "B/4".
    """
    found = {}
    for places in (snapshot.floors, snapshot.rooms):
        times = Counter(place.number for place in places)
        for place in places:
            way = "/".join(each.number for each in snapshot.path(place.id) if each.kind in ("building", place.kind))
            found[place.id] = place.number if times[place.number] == 1 else way
    return found


def plan_named(snapshot: Snapshot) -> Plan | None:
    """The plan that is drawn, as people and files call its floors and rooms."""
    plan = plan_drawn(snapshot)
    if plan is None:
        return None
    names = names_of(snapshot)
    replace = msgspec.structs.replace
    return Plan(
        [replace(each, floor=names[int(each.floor)]) for each in plan.gateways],
        [replace(room, id=names[int(room.id)], floor=names[int(room.floor)]) for room in plan.rooms],
        walls=True,
    )
