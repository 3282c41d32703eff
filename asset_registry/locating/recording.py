"""A survey or a truth as recorded: what was heard, and where the tag really was.

Columns: `t_s, gateway, rssi_dbm, x_m, y_m`, and if known `tag, floor, room`. Seconds from any
origin, metres on the plan.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asset_registry.locating.arrays import Bools, Floats, Indices
from collector.errors import ConfigError

NUMBERS = ("t_s", "rssi_dbm", "x_m", "y_m")
NAMES = ("tag", "floor", "room")


@dataclass(frozen=True)
class Recording:
    """Rows by time. `tag`, `gateway`, `floor` and `room` are indices into the lists of names beside them."""

    t: Floats
    rssi: Floats
    at: Floats
    """(rows, 2)"""
    gateway: Indices
    gateways: list[str]
    tag: Indices
    tags: list[str]
    floor: Indices
    floors: list[str]
    room: Indices
    rooms: list[str]
    """Empty when nobody said in which room."""

    def only(self, rows: Bools | Indices) -> "Recording":
        """Some of the rows."""
        return replace(
            self,
            t=self.t[rows],
            rssi=self.rssi[rows],
            at=self.at[rows],
            gateway=self.gateway[rows],
            tag=self.tag[rows],
            floor=self.floor[rows],
            room=self.room[rows],
        )

    def without(self, gateway: str, from_s: float = 0.0) -> "Recording":
        """The same, had a gateway been off from that second of the recording on. Raises ConfigError."""
        if gateway not in self.gateways:
            raise ConfigError(f"gateway {gateway!r} never appears; there are {', '.join(self.gateways)}")
        off = (self.gateway == self.gateways.index(gateway)) & (self.t - self.t.min() >= from_s)
        return self.only(~off)


def recording_of(table: pa.Table, name: str) -> Recording:
    """A table as a recording; `name` is what a message calls it. Raises ConfigError."""
    missing = [column for column in ("gateway", *NUMBERS) if column not in table.column_names]
    if missing:
        raise ConfigError(
            f"{name}: no column {', '.join(missing)}; needed are t_s, gateway, rssi_dbm, x_m, y_m; "
            "tag, floor and room if known"
        )
    if not table.num_rows:
        raise ConfigError(f"{name}: no rows")
    t, rssi, x, y = (_numbers(table, column, name) for column in NUMBERS)
    order = np.argsort(t, kind="stable")
    at = np.column_stack([x, y])[order]
    gateway, gateways = _names(table, "gateway", name)
    floor, floors = _names(table, "floor", name) if "floor" in table.column_names else (np.zeros(len(t), int), [""])
    room, rooms = _names(table, "room", name) if "room" in table.column_names else (np.zeros(len(t), int), [])
    if "tag" in table.column_names:
        tag, tags = _names(table, "tag", name)
    else:
        tag, tags = _tags_by_place(t, np.column_stack([x, y]))
    return Recording(
        t[order], rssi[order], at, gateway[order], gateways, tag[order], tags, floor[order], floors, room[order], rooms
    )


def _numbers(table: pa.Table, column: str, name: str) -> Floats:
    try:
        values = np.asarray(pc.cast(table[column], pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowInvalid as error:
        raise ConfigError(f"{name}: {column} is not a number everywhere: {error}") from error
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ConfigError(f"{name}: {column} is missing in row {bad[0] + 1} and {len(bad) - 1} others")
    return values


def _names(table: pa.Table, column: str, name: str) -> tuple[Indices, list[str]]:
    text = pc.cast(table[column], pa.string())
    if text.null_count:
        raise ConfigError(f"{name}: {column} is missing in {text.null_count} rows")
    names, index = np.unique(np.asarray(text.to_pylist(), dtype=str), return_inverse=True)
    order: Callable[[str], tuple[int, str]] = lambda one: (int(one) if one.isdecimal() else 0, one)  # noqa: E731
    ranked = sorted(range(len(names)), key=lambda n: order(str(names[n])))
    place = np.empty(len(names), dtype=int)
    place[ranked] = np.arange(len(names))
    return place[index], [str(names[n]) for n in ranked]


def _tags_by_place(t: Floats, at: Floats) -> tuple[Indices, list[str]]:
    """Without a column `tag`: one, unless it would be in several places at once; then one for each place."""
    places, which = np.unique(at, axis=0, return_inverse=True)
    first, last = np.full(len(places), np.inf), np.full(len(places), -np.inf)
    np.minimum.at(first, which, t)
    np.maximum.at(last, which, t)
    order = first.argsort()
    overlaps = (first[order][1:] < last[order][:-1] - 1.0).mean() if len(places) > 1 else 0.0
    if overlaps < 0.5:
        return np.zeros(len(t), dtype=int), ["tag"]
    return which, [f"{x:g}/{y:g}" for x, y in places]
