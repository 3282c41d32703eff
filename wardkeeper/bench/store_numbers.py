"""Figures of the embedded store: how fast points go in and come out, how much disk and memory they take.

A hospital's usual series: a value in two decimals that changes in six of ten readings. The first days are sealed, the
last is hot, as it is at the end of any day.
"""

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from collector.points import MOMENT, ms_of, readings_of
from collector.ports import Selection
from collector.reading import Quality
from collector.stores.duckdb import Config, DuckStore
from collector.upkeep import ForEver

SERIES = 10_000
DAYS = 8
PER_BATCH = 25
"""Readings of every series in a batch, as an import brings them."""

_T0 = datetime(2026, 11, 2, tzinfo=UTC)
_END = _T0 + timedelta(days=DAYS)
_DAY = timedelta(days=1)
_READINGS = 200_000
_RUNS = 7


class Forgetting(ForEver):
    """Keeps points and rollups for so long."""

    def __init__(self, keep: timedelta) -> None:
        self._keep = keep

    def keep(self, device: str, metric: str) -> tuple[timedelta | None, timedelta | None]:
        """As `collector.ports.Retention`."""
        del device, metric
        return self._keep, self._keep


def measure(points: int = 50_000_000, progress: Callable[[str], None] = print) -> dict[str, float]:
    """All figures, with about so many points. Writes some 10 bytes a point to the folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="wardkeeper-bench-") as folder:
        per_day = max(1, points // SERIES // DAYS)
        found = _jittered(Path(folder) / "jitter", per_day, progress)
        store = DuckStore(Config(), Path(folder) / "store")
        found |= _filled(store, per_day, progress)
        found["sealed_bytes_per_point"] = _bytes(store, "points") / (per_day * SERIES * (DAYS - 1))
        found["rollup_bytes_per_point"] = _bytes(store, "1*") / (per_day * SERIES * (DAYS - 1))
        found |= _asked(store, progress)
        found |= _written(store, progress)
        store.tend(_END + _DAY, ForEver())
        dropping = Forgetting(_DAY * DAYS)
        store.tend(_END, dropping)  # asks once how long each series is kept
        began = time.perf_counter()
        store.tend(_END + _DAY, dropping)
        found["drop_day_ms"] = (time.perf_counter() - began) * 1e3
        found["resident_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        store.close()
    return found


def _filled(store: DuckStore, per_day: int, progress: Callable[[str], None]) -> dict[str, float]:
    """Days written in order, and all but the last sealed beside the next, as in service."""
    seconds = sealing = 0.0
    for day in range(DAYS):
        for table in batches(day, per_day):
            began = time.perf_counter()
            store.write_table(table, 1)
            seconds += time.perf_counter() - began
        began = time.perf_counter()
        store.tend(_T0 + _DAY * day + timedelta(hours=1), ForEver())
        sealing += time.perf_counter() - began
        progress(f"day {day + 1} of {DAYS}")
    count = per_day * SERIES
    return {
        "write_table_points_per_s": count * DAYS / seconds,
        "seal_points_per_s": count * (DAYS - 1) / sealing,
    }


def batches(day: int, per_day: int, jitter_ms: int = 0) -> Iterator[pa.Table]:
    """Tables of a day: every series in turn, `PER_BATCH` times."""
    random = np.random.default_rng(day)
    level = random.uniform(20, 120, SERIES)
    names = _names()
    start, step = ms_of(_T0 + _DAY * day), 86_400_000 // per_day
    offset = np.arange(SERIES, dtype=np.int64) * 7 % 1000
    for first in range(0, per_day, PER_BATCH):
        times, values = [], []
        for n in range(first, min(first + PER_BATCH, per_day)):
            level = level + np.round(random.normal(0, 0.5, SERIES), 2) * (random.random(SERIES) < 0.6)
            values.append(np.round(level, 2))
            shift = random.integers(-jitter_ms, jitter_ms + 1, SERIES) if jitter_ms else 0
            times.append(np.maximum(start + n * step + offset + shift, start))
        good = random.random(len(times) * SERIES) < 0.99
        yield _table(names, np.concatenate(times), np.concatenate(values), good if jitter_ms else None)


def _names() -> list[pa.Array]:
    """Four metrics a device."""
    devices = pa.array([f"mqtt:ward/bed-{n:05}/air" for n in range(SERIES // 4)])
    metrics = pa.array(["temperature", "humidity", "co2", "illuminance"])
    each = np.arange(SERIES, dtype=np.int32)
    return [
        pa.DictionaryArray.from_arrays(each // 4, devices),
        pa.DictionaryArray.from_arrays(each % 4, metrics),
        pa.DictionaryArray.from_arrays(np.zeros(SERIES, np.int32), pa.array([""])),
    ]


def _table(
    names: list[pa.Array],
    times: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    good: npt.NDArray[np.bool_] | None,
) -> pa.Table:
    count = len(times)
    again = np.tile(np.arange(SERIES, dtype=np.int32), count // SERIES)
    quality = np.zeros(count, np.int32) if good is None else np.where(good, 0, 1).astype(np.int32)
    columns: dict[str, Any] = {
        name: column.take(pa.array(again)) for name, column in zip(("device", "metric", "gateway"), names, strict=True)
    }
    at = pa.array(times).cast(MOMENT)
    return pa.table(
        columns
        | {
            "at": at,
            "number": values,
            "text": pa.nulls(count, pa.string()),
            "boolean": pa.nulls(count, pa.bool_()),
            "quality": pa.DictionaryArray.from_arrays(quality, pa.array([str(each) for each in Quality])),
            "received": at,
        }
    )


def _jittered(directory: Path, per_day: int, progress: Callable[[str], None]) -> dict[str, float]:
    """A day whose times waver by 50 ms and whose quality is not always GOOD."""
    store = DuckStore(Config(), directory)
    for table in batches(0, per_day, jitter_ms=50):
        store.write_table(table)
    store.tend(_T0 + _DAY * 2, ForEver())
    size = _bytes(store, "points") / (per_day * SERIES)
    store.close()
    progress("a day with jitter")
    return {"sealed_jittered_bytes_per_point": size}


def _bytes(store: DuckStore, level: str) -> int:
    return sum(path.stat().st_size for path in store.folder.glob(f"days/*.{level}.*.parquet"))


def _asked(store: DuckStore, progress: Callable[[str], None]) -> dict[str, float]:
    beds = tuple(f"mqtt:ward/bed-{n * 20:05}/air" for n in range(25))
    week = timedelta(days=7)
    found = {
        "latest_all_ms": _median_ms(store.latest),
        "day_of_one_ms": _median_ms(lambda: store.query(Selection(_END - _DAY, _END, (beds[3],), ("temperature",)))),
        "sealed_day_of_one_ms": _median_ms(
            lambda: store.query(Selection(_END - 2 * _DAY, _END - _DAY, (beds[3],), ("temperature",)))
        ),
        "week_of_100_in_5_min_means_ms": _median_ms(
            lambda: store.query(Selection(_END - week, _END, beds, every=timedelta(minutes=5)))
        ),
        "week_of_100_in_1_h_means_ms": _median_ms(
            lambda: store.query(Selection(_END - week, _END, beds, every=timedelta(hours=1)))
        ),
    }
    progress("queries")
    return found


def _median_ms(ask: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1e3


def _written(store: DuckStore, progress: Callable[[str], None]) -> dict[str, float]:
    """Reading objects, as the spool gives them, 5,000 a batch."""
    readings = readings_of(pa.concat_tables(_some_batches(_READINGS)).slice(0, _READINGS))
    began = time.perf_counter()
    for position, start in enumerate(range(0, len(readings), 5_000)):
        store.write(readings[start : start + 5_000], position + 2)
    seconds = time.perf_counter() - began
    progress("readings")
    return {"write_readings_per_s": len(readings) / seconds}


def _some_batches(count: int) -> list[pa.Table]:
    found: list[pa.Table] = []
    for table in batches(DAYS, 8640):
        found.append(table)
        if sum(one.num_rows for one in found) >= count:
            break
    return found
