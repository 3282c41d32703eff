"""The spool: readings a second into it, each record fsynced, and out of it, by how many there are in a record."""

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector.clock import SystemClock
from collector.reading import DeliveryKey, Reading
from collector.spool import Spool
from wardkeeper.bench.load import machine
from wardkeeper.bench.stream import METRIC, NAMES

RECORDS = {20: 400, 500: 200, 5_000: 40}
"""How many records of so many readings."""

_AT_ONCE = 5_000
_START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def measure(*, quick: bool) -> dict[str, Any]:
    """By readings a record: both rates, how long a record took (median, 99th percentile), and bytes a reading."""
    found = {}
    for size, count in RECORDS.items():
        with tempfile.TemporaryDirectory(prefix="wardkeeper-bench-") as folder:
            found[f"record_of_{size}"] = _measured(Path(folder), size, max(2, count // 20) if quick else count)
    return {**found, "machine": machine()}


def _measured(folder: Path, size: int, count: int) -> dict[str, float]:
    readings = [_reading(number) for number in range(size)]
    batch = [([reading], DeliveryKey("bench", "session", mid, bytes(12))) for mid, reading in enumerate(readings, 1)]
    spool = Spool(folder, SystemClock())
    spool.register("bench", 0)
    took = []
    for _ in range(count):
        begin = time.perf_counter()
        spool.append(batch)
        took.append(time.perf_counter() - begin)
    spool.close()
    spool = Spool(folder, SystemClock())  # it has what was written just now in memory
    begin, position, read = time.perf_counter(), 0, 0
    while records := spool.read(position, _AT_ONCE):
        position = records[-1][0]
        read += sum(len(items) for _, items in records)
    seconds = time.perf_counter() - begin
    size_on_disk = spool.size
    spool.close()
    if read != size * count:
        raise AssertionError(f"{size * count} readings went into the spool and {read} came out")
    return {
        "in_per_s": round(size * count / sum(took)),
        "out_per_s": round(read / seconds),
        "record_ms": round(statistics.median(took) * 1e3, 3),
        "record_p99_ms": round(sorted(took)[len(took) * 99 // 100] * 1e3, 3),
        "bytes_per_reading": round(size_on_disk / read, 1),
    }


def _reading(number: int) -> Reading:
    at = _START + timedelta(milliseconds=number)
    return Reading(f"mqtt:{NAMES[number % len(NAMES)]}", METRIC, 20 + number % 2000 / 100, at, at)
