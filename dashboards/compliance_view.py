"""Compliance over time: for each room and parameter, the share of the time within its profile, out of what was kept.

Judged by the profile as it is now. Gaps are unknown; while a door is open its pressure counts as paused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from asset_registry.hvac import Profile
from asset_registry.hvac.compliance import Share, open_spans, share
from asset_registry.known import KnownPlace
from asset_registry.snapshot import Snapshot
from collector.points import ms_of
from collector.ports import Selection
from collector.reading import Quality
from dashboards.context import Context
from dashboards.rooms import room_devices, room_profile

INTERVAL_S = 60.0
GAP_INTERVALS = 3
LEAST_GAP_S = 1800.0
QUICK_GAP_S = 900.0
"""A value holds until the next, for three intervals of its device, or for half an hour, as many log; a pressure, which
is lost in a moment, for a quarter."""


@dataclass(frozen=True)
class Row:
    """One parameter of one room over the span."""

    room: KnownPlace
    profile: Profile
    metric: str
    low: float | None
    high: float | None
    share: Share


def compliance(here: Context, now: Snapshot, rooms: Iterable[KnownPlace], start: datetime, end: datetime) -> list[Row]:
    """Every room and parameter that has a range and a sensor, by room. One query of the store a room."""
    return [row for room in rooms for row in _room(here, now, room, start, end)]


def _room(here: Context, now: Snapshot, room: KnownPlace, start: datetime, end: datetime) -> Iterator[Row]:
    profile = room_profile(here, now, room)
    devices = {device.native_id: device.interval_s or INTERVAL_S for device in room_devices(here, now, room)}
    said = {metric for device in devices for metric in here.latest.of(device)}
    derived = "air_changes" in profile.ranges and "air_changes" not in said and bool(profile.volume_m3)
    wanted = {metric: metric for metric in profile.ranges if metric in said}
    if derived and "air_flow" in said:
        wanted["air_changes"] = "air_flow"
    if not wanted:
        return
    gap = timedelta(seconds=max(LEAST_GAP_S, GAP_INTERVALS * max(devices.values())))
    metrics = (*dict.fromkeys(wanted.values()), "door_open")
    table = here.store.query(Selection(start - gap, end, tuple(devices), metrics))
    span = ms_of(start), ms_of(end)
    pauses = _pauses(table, profile, span[1])
    for metric, source in wanted.items():
        at, values, talkers = _series(table, source)
        if source != metric and profile.volume_m3:
            values = values / profile.volume_m3
        interval = max((devices[device] for device in talkers), default=INTERVAL_S)
        quick = metric == "differential_pressure"
        held = int(max(QUICK_GAP_S if quick else LEAST_GAP_S, GAP_INTERVALS * interval) * 1000)
        limits = profile.ranges[metric]
        paused = pauses if quick else []
        yield Row(room, profile, metric, limits.low, limits.high, share(at, values, limits, span, held, paused))


def _series(table: pa.Table, metric: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], list[str]]:
    part = table.filter(pc.equal(table["metric"], metric)).sort_by("at")
    at = part["at"].cast(pa.int64()).to_numpy()
    values = part["number"].to_numpy().astype(np.float64)
    bad = pc.equal(part["quality"], str(Quality.BAD)).to_numpy()
    return at, np.where(bad, np.nan, values), pc.unique(part["device"]).to_pylist()


def _pauses(table: pa.Table, profile: Profile, end: int) -> list[tuple[int, int]]:
    part = table.filter(pc.equal(table["metric"], "door_open")).sort_by("at")
    if profile.doors:
        part = part.filter(pc.is_in(part["device"], pa.array(profile.doors)))
    known = part.filter(pc.is_valid(part["boolean"]))
    return open_spans(known["at"].cast(pa.int64()).to_pylist(), known["boolean"].to_pylist(), end)
