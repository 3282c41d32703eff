"""What the pages of a device and of an asset share: bindings in words, where it was, who changed its status."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from asset_registry.audit import Audit
from asset_registry.known import KnownBinding, KnownDevice
from dashboards.context import Context
from dashboards.series import SPANS, every_of
from dashboards.standing import Standing, Where, names_of, standing, where_of
from dashboards.trends import Lane, hours, lanes, past, stays
from service_desk.alarms.model import Alarm

PARTS = ("use", "hygiene", "condition", "holding")
ROLES = {"self": "its own voice", "tag": "its tag", "sensor": "sensor"}
FEW = 200
"""So many changes are looked through for who said what last."""


@dataclass(frozen=True)
class BindingRow:
    """What was bound to what, when. `other` is the far side: the asset or place, or the device."""

    other: Where
    role: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Places:
    """Where something was: a lane a room on one time axis."""

    lanes: list[Lane]
    hours: list[tuple[float, str]]
    words: str


@dataclass(frozen=True)
class Said:
    """Who last changed a part of a status, when."""

    who: str
    at: datetime


def standing_of(session: Session, here: Context, about: ColumnElement[bool]) -> list[Standing]:
    """The incidents that stand with an alarm that is about something."""
    ids = set(session.scalars(select(Alarm.id).where(about)))
    rows = [row for row in standing(session, here) if not row.inhibited]
    return [row for row in rows if any(line.id in ids for line in row.lines)]


def bindings_of(here: Context, device: KnownDevice) -> list[BindingRow]:
    """Everything a device was ever bound to, newest first."""
    return [
        BindingRow(where_of(here, each.asset_id, each.place_id), ROLES[each.role], each.since, each.until)
        for each in here.snapshots.current.bindings_of(device.native_id)
    ]


def devices_ever(here: Context, bindings: Iterable[KnownBinding]) -> list[BindingRow]:
    """Every device an asset ever had, newest first."""
    known = here.snapshots.current.devices
    rows = []
    for each in sorted(bindings, key=lambda binding: binding.since, reverse=True):
        device = known[each.device_id]
        other = Where(device.name or device.native_id, f"/devices/{device.id}", device.native_id)
        rows.append(BindingRow(other, ROLES[each.role], each.since, each.until))
    return rows


def places_of(here: Context, devices: Sequence[KnownDevice], span: str) -> Places | None:
    """Where the wearer of these tags was; None when no tag has ever said."""
    now, moment = here.snapshots.current, here.clock.now()
    names = {str(place.id): f"{place.number} {place.name}".strip() for place in now.rooms}
    length = SPANS[span][1]
    every = every_of(length) or timedelta(minutes=1)
    found = past(here, [device.native_id for device in devices], ["room"], length, every, "last").get("room", [])
    if not found:
        return None
    was = stays(found, names, moment)
    drawn = lanes(was, moment - length, moment)
    last = was[-1]
    words = f"{len(drawn)} places in the last {SPANS[span][0]}, now {last.name}"
    return Places(drawn, list(hours(moment - length, moment, here.zone)), words)


def said_of(session: Session, kind: str, identity: int) -> dict[str, Said]:
    """Who last changed each part of an asset's status."""
    query = select(Audit).where(Audit.object_kind == kind, Audit.object_id == str(identity))
    rows = list(session.scalars(query.order_by(Audit.id.desc()).limit(FEW)))
    names = names_of(session, {row.who for row in rows})
    found: dict[str, Said] = {}
    for row in rows:
        for part in PARTS:
            if row.after and part in row.after and part not in found:
                found[part] = Said(names.get(row.who, row.who), row.at)
    return found
