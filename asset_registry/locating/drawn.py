"""The plan of the registry as a model without a survey: path loss, walls and gateways that are known."""

from asset_registry.locating.layout import GatewayAt, Plan, Room
from asset_registry.locating.model import Model
from asset_registry.locating.radiomap import Radio
from asset_registry.places import WAYS, outline_of
from asset_registry.snapshot import Snapshot

BEHIND_WALLS = Radio(exponent=2.4, gain_db=4.0)
"""Furniture and people take more than the air of an open office, and nobody measured the tags."""


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
