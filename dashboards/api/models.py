"""The shapes of the interface's answers, and how they are made. Ids are integers, times ISO 8601 in UTC."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, PlainSerializer

from asset_registry.assets import usable
from asset_registry.known import KnownAsset, KnownDevice, KnownPlace
from asset_registry.snapshot import Snapshot
from collector.errors import Unreachable
from collector.metrics import METRICS
from collector.reading import Reading
from dashboards.context import Context
from dashboards.whereabouts import Whereabouts, whereabouts


def iso(moment: datetime) -> str:
    """ISO 8601, UTC, whole milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


At = Annotated[datetime, PlainSerializer(iso, return_type=str)]


class ReadingOut(BaseModel):
    """A device's value, with its unit as UCUM writes it. In a window `value` is the aggregate and `at` its start."""

    device: str
    metric: str
    value: float | bool | str | None
    unit: str
    quality: Literal["GOOD", "UNCERTAIN", "BAD"]
    at: At
    received: At | None = None
    gateway: str = ""


class PlaceOut(BaseModel):
    """A place, as deep as its room: "4.12" on floor 8."""

    id: int
    kind: str
    number: str
    name: str
    level: int | None = None
    room_type: str = ""
    parent: int | None = None
    floor: int | None = None


class FixOut(BaseModel):
    """Where an asset was heard last: `confidence` 0 to 1 and in words (sure, likely, perhaps, unknown)."""

    place: PlaceOut | None
    confidence: float
    words: str
    at: At | None


class StatusOut(BaseModel):
    """The four parts of an asset's status."""

    use: str
    hygiene: str
    condition: str
    holding: str


class AssetOut(BaseModel):
    """What is owned, whether it can be taken (`why` says why not), and where it is."""

    id: int
    number: str
    name: str
    category: str
    maker: str
    model: str
    serial: str
    udi_di: str
    udi_pi: str
    department: str
    criticality: str
    mobile: bool
    status: StatusOut
    usable: bool
    why: str
    claimed_by: str
    claimed_until: At | None
    home: PlaceOut | None
    fix: FixOut
    devices: list[int]
    changed: At
    recall: str
    maintenance_due: date | None
    counterparty: str
    return_due: date | None
    custodian: str


class DeviceOut(BaseModel):
    """What talks; bound to an asset or to a place, or to nothing (then it is unclaimed)."""

    id: int
    native_id: str
    name: str
    kind: str
    maker: str
    model: str
    firmware: str
    interval_s: float | None
    first_seen: At
    seen: At | None
    asset: int | None
    place: int | None


def refreshed(here: Context) -> Snapshot:
    """The snapshot after a change just made: this process sees its own changes at once."""
    with suppress(Unreachable):  # it was just written; the next look shows it
        here.snapshots.refresh()
    return here.snapshots.current


def reading_out(reading: Reading) -> ReadingOut:
    """A reading as the interface tells it."""
    return ReadingOut(
        device=reading.device,
        metric=reading.metric,
        value=reading.value,
        unit=unit_of(reading.metric),
        quality=reading.quality.value,
        at=reading.at,
        received=reading.received,
        gateway=reading.gateway,
    )


def unit_of(metric: str) -> str:
    """UCUM, "" when it has none."""
    known = METRICS.get(metric)
    return known.unit if known else ""


def place_out(now: Snapshot, place: KnownPlace) -> PlaceOut:
    """A place as the interface tells it."""
    floor = now.floor_of(place)
    return PlaceOut(
        id=place.id,
        kind=place.kind,
        number=place.number,
        name=place.name,
        level=place.level,
        room_type=place.room_type,
        parent=place.parent_id,
        floor=floor.id if floor else None,
    )


def fix_out(now: Snapshot, found: Whereabouts) -> FixOut:
    """Where something is, as the interface tells it."""
    place = place_out(now, found.place) if found.place else None
    return FixOut(place=place, confidence=found.confidence, words=found.words, at=found.at)


def asset_out(here: Context, now: Snapshot, asset: KnownAsset) -> AssetOut:
    """An asset as the interface tells it, with where it is."""
    moment = here.clock.now()
    answer = usable(asset, moment, asset.claimer, here.zone)
    claimed = asset.claimed_until is not None and asset.claimed_until > moment
    home = now.places.get(asset.home_id) if asset.home_id is not None else None
    plain = (
        "id", "number", "name", "category", "maker", "model", "serial",
        "udi_di", "udi_pi", "department", "criticality", "mobile", "changed",
        "recall", "maintenance_due", "counterparty", "return_due", "custodian",
    )  # fmt: skip
    return AssetOut(
        **{name: getattr(asset, name) for name in plain},
        status=StatusOut(use=asset.use, hygiene=asset.hygiene, condition=asset.condition, holding=asset.holding),
        usable=answer.usable,
        why=answer.why,
        claimed_by=asset.claimer if claimed else "",
        claimed_until=asset.claimed_until if claimed else None,
        home=place_out(now, home) if home else None,
        fix=fix_out(now, whereabouts(here, now, asset)),
        devices=[device.id for device in now.devices_of_asset(asset.id, moment)],
    )


def device_out(here: Context, now: Snapshot, device: KnownDevice) -> DeviceOut:
    """A device as the interface tells it."""
    moment = here.clock.now()
    asset, place = now.asset_of(device.native_id, moment), now.place_of(device.native_id, moment)
    return DeviceOut(
        id=device.id,
        native_id=device.native_id,
        name=device.name,
        kind=device.kind,
        maker=device.maker,
        model=device.model,
        firmware=device.firmware,
        interval_s=device.interval_s,
        first_seen=device.first_seen,
        seen=here.latest.seen(device.native_id),
        asset=asset.id if asset else None,
        place=place.id if place else None,
    )
