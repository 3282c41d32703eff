"""Points in memory only: for tests, trials and edges that merely forward.

Document: docs/stores.md. Nothing survives the process, so `position` starts at 0:
the spool is read again from its start.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from collector.metrics import family_of
from collector.points import points_of, readings_of, table_of
from collector.ports import Selection, Store
from collector.reading import Item, Reading
from collector.spans import holds, shortened, times_of
from collector.windows import windows

PROVEN = True

Series = tuple[str, str, str]


class Config(BaseModel):
    """No settings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def open_store(config: Config, directory: Path) -> Store:
    """A new, empty store; `directory` is not used."""
    del config, directory
    return MemoryStore()


class MemoryStore:
    """A dictionary of series."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[Series, dict[datetime, Reading]] = {}
        self._position = 0

    def write(self, items: Sequence[Item], position: int) -> None:
        with self._lock:
            self._keep(points_of(items))
            self._position = position

    def write_table(self, table: pa.Table, position: int | None = None) -> None:
        with self._lock:
            self._keep(readings_of(table))
            self._position = self._position if position is None else position

    def position(self) -> int:
        return self._position

    def query(self, selection: Selection) -> pa.Table:
        with self._lock:
            points = list(self._selected(selection))
        every = selection.every
        table = table_of(points) if every is None else windows(points, every, selection.aggregate)
        return shortened(table, selection)

    def latest(self, devices: Collection[str] = (), metrics: Collection[str] = ()) -> pa.Table:
        with self._lock:
            return table_of(points[max(points)] for points in self._wanted(devices, metrics))

    def drop(self, family: str, before: datetime) -> int:
        dropped = 0
        with self._lock:
            for series, points in list(self._series.items()):
                if family_of(series[1]) == family:
                    kept = {at: point for at, point in points.items() if at >= before}
                    dropped += len(points) - len(kept)
                    if kept:
                        self._series[series] = kept
                    else:
                        del self._series[series]
        return dropped

    def close(self) -> None:
        """Nothing to let go of."""

    def _keep(self, points: Sequence[Reading]) -> None:
        for point in points:
            self._series.setdefault((point.device, point.metric, point.gateway), {})[point.at] = point

    def _wanted(self, devices: Collection[str], metrics: Collection[str]) -> Iterator[dict[datetime, Reading]]:
        for series in sorted(self._series):
            if (not devices or series[0] in devices) and (not metrics or series[1] in metrics):
                yield self._series[series]

    def _selected(self, selection: Selection) -> Iterator[Reading]:
        times = times_of(selection)
        for points in self._wanted(selection.devices, selection.metrics):
            for at in sorted(points):
                if selection.start <= at < selection.end and holds(times, points[at].device, at):
                    yield points[at]
