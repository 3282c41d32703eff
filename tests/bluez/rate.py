"""How many advertisements a second go through bleak to readings on disk, and how many reach bleak's callback.

    python -m tests.bluez.rate [--devices 200] [--count 150000] [--rate 15000]

A private D-Bus, an `org.bluez` of our own and the sender are processes of their own; this one has bleak, the link, the
decoder and the spool. Both are measured in the same run, so that their ratio says what ours costs. `--rate 0` sends
everything at once: what comes out is the most there is.
"""

import argparse
import asyncio
import os
import tempfile
import threading
import time
from pathlib import Path

from bleak import BleakScanner

from collector.clock import SystemClock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import Pipeline
from collector.spool import Spool
from drivers.links import ble
from drivers.links.link import House
from tests.bluez.flood import Flood, addresses
from tests.bluez.process import BluezProcess, Bus

_PATIENCE_S = 120.0


class Run:
    """One measurement: how many came, until when, and what this process spent on them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.adverts = self.readings = self.lost = 0
        self.took = self.late = 0.0
        self.cpu = time.process_time()

    def end(self, flood: Flood, adverts: int, readings: int = 0, lost: int = 0) -> "Run":
        ended = time.monotonic()
        self.cpu = time.process_time() - self.cpu
        began, sent = flood.end()
        self.took, self.late = ended - began, ended - sent
        self.adverts, self.readings, self.lost = adverts, readings, lost
        return self

    @property
    def a_cpu_second(self) -> float:
        return self.adverts / self.cpu

    def __str__(self) -> str:
        items = f", {self.readings} readings and sightings, {self.lost} lost" if self.readings else ""
        return (
            f"{self.name:>9}: {self.adverts} adverts in {self.took:.1f} s = {self.adverts / self.took:,.0f}/s,"
            f" {self.a_cpu_second:,.0f} a CPU second ({self.cpu / self.took:.0%} of a core),"
            f" the last {self.late:.2f} s after it was sent{items}"
        )


def callback_only(bus: str, devices: int, count: int, rate: int) -> Run:
    """What bleak alone does: a callback that counts."""

    async def scan() -> Run:
        heard, enough = 0, asyncio.Event()

        def count_one(_device: object, _advert: object) -> None:
            nonlocal heard
            heard += 1
            if heard >= count:
                enough.set()

        scanner = BleakScanner(count_one, bluez={"filters": {"DuplicateData": True}})
        async with scanner:
            run = Run("callback")
            flood = Flood(bus, devices, count, rate)
            await asyncio.wait_for(enough.wait(), _PATIENCE_S)
            return run.end(flood, heard)

    return asyncio.run(scan())


def to_readings(bus: str, devices: int, count: int, rate: int, folder: Path) -> Run:
    """The link, with a real spool behind it; ended when everything is on disk."""
    clock = SystemClock()
    counters = Counters(clock)
    pipeline = Pipeline(Spool(folder, clock), clock, Latest(), counters)
    link = ble.open_link("bench", ble.Config(), House(pipeline, counters, clock, lambda *_: ""))
    stop = threading.Event()
    threads = [threading.Thread(target=target, args=(stop,), daemon=True) for target in (pipeline.run, link.run)]
    for thread in threads:
        thread.start()
    while link.status.state != "up":
        time.sleep(0.01)

    def heard() -> int:
        return next((one.frames + one.lost for one in counters.inputs()), 0)

    patience = time.monotonic() + _PATIENCE_S
    run = Run("readings")
    flood = Flood(bus, devices, count, rate)
    while (heard() < count or pipeline.queued) and time.monotonic() < patience:
        time.sleep(0.005)
    [figures] = counters.inputs()
    run.end(flood, figures.frames, figures.readings, figures.lost + figures.bad_frames)
    stop.set()
    for thread in threads:
        thread.join()
    return run


def measure(folder: Path, devices: int, count: int, rate: int) -> tuple[Run, Run]:
    """Both, one after the other, on a bus of their own."""
    bus = Bus(folder).start()
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
    bluez = BluezProcess(bus.address)
    try:
        bluez.add_adapter()
        for address in addresses(devices):
            bluez.add_device(address)
        callback = callback_only(bus.address, devices, count, rate)
        return callback, to_readings(bus.address, devices, count, rate, folder / "spool")
    finally:
        bluez.close()
        bus.stop()


def main() -> None:
    """Measure both and say the ratio."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--devices", type=int, default=200)
    given.add_argument("--count", type=int, default=150_000)
    given.add_argument("--rate", type=int, default=15_000)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        callback, readings = measure(Path(folder), asked.devices, asked.count, asked.rate)
    print(callback, readings, sep="\n")
    print(f"ratio of adverts a CPU second: {readings.a_cpu_second / callback.a_cpu_second:.2f}")


if __name__ == "__main__":
    main()
