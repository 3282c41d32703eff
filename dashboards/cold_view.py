"""Cold stores as their pages and the interface show them: status, log, what is due, what was signed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.cold_chain import reviews
from asset_registry.cold_chain.excursions import Excursion, Log, Point, read_log
from asset_registry.cold_chain.judging import ColdStatus, judge_store
from asset_registry.cold_chain.products import Product
from asset_registry.cold_chain.records import ColdRecord, ColdStore, broken_at, quarantined, records_of
from asset_registry.hvac import Range
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.snapshot import Snapshot
from asset_registry.spans import spans_of_asset
from collector.points import number_of, readings_of
from collector.ports import Selection
from collector.reading import Quality, Reading
from dashboards.api.models import iso
from dashboards.context import Context

METRIC = "probe_temperature"
RANK = {"out": 0, "unknown": 1, "uncertain": 2, "ok": 3}


@dataclass(frozen=True)
class Cold:
    """One store. `log` is of its last `days`; `unreviewed` of the time since the last signed review."""

    asset: KnownAsset
    room: KnownPlace | None
    store: ColdStore
    product: Product
    wanted: Range
    status: ColdStatus
    log: Log
    unreviewed: Log
    due: reviews.Due
    quarantine: ColdRecord | None
    records: Sequence[ColdRecord] = field(default_factory=list)

    @property
    def tampered(self) -> ColdRecord | None:
        """The oldest record that is not as it was signed."""
        return broken_at(self.records)

    @property
    def undecided(self) -> list[Excursion]:
        """Excursions that nobody has decided about, the newest first."""
        decided = {row.content.get("start") for row in self.records if row.kind == "disposition"}
        return [each for each in reversed(self.log.excursions) if iso(each.start) not in decided]


def colds_of(session: Session, here: Context, days: int = 1) -> list[Cold]:
    """Every cold store, the worst first."""
    now = here.snapshots.current
    stores = session.scalars(select(ColdStore))
    found = [cold_of(session, here, store, days) for store in stores if store.asset_id in now.assets]
    return sorted(found, key=lambda cold: (RANK[cold.status.state], cold.asset.number))


def cold_of(session: Session, here: Context, store: ColdStore, days: int) -> Cold:
    """One store with the log of so many days."""
    now, moment = here.snapshots.current, here.clock.now()
    asset = now.assets[store.asset_id]
    product = here.products.get(store.product) or Product(store.product, store.product, Range(None, None), "")
    wanted = store.wanted(product.temperature)
    records = records_of(session, asset.id)
    signed = [row.at for row in records if row.kind == "review"]
    reviewed = max(signed, default=max(store.since, moment - timedelta(days=1)))
    start = moment - timedelta(days=days)
    points = points_of_store(here, now, asset.id, min(start, reviewed), moment)
    begun = min(store.since, points[0][0] if points else moment)  # before that nobody watched it
    log = read_log(points, wanted, max(start, begun), moment)
    current = next((each for each in reversed(log.excursions) if each.end is None), None)
    newest = newest_of(here, now, asset.id, moment)
    status = judge_store(asset.name, wanted, store.probe, newest, moment, here.zone, current.start if current else None)
    return Cold(
        asset,
        now.room_of(asset.home_id) if asset.home_id is not None else None,
        store,
        product,
        wanted,
        status,
        log,
        read_log(points, wanted, reviewed, moment),
        reviews.due(signed, store.since, moment, here.zone),
        quarantined(records),
        records,
    )


def newest_of(here: Context, now: Snapshot, asset_id: int, moment: datetime) -> Reading | None:
    """The newest temperature of the probes that are bound to the asset."""
    said = (here.latest.of(device.native_id).get(METRIC) for device in now.devices_of_asset(asset_id, moment))
    return max((reading for reading in said if reading is not None), key=lambda reading: reading.at, default=None)


def points_of_store(here: Context, now: Snapshot, asset_id: int, start: datetime, end: datetime) -> list[Point]:
    """What its probes measured, by time; a reading that is BAD is none."""
    after = end + timedelta(milliseconds=1)  # what was measured just now counts
    asked = Selection(start, after, metrics=(METRIC,), spans=spans_of_asset(now, asset_id, start, after))
    heard = (each for each in readings_of(here.store.query(asked)) if each.quality is not Quality.BAD)
    points = ((each.at, number_of(each.value)) for each in heard)
    return sorted((at, value) for at, value in points if value is not None)


def not_set_up(session: Session, here: Context) -> list[KnownAsset]:
    """Assets with a cold probe of which nobody has said what they keep."""
    now, moment = here.snapshots.current, here.clock.now()
    known = set(session.scalars(select(ColdStore.asset_id)))
    probed = (asset for asset in now.assets.values() if asset.id not in known)
    return [asset for asset in probed if newest_of(here, now, asset.id, moment) is not None]


def facts_of(excursion: Excursion, now: datetime) -> dict[str, Any]:
    """An excursion as a signed record and the interface have it; times ISO 8601, spans in seconds."""
    return {
        "start": iso(excursion.start),
        "end": iso(excursion.end) if excursion.end else None,
        "lowest": excursion.lowest,
        "highest": excursion.highest,
        "lasted_s": round(excursion.lasted(now).total_seconds()),
        "readings": excursion.readings,
        "unseen_s": round(excursion.unseen.total_seconds()),
    }
