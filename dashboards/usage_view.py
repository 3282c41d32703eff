"""How equipment is used, as the pages and the interface tell it: fleets, par levels, rounds, who was where."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import Asset, usable
from asset_registry.audit import Audit
from asset_registry.find import battery_of, whereabouts
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.service import ROOM
from asset_registry.locating.words import LIKELY
from asset_registry.spans import spans_of_asset
from asset_registry.usage.fleet import STEP, Fleet, Member, fleet_of, hoards, uses_of
from asset_registry.usage.stays import FORGOTTEN, Stay, in_room, stays_of
from asset_registry.usage.visits import Visit, round_of
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Reading
from dashboards import words
from dashboards.context import Context

SHRUNK = timedelta(days=30)
"""What nobody heard for so long is likely gone."""
LOW_BATTERY = 15.0
SOON = timedelta(days=7)


@dataclass(frozen=True)
class Lost:
    """An asset that was not heard for a long time, and where it was last."""

    asset: KnownAsset
    room: KnownPlace | None
    seen: datetime


@dataclass(frozen=True)
class Hoard:
    """A room in which half of all idle assets of a category stand."""

    room: KnownPlace
    category: str
    assets: list[KnownAsset]


# ---------------------------------------------------------------- fleets


def fleets(session: Session, here: Context, days: int) -> list[Fleet]:
    """Every category of movable equipment in the last `days`, the largest first."""
    end = here.clock.now()
    first = session.scalar(select(Audit.at).order_by(Audit.id).limit(1)) or end
    start = min(max(end - timedelta(days=days), first), end - STEP)  # before its first entry the log knows nothing
    changes = _changes_of_use(session, start)
    made = dict(session.execute(select(Asset.id, Asset.created)).all())
    members: dict[str, list[Member]] = defaultdict(list)
    for asset in _fleet(here):
        known = changes.get(asset.id, [(start, asset.use)])
        uses = uses_of(known, start, end)
        members[asset.category].append(Member(asset.id, made.get(asset.id, start), uses, asset.holding == "rented"))
    told = [fleet_of(category, each, start, end) for category, each in members.items()]
    return sorted(told, key=lambda fleet: (-fleet.size, fleet.category))


def _fleet(here: Context) -> Iterator[KnownAsset]:
    gone = ("retired", "missing", "loaned_out", "patient_owned")
    return (asset for asset in here.snapshots.current.assets.values() if asset.mobile and asset.holding not in gone)


def _changes_of_use(session: Session, start: datetime) -> dict[int, list[tuple[datetime, str]]]:
    """The changes of use since `start` by asset, with what it was before the first."""
    rows = session.execute(
        select(Audit.object_id, Audit.at, Audit.before, Audit.after)
        .where(Audit.object_kind == "asset", Audit.at >= start)
        .order_by(Audit.id)
    )
    found: dict[int, list[tuple[datetime, str]]] = {}
    for identity, at, before, after in rows:
        if after and "use" in after:
            known = found.setdefault(int(identity), [])
            if not known and before and "use" in before:
                known.append((start, before["use"]))
            known.append((at, after["use"]))
    return found


def usable_now(here: Context) -> dict[int, int]:
    """The room of each movable asset that can be taken now and is likely there."""
    now, moment = here.snapshots.current, here.clock.now()
    found = {}
    for asset in _fleet(here):
        if usable(asset, moment).usable:
            room, confidence, _ = whereabouts(now, here.latest, asset, moment)
            if room is not None and confidence >= LIKELY:
                found[asset.id] = room.id
    return found


def hoarded(here: Context, idle: Mapping[int, int]) -> list[Hoard]:
    """Rooms that hold half of what could be taken elsewhere. `idle`: the room of each asset that can be taken."""
    now = here.snapshots.current
    by_category: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for asset, room in idle.items():
        by_category[now.assets[asset].category][room].append(asset)
    return [
        Hoard(now.places[room], category, [now.assets[each] for each in assets])
        for category, rooms in sorted(by_category.items())
        for room, assets in hoards(rooms).items()
        if now.places[room].room_type != "store"  # that is where they belong
    ]


def lost(here: Context) -> list[Lost]:
    """What was not heard for a month, the longest first."""
    now, moment = here.snapshots.current, here.clock.now()
    found = []
    for asset in _fleet(here):
        talkers = now.talkers_of(asset.id)
        heard = [seen for device in talkers if (seen := here.latest.seen(device)) is not None]
        if heard and moment - max(heard) > SHRUNK:
            last = next((said for device in talkers if (said := here.latest.get(device, ROOM)) is not None), None)
            found.append(Lost(asset, _place(here, last), max(heard)))
    return sorted(found, key=lambda each: each.seen)


def _place(here: Context, said: Reading | None) -> KnownPlace | None:
    known = said is not None and isinstance(said.value, str) and said.value.isdecimal()
    return here.snapshots.current.places.get(int(said.value)) if said is not None and known else None


# ---------------------------------------------------------------- a technician's round


def technicians_round(here: Context, start: KnownPlace | None) -> list[Visit]:
    """What is to be visited today, by the way on foot from `start`."""
    now, moment = here.snapshots.current, here.clock.now()
    visits = []
    for asset in now.assets.values():
        if asset.holding in ("retired", "loaned_out", "missing"):
            continue
        reasons = list(_reasons(here, asset))
        if reasons:
            room, confidence, _ = whereabouts(now, here.latest, asset, moment)
            visits.append(Visit(asset, reasons, room if confidence >= LIKELY else None))
    return round_of(now, visits, start)


def _reasons(here: Context, asset: KnownAsset) -> Iterator[str]:
    today = here.clock.now().astimezone(here.zone).date()
    if asset.recall:
        yield f"recall {asset.recall}"
    if asset.condition == "reported":
        yield "reported broken"
    if asset.maintenance_due is not None and asset.maintenance_due <= today:
        yield f"maintenance was due on {asset.maintenance_due:%-d %b}"
    if asset.return_due is not None and asset.return_due <= today + SOON:
        yield f"goes back on {asset.return_due:%-d %b}"
    charge = battery_of(here.snapshots.current, here.latest, asset)
    if charge is not None and charge < LOW_BATTERY:
        yield f"battery {words.value(charge, 'battery')}"


# ---------------------------------------------------------------- who was where


def stays_of_asset(here: Context, asset_id: int, start: datetime, end: datetime) -> list[Stay]:
    """Where an asset was; of several tags the one that says most counts."""
    spans = spans_of_asset(here.snapshots.current, asset_id, start - FORGOTTEN, end)
    asked = Selection(start - FORGOTTEN, end, metrics=(ROOM,), spans=spans)
    by_tag: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings_of(here.store.query(asked)):
        by_tag[reading.device].append(reading)
    tag = max(by_tag, key=lambda tag: len(by_tag[tag]), default="")
    return stays_of(asset_id, by_tag[tag], start, end)


def stays_in_room(here: Context, place_id: int, start: datetime, end: datetime, least: timedelta) -> list[Stay]:
    """Which assets were in a room between two times."""
    now = here.snapshots.current
    asked = Selection(start - FORGOTTEN, end, metrics=(ROOM,))
    by_asset: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings_of(here.store.query(asked)):
        asset = now.asset_of(reading.device, min(max(reading.at, start), end))
        if asset is not None:
            by_asset[asset.id].append(reading)
    told = (stay for asset, said in by_asset.items() for stay in stays_of(asset, said, start, end))
    return in_room(told, {place_id}, least)


def csv_of(here: Context, stays: Iterable[Stay]) -> Iterator[tuple[object, ...]]:
    """Rows for a spreadsheet, its header first; times ISO 8601 in UTC."""
    now = here.snapshots.current
    yield "asset", "name", "room", "start", "end", "minutes", "going_on"
    for stay in stays:
        asset, room = now.assets.get(stay.asset_id), now.places.get(stay.place_id or 0)
        yield (
            asset.number if asset else stay.asset_id,
            asset.name if asset else "",
            room.number if room else "",
            stay.start.isoformat(),
            stay.end.isoformat(),
            round(stay.lasted.total_seconds() / 60, 1),
            stay.going_on,
        )
