"""Wardkeeper's own collector on a stream: link, decoder, spool, registry and embedded store, as `serve` runs them.

What came out is counted in the spool and in the store, message by message.
"""

import cProfile
import pstats
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.compute as pc

from asset_registry.consumer import RegistryConsumer
from collector.clock import SystemClock
from collector.columns import Readings, chunks_of
from collector.ports import Selection
from collector.reading import Announcement, Item, Reading
from collector.supervisor import Supervised, Target
from wardkeeper.bench.child import say
from wardkeeper.bench.load import ThreadTimes
from wardkeeper.bench.stream import METRIC, NAMES
from wardkeeper.collecting import REGISTRY_EVERY_S, Collecting, stop
from wardkeeper.cycles import look_rarely
from wardkeeper.database import open_database
from wardkeeper.settings import MAIN_STORE, Settings

_LOOK_S = 0.002
_GIVE_UP_S = 5.0
_LINES = 30
_AFTERWARDS_S = 0.3  # a message that comes twice comes in this time


class Job(msgspec.Struct):
    """Listen to a broker until so many messages are in the store below `folder`. `profile`: the thread to look into."""

    port: int
    count: int
    start: datetime
    folder: str
    profile: str = ""


class Product:
    """The collector with its threads; the devices are known to it. `heard` counts readings as they reach the disk."""

    def __init__(self, job: Job) -> None:
        self._job = job
        data = Path(job.folder)
        settings = Settings(site="bench", data=data, links={"bench": link_to(job.port)})
        clock = SystemClock()
        self._collecting = Collecting(settings, clock, settings.all_stores)
        self._database = open_database(settings.database_url)
        registry = RegistryConsumer(self._database, settings.site, clock)
        self._collecting.read(registry, REGISTRY_EVERY_S)
        registry.consume([Announcement(f"mqtt:{name}", {}, job.start) for name in NAMES], 0)
        self.heard = 0
        self._all = threading.Event()
        self._collecting.pipeline.tap(self._count)
        self.profile = cProfile.Profile() if job.profile else None
        targets = [*self._collecting.targets(), *self._collecting.listening()]
        self.services = [Supervised(name, self._profiled(name, target), clock) for name, target in targets]

    def _profiled(self, name: str, target: Target) -> Target:
        profile = self.profile
        return target if profile is None or name != self._job.profile else lambda stop: profile.runcall(target, stop)

    def _count(self, items: Sequence[Item]) -> None:
        for chunk in chunks_of(items):
            if isinstance(chunk, Readings):
                counted = np.array([metric == METRIC for _, metric, _ in chunk.series])
                self.heard += int(counted[chunk.which].sum())
            else:
                self.heard += sum([type(item) is Reading and item.metric == METRIC for item in chunk])
        if self.heard >= self._job.count:
            self._all.set()

    def run(self) -> None:
        """Say when it listens, when everything was on disk, when in the store, and what is there at the end."""
        look_rarely()
        times = ThreadTimes()
        for service in self.services:
            service.start()
        while self._collecting.links[0].status.state != "up":
            time.sleep(_LOOK_S)
        times.start()
        say(ready=True)
        complete = self._wait_for_all()
        say(on_disk=time.monotonic())
        while any(runner.position < self._collecting.spool.head for runner in self._collecting.runners):
            time.sleep(_LOOK_S)
        say(end=time.monotonic(), complete=complete, threads=times.shares())
        time.sleep(_AFTERWARDS_S)
        stop(self.services)
        say(**self._counted())
        self._collecting.close()
        self._database.close()
        if self.profile is not None:
            pstats.Stats(self.profile, stream=sys.stderr).sort_stats("tottime").print_stats(_LINES)
        say(stopped=True)

    def _wait_for_all(self) -> bool:
        """False when nothing more came for some seconds after the first."""
        seen, since = 0, time.monotonic()
        while not self._all.wait(0.25):
            if self.heard != seen or not seen:
                seen, since = self.heard, time.monotonic()
            elif time.monotonic() - since > _GIVE_UP_S:
                return False
        return True

    def _counted(self) -> dict[str, int]:
        """`stored` different messages, and how many came `twice`, in the spool or in the store."""
        end = self._job.start + timedelta(milliseconds=self._job.count)
        store = self._collecting.stores[MAIN_STORE]
        points = store.query(Selection(self._job.start, end, metrics=(METRIC,)))
        different = len(points.group_by(["device", "at"]).aggregate([])) if len(points) else 0
        wrong = int(pc.sum(pc.not_equal(points["quality"], "GOOD")).as_py() or 0)
        return {"stored": different, "twice": max(self.heard, len(points)) - different, "not_good": wrong}


def link_to(port: int) -> dict[str, object]:
    """The settings of a link to a broker on this machine."""
    return {"kind": "mqtt", "port": port, "client_id": "bench", "dialects": [{"kind": "mqtt.wardkeeper"}]}


if __name__ == "__main__":
    Product(msgspec.json.decode(sys.argv[1], type=Job)).run()
