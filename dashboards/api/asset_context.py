"""Everything about an asset in a single call for the desk."""

from datetime import timedelta

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.orm import Session

from asset_registry.cold_chain.records import ColdStore
from asset_registry.find import find_assets
from asset_registry.known import KnownAsset
from asset_registry.locating.service import CONFIDENCE, ROOM
from collector.metrics import is_vital
from dashboards.access import STAFF
from dashboards.api import room_models as shapes
from dashboards.api.cold_stores import ColdOut, cold_out
from dashboards.api.models import AssetOut, At, DeviceOut, ReadingOut, asset_out, device_out, reading_out
from dashboards.api.params import Id
from dashboards.api.room_models import RoomStatusOut, StandingOut, TicketNoteOut
from dashboards.api.rooms import status_of
from dashboards.api.usage import StayOut, stay_out
from dashboards.changes import changes_of
from dashboards.cold_view import cold_of
from dashboards.context import Context, Here
from dashboards.device_view import standing_of
from dashboards.leaving_view import left_of
from dashboards.problems import NotThere
from dashboards.usage_view import stays_of_asset
from dashboards.whereabouts import whereabouts
from service_desk.alarms.model import Alarm
from service_desk.tickets.queue import Wanted, queue

SPARES = 3
TICKETS = 6
router = APIRouter(tags=["assets"])


class SpareOut(BaseModel):
    """Another of the same category that can be taken, and how far it is on foot."""

    asset_id: int
    name: str
    room: str
    distance_m: float | None


class ChangeOut(BaseModel):
    """What somebody changed."""

    at: At
    who: str
    what: str


class LeftOut(BaseModel):
    """An asset left the building by an exit zone."""

    by: str
    at: At


class AssetContextOut(BaseModel):
    """An asset, its devices with their newest readings (no vitals), its room, where it was in the last 24 hours.

    `left` only while it is outside, `cold` only for a cold store; `spares` nearest first. Not for automation: a place
    may be wrong.
    """

    asset: AssetOut
    devices: list[DeviceOut]
    readings: list[ReadingOut]
    room: RoomStatusOut | None
    left: LeftOut | None
    stays: list[StayOut]
    cold: ColdOut | None
    spares: list[SpareOut]
    alarms: list[StandingOut]
    tickets: list[TicketNoteOut]
    changes: list[ChangeOut]


@router.get("/assets/{asset_id}/context", dependencies=[STAFF])
def context(here: Here, asset_id: Id) -> AssetContextOut:
    """Everything about an asset in one call."""
    asset = here.snapshots.current.assets.get(asset_id)
    if asset is None:
        raise NotThere(f"asset {asset_id}")
    with here.database.read() as session:
        return _context(session, here, asset)


def _context(session: Session, here: Context, asset: KnownAsset) -> AssetContextOut:
    now, moment = here.snapshots.current, here.clock.now()
    devices = now.devices_of_asset(asset.id, moment)
    place = whereabouts(here, now, asset).place
    room = now.room_of(place) if place is not None else None
    kept = session.get(ColdStore, asset.id)
    left = left_of(here, asset.id)
    newest = (reading for device in devices for reading in here.latest.of(device.native_id).values())
    return AssetContextOut(
        asset=asset_out(here, now, asset),
        devices=[device_out(here, now, device) for device in devices],
        readings=[
            reading_out(each)
            for each in sorted(newest, key=lambda reading: (reading.device, reading.metric))
            if not is_vital(each.metric) and each.metric not in (ROOM, CONFIDENCE)
        ],
        room=status_of(session, here, room) if room is not None else None,
        left=LeftOut(by=left.zone, at=left.at) if left is not None else None,
        stays=[stay_out(stay) for stay in stays_of_asset(here, asset.id, moment - timedelta(days=1), moment)],
        cold=cold_out(here, cold_of(session, here, kept, 1)) if kept is not None else None,
        spares=_spares(here, asset, room.id if room is not None else None),
        alarms=[shapes.alarm_out(row) for row in standing_of(session, here, Alarm.asset_id == asset.id)],
        tickets=[shapes.ticket_out(row) for row in queue(session, Wanted(states=(), asset_id=asset.id, limit=TICKETS))],
        changes=[
            ChangeOut(at=each.at, who=each.who, what=each.what) for each in changes_of(session, "asset", asset.id)
        ],
    )


def _spares(here: Context, asset: KnownAsset, near: int | None) -> list[SpareOut]:
    found = find_assets(here.snapshots.current, here.latest, asset.category, near, here.clock.now(), here.zone)
    same = (hit for hit in found.usable if hit.asset.category == asset.category and hit.asset.id != asset.id)
    return [
        SpareOut(
            asset_id=hit.asset.id,
            name=hit.asset.name,
            room=hit.room.number if hit.room is not None else "",
            distance_m=hit.distance_m,
        )
        for hit, _ in zip(same, range(SPARES), strict=False)
    ]
