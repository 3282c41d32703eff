"""How many advertisements a second go through bleak to readings on disk, and how many reach bleak's callback.

    python -m tools.advert_rate [--devices 200] [--count 150000] [--rate 15000]

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
    """One measurement: when the last came, and what this process spent."""

    def __init__(self, name: str, asked: int) -> None:
        self.name, self.asked = name, asked
        self.adverts = self.readings = 0
        self.ended = 0.0
        self.cpu = time.process_time()

    def end(self, adverts: int, readings: int = 0) -> None:
        self.ended = time.monotonic()
        self.cpu = time.process_time() - self.cpu
        self.adverts, self.readings = adverts, readings

    def say(self, flood: Flood) -> float:
        began, sent = flood.end()
        took = self.ended - began
        print(
            f"{self.name:>9}: {self.adverts} of {self.asked} adverts in {took:.1f} s = {self.adverts / took:,.0f}/s,"
            f" {self.adverts / self.cpu:,.0f} a CPU second ({self.cpu / took:.0%} of a core),"
            f" the last {self.ended - sent:.2f} s after it was sent"
            + f", {self.readings} readings and sightings"
            * bool(self.readings)
        )
        return self.adverts / self.cpu


def callback_only(bus: str, devices: int, count: int, rate: int) -> float:
    """What bleak alone does: a callback that counts."""

    async def scan() -> float:
        heard, enough = 0, asyncio.Event()

        def count_one(_device: object, _advert: object) -> None:
            nonlocal heard
            heard += 1
            if heard >= count:
                enough.set()

        scanner = BleakScanner(count_one, bluez={"filters": {"DuplicateData": True}})
        async with scanner:
            run = Run("callback", count)
            flood = Flood(bus, devices, count, rate)
            await asyncio.wait_for(enough.wait(), _PATIENCE_S)
            run.end(heard)
        return run.say(flood)

    return asyncio.run(scan())


def to_readings(bus: str, devices: int, count: int, rate: int, folder: Path) -> float:
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
        return next((one.frames for one in counters.inputs()), 0)

    patience = time.monotonic() + _PATIENCE_S
    run = Run("readings", count)
    flood = Flood(bus, devices, count, rate)
    while (heard() < count or pipeline.queued) and time.monotonic() < patience:
        time.sleep(0.005)
    figures = counters.inputs()[0]
    run.end(figures.frames, figures.readings)
    stop.set()
    for thread in threads:
        thread.join()
    if figures.lost or figures.bad_frames:
        print(f"lost {figures.lost}, bad {figures.bad_frames}")
    return run.say(flood)


def main() -> None:
    """Measure both and say the ratio."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--devices", type=int, default=200)
    given.add_argument("--count", type=int, default=150_000)
    given.add_argument("--rate", type=int, default=15_000)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bus = Bus(folder).start()
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
        bluez = BluezProcess(bus.address)
        bluez.add_adapter()
        for address in addresses(asked.devices):
            bluez.add_device(address)
        callback = callback_only(bus.address, asked.devices, asked.count, asked.rate)
        readings = to_readings(bus.address, asked.devices, asked.count, asked.rate, folder / "spool")
        print(f"ratio of adverts a CPU second: {readings / callback:.2f}")
        bluez.close()
        bus.stop()


if __name__ == "__main__":
    main()
