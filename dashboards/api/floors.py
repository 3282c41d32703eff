"""A floor as the plan shows it: rooms with their air, assets with their fixes, gateways."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from asset_registry.assets import usable
from asset_registry.known import KnownPlace
from asset_registry.snapshot import Snapshot
from dashboards.access import STAFF
from dashboards.api.models import At, unit_of
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.problems import NotThere
from dashboards.rooms import room_status
from dashboards.whereabouts import whereabouts

router = APIRouter(prefix="/floors", tags=["places"], dependencies=[STAFF])


class MeasureOut(BaseModel):
    """A metric of a room against its range: `state` is ok, out, old or none."""

    metric: str
    value: float | None
    unit: str
    at: At | None
    low: float | None
    high: float | None
    state: str


class RoomOut(BaseModel):
    """A room: `plan` in metres from the floor's north-west corner, `worst` the priority of what is out of range."""

    id: int
    number: str
    name: str
    room_type: str
    plan: dict[str, Any]
    worst: str
    state: str
    sentence: str
    measures: list[MeasureOut]


class FloorAssetOut(BaseModel):
    """An asset that is on this floor."""

    id: int
    number: str
    name: str
    category: str
    usable: bool
    why: str
    room: int | None
    confidence: float
    words: str
    at: At | None


class GatewayOut(BaseModel):
    """A gateway, at its point of the plan in metres."""

    device: int
    name: str
    room: int
    x_m: float
    y_m: float
    seen: At | None


class FloorOut(BaseModel):
    """The floor; `live_version` is where `/ws/live?since=` goes on."""

    id: int
    number: str
    name: str
    level: int | None
    plan: dict[str, Any] = Field(description="width and depth, in metres")
    rooms: list[RoomOut]
    assets: list[FloorAssetOut]
    gateways: list[GatewayOut]
    live_version: int


@router.get("/{floor_id}")
def floor(here: Here, floor_id: Id) -> FloorOut:
    """Everything on a floor, as it is now."""
    version = here.latest.version  # before the rest, so that nothing is missed between this and the live feed
    now = here.snapshots.current
    place = now.places.get(floor_id)
    if place is None or place.kind != "floor":
        raise NotThere(f"floor {floor_id}")
    return FloorOut(
        id=place.id,
        number=place.number,
        name=place.name,
        level=place.level,
        plan=place.plan,
        rooms=[_room(here, now, room) for room in now.rooms_on(place.id)],
        assets=_assets(here, now, place.id),
        gateways=_gateways(here, now, place.id),
        live_version=version,
    )


def _room(here: Context, now: Snapshot, room: KnownPlace) -> RoomOut:
    status = room_status(here, now, room)
    return RoomOut(
        id=room.id,
        number=room.number,
        name=room.name,
        room_type=room.room_type,
        plan=room.plan,
        worst=status.worst,
        state=status.state,
        sentence=status.sentence,
        measures=[
            MeasureOut(
                metric=measure.metric,
                value=measure.value,
                unit=unit_of(measure.metric),
                at=measure.reading.at if measure.reading else None,
                low=measure.low,
                high=measure.high,
                state=measure.state,
            )
            for measure in status.measures
        ],
    )


def _assets(here: Context, now: Snapshot, floor_id: int) -> list[FloorAssetOut]:
    moment = here.clock.now()
    found = []
    for asset in now.assets.values():
        fix = whereabouts(here, now, asset)
        floor_of_it = now.floor_of(fix.place) if fix.place else None
        if floor_of_it is None or floor_of_it.id != floor_id or fix.place is None:
            continue
        answer, room = usable(asset, moment, asset.claimer, here.zone), now.room_of(fix.place)
        found.append(
            FloorAssetOut(
                id=asset.id,
                number=asset.number,
                name=asset.name,
                category=asset.category,
                usable=answer.usable,
                why=answer.why,
                room=room.id if room else None,
                confidence=fix.confidence,
                words=fix.words,
                at=fix.at,
            )
        )
    return found


def _gateways(here: Context, now: Snapshot, floor_id: int) -> list[GatewayOut]:
    found = []
    for device_id, gateway in now.gateways.items():
        on, device = now.floor_of(gateway.place_id), now.devices[device_id]
        if on is not None and on.id == floor_id:
            found.append(
                GatewayOut(
                    device=device_id,
                    name=device.name,
                    room=gateway.place_id,
                    x_m=gateway.x_m,
                    y_m=gateway.y_m,
                    seen=here.latest.seen(device.native_id),
                )
            )
    return found
