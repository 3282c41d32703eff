"""Minutes at a steady rate against the whole product: delays, memory over time, and how quick its pages still are."""

import signal
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from collector.errors import Refused
from wardkeeper.bench import pump, served
from wardkeeper.bench.broker import Mosquitto
from wardkeeper.bench.child import Child
from wardkeeper.bench.load import machine, memory_mib
from wardkeeper.bench.stream import FILTER

PAGES = ("/", "/devices", "/inputs", "/collector", "/unclaimed", "/tickets", "/find?q=bed", "/api/v1/devices")
_READY_S = 60.0
_BETWEEN_S = 0.2
_SETTLE_S = 3.0


def soak(minutes: float, rate: int, database: str, told: Callable[[str, float], None]) -> dict[str, Any]:
    """The figures. `rate` in whole thousands a second; `database` as in the settings, "" for SQLite.

    `behind`: messages that were not on disk some seconds after the last one was sent; the broker still has them.
    """
    rate = max(1000, rate // 1000 * 1000)
    count = int(rate * minutes * 60)
    pages: list[float] = []
    memory: list[float] = []
    with tempfile.TemporaryDirectory(prefix="wardkeeper-bench-") as folder, Mosquitto(Path(folder), 1000) as broker:
        data = str(Path(folder) / "data")
        publisher_job = pump.Job("publisher", broker.port, count, datetime.now(UTC), 0, rate)
        with (
            Child("wardkeeper.bench.served", served.Job(broker.port, count, data, database), "the product") as product,
            Child("wardkeeper.bench.pump", publisher_job, "the publisher") as publisher,
        ):
            web = f"http://127.0.0.1:{product.wait('web', _READY_S)}"
            broker.wait_for_subscription(FILTER)
            publisher.wait("ready", _READY_S)
            publisher.go()
            begin, last = time.monotonic(), 0.0

            def tick() -> None:
                nonlocal last
                if time.monotonic() - last < _BETWEEN_S:
                    return
                pages.append(_asked(web + PAGES[len(pages) % len(PAGES)], product.heard["token"]))
                memory.append(memory_mib(product.process.pid))
                last = time.monotonic()
                told(f"{len(pages)} pages", (last - begin) / (minutes * 60))

            publisher.wait("end", minutes * 60 + 120, tick)
            time.sleep(_SETTLE_S)  # what is on its way arrives
            product.process.send_signal(signal.SIGTERM)
            product.wait("heard", _READY_S)
            said = product.heard
    return {
        "minutes": minutes,
        "rate": rate,
        "behind": count - said["heard"],
        "delay_on_disk_s": said["on_disk"],
        "delay_in_store_s": said["in_store"],
        "pages": len(pages),
        "page_p50_ms": round(float(np.percentile(pages, 50)) * 1e3),
        "page_p95_ms": round(float(np.percentile(pages, 95)) * 1e3),
        "memory_mib": _course(memory),
        "database": database.partition(":")[0] or "sqlite",
        "machine": machine(),
    }


def _course(memory: list[float]) -> dict[str, float]:
    """Medians of the quarters of the run: a leak climbs from one to the next."""
    quarters = np.array_split(np.array(memory), 4)
    return {f"quarter_{number}": round(float(np.median(one)), 1) for number, one in enumerate(quarters, 1) if one.size}


def _asked(url: str, token: str) -> float:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
            answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(f"{url} answers {error.code}: its time would say nothing") from error
    return time.monotonic() - begin
