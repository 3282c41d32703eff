"""What the store has of the hour before an alarm: asked once for all incidents whose tickets are about to open."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.snapshot import Snapshot
from collector.errors import Refused, Unreachable
from collector.points import readings_of
from collector.ports import Selection, Store
from collector.reading import Quality, Reading
from service_desk.alarms.model import Alarm
from service_desk.incidents.model import Incident, Outbox

BEFORE = timedelta(hours=1)
LANES = {"power": "Power", "mains": "Mains", "switch_on": "Switched on", "running": "Running", "door_open": "Door"}
"""Metrics drawn as on/off lanes under the chart; `power` counts as on above ON_W."""
STAYS = "room"
"""The metric of where something was."""

_AT_ONCE = 250
_POINTS = 2000
_FRESH = timedelta(seconds=5)
"""For so long what was asked for ahead is as it is now."""

Series = dict[tuple[str, str], list[Reading]]


class Wanted(NamedTuple):
    """Of which incident, from when on, of which devices and metric."""

    incident_id: int
    start: datetime
    subject: str
    metric: str
    devices: tuple[str, ...]


class _Answer(NamedTuple):
    at: datetime
    wanted: Wanted
    series: Series | None


def devices_about(snapshot: Snapshot, asset_id: int | None, place_id: int | None, at: datetime) -> tuple[str, ...]:
    """What speaks for the asset and the place, gateways there left out."""
    found = [*snapshot.devices_of_asset(asset_id, at)] if asset_id is not None else []
    found += snapshot.devices_of_place(place_id, at) if place_id is not None else []
    return tuple(sorted({device.native_id for device in found}))


class Heard:
    """Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._ahead: dict[int, _Answer] = {}

    def of(self, session: Session, wanted: Wanted, snapshot: Snapshot, now: datetime) -> Series | None:
        """The readings by device and metric, oldest first; None while the store is away: no ticket waits for it."""
        with self._lock:
            known = self._ahead.pop(wanted.incident_id, None)
            if known is None or known.wanted != wanted or not timedelta(0) <= now - known.at < _FRESH:
                everything = [wanted, *_opening(session, wanted.incident_id, snapshot, now)]
                self._ahead = self._ask(everything, now)
                known = self._ahead.pop(wanted.incident_id)
            return known.series

    def _ask(self, everything: list[Wanted], now: datetime) -> "dict[int, _Answer]":
        devices = {device for one in everything for device in (one.subject, *one.devices)}
        metrics = {one.metric for one in everything} | {*LANES, STAYS}
        selection = Selection(
            min(one.start for one in everything),
            now + timedelta(milliseconds=1),
            tuple(sorted(devices)),
            tuple(sorted(metrics)),
            points=_POINTS,
        )
        try:
            readings = readings_of(self._store.query(selection))
        except (Unreachable, Refused):
            return {one.incident_id: _Answer(now, one, None) for one in everything}
        of: dict[str, Series] = defaultdict(dict)
        for reading in readings:
            if reading.quality is not Quality.BAD:
                of[reading.device].setdefault((reading.device, reading.metric), []).append(reading)
        return {one.incident_id: _Answer(now, one, _cut(of, one)) for one in everything}


def _cut(of: dict[str, Series], wanted: Wanted) -> Series:
    found: Series = {}
    for device in dict.fromkeys((wanted.subject, *wanted.devices)):
        for key, readings in of.get(device, {}).items():
            found[key] = sorted((one for one in readings if one.at >= wanted.start), key=lambda one: one.at)
    return found


def _opening(session: Session, but: int, snapshot: Snapshot, now: datetime) -> Iterable[Wanted]:
    """The others whose tickets are to be opened now."""
    query = (
        select(Incident.id, Alarm)
        .join(Outbox, Outbox.incident_id == Incident.id)
        .join(Alarm, Alarm.incident_id == Incident.id)
        .where(Outbox.what == "opened", Outbox.done.is_(None), Outbox.due <= now, Incident.id != but)
        .order_by(Outbox.due, Outbox.id)
        .limit(_AT_ONCE)
    )
    seen: set[int] = set()
    for incident_id, alarm in session.execute(query):
        if incident_id not in seen:
            seen.add(incident_id)
            devices = devices_about(snapshot, alarm.asset_id, alarm.place_id, now)
            yield Wanted(incident_id, alarm.since - BEFORE, alarm.subject, alarm.metric, devices)
