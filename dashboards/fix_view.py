"""Where a fix puts an asset on the plan, how near, and which gateways it rests on."""

from dataclasses import dataclass
from datetime import datetime

from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.ports import Fix
from asset_registry.outlines import Point
from asset_registry.snapshot import Snapshot
from dashboards.context import Context
from dashboards.plan import Plan, plan_of
from dashboards.words import NBSP, value

AROUND_M = 8.0
"""So much of the plan is shown on each side of the dot."""


@dataclass(frozen=True)
class Ear:
    """A gateway that heard the tag. `point` is on the plan of the fix's floor, None when it hangs elsewhere."""

    name: str
    href: str
    dbm: float | None
    point: Point | None

    @property
    def words(self) -> str:
        """Its name and how loud: "Gateway 4-12 at −62 dBm"."""
        return self.name if self.dbm is None else f"{self.name} at {value(round(self.dbm), 'rssi')}"


@dataclass(frozen=True)
class FixView:
    """A fix on the plan of its floor: `radius` in metres around (`x`, `y`); `box` is what is shown of the plan."""

    plan: Plan
    room: KnownPlace
    x: float
    y: float
    radius: float
    at: datetime
    ears: list[Ear]

    @property
    def box(self) -> str:
        """The part of the plan around the dot, as a viewBox."""
        wide, deep = max(2 * AROUND_M, 2.6 * self.radius), max(1.1 * AROUND_M, 2.6 * self.radius)
        return f"{self.x - wide / 2:.1f} {self.y - deep / 2:.1f} {wide:.1f} {deep:.1f}"

    @property
    def near(self) -> str:
        """How near: "2 m"; never nearer than that, for people stand in the way."""
        return f"{max(2, round(self.radius))}{NBSP}m"


def ears_of(now: Snapshot, fix: Fix, floor_id: int | None) -> list[Ear]:
    """The gateways that a fix rests on, the loudest first."""
    heard: list[tuple[str, float | None]] = [*fix.evidence] or ([(fix.gateway, None)] if fix.gateway else [])
    found = []
    for native_id, dbm in heard:
        device, gateway = now.device(native_id), now.gateway(native_id)
        floor = now.floor_of(gateway.place_id) if gateway is not None else None
        on = gateway is not None and floor is not None and floor.id == floor_id
        point = (gateway.x_m, gateway.y_m) if gateway is not None and on else None
        name = (device.name or native_id) if device is not None else native_id
        found.append(Ear(name, f"/devices/{device.id}" if device is not None else "", dbm, point))
    return found


def newest_fix(here: Context, now: Snapshot, asset: KnownAsset, place: KnownPlace | None) -> Fix | None:
    """The surest fix of the asset's tags, as long as it is what the readings say too."""
    fixes = [fix for tag in now.talkers_of(asset.id) if (fix := here.fix(tag)) is not None]
    best = max(fixes, key=lambda fix: (fix.confidence, fix.at), default=None)
    return best if best is not None and place is not None and best.place_id == place.id else None


def fix_view(here: Context, now: Snapshot, asset: KnownAsset, place: KnownPlace | None) -> FixView | None:
    """The fix of an asset that is in `place`; None where nobody knows a point of it, or its floor is not drawn."""
    fix = newest_fix(here, now, asset, place)
    room = now.room_of(place) if place is not None else None
    floor = now.floor_of(room) if room is not None else None
    plan = plan_of(now, floor) if floor is not None else None
    if fix is None or room is None or floor is None or plan is None or fix.x_m is None or fix.y_m is None:
        return None
    return FixView(plan, room, fix.x_m, fix.y_m, fix.radius_m or 0.0, fix.at, ears_of(now, fix, floor.id))
