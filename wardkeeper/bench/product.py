"""The product as a process: link, registry, spool and embedded store, as `serve` has them, without screens and desk.

`python -m wardkeeper.bench.product FOLDER PORT COUNT`. Says "ready" when it listens, "done SECONDS_OF_CPU" when COUNT
readings have been acknowledged and read by everybody, and ends with its standard input. FOLDER keeps what it has.
"""

import json
import sys
import threading
import time
from pathlib import Path

from asset_registry.consumer import RegistryConsumer
from collector.clock import SystemClock
from collector.supervisor import Supervised
from wardkeeper.collecting import Collecting
from wardkeeper.database import open_database
from wardkeeper.settings import Settings

_TURN_S = 0.005


def settings(folder: Path, port: int) -> Settings:
    """A house with one broker."""
    link = {"kind": "mqtt", "port": port, "dialects": [{"kind": "mqtt.wardkeeper"}]}
    return Settings(site="bench", data=folder, links={"bench": link})


def main(folder: str, port: str, count: str) -> None:
    """Run until standard input ends."""
    given, clock = settings(Path(folder), int(port)), SystemClock()
    given.make_data()
    database = open_database(given.database_url, None, lambda _: None)
    collecting = Collecting(given, clock, given.all_stores)
    collecting.read(RegistryConsumer(database, given.site, clock))
    services = [Supervised(name, run, clock) for name, run in (*collecting.targets(), *collecting.listening())]
    for service in services:
        service.start()
    threading.Thread(target=_watch, args=(collecting, int(count)), daemon=True).start()
    sys.stdin.read()
    for service in reversed(services):
        service.stop()
    collecting.close()
    database.close()


def _watch(collecting: Collecting, count: int) -> None:
    """Say when the link is up, and when everything has arrived everywhere."""
    while collecting.links[0].status.state != "up":
        time.sleep(_TURN_S)
    print("ready", flush=True)
    began = time.process_time()
    while _on_disk(collecting) < count or any(runner.behind for runner in collecting.runners):
        time.sleep(_TURN_S)
    print("done", json.dumps({"cpu_s": time.process_time() - began, "threads": _threads()}), flush=True)


def _on_disk(collecting: Collecting) -> int:
    return collecting.counters.snapshot().get(("items", ()), 0) - 1  # the link says once that it is up


def _threads() -> dict[str, float]:
    """Seconds of processor that each thread has had, by name (Linux)."""
    ticks = {}
    for thread in threading.enumerate():
        told = Path(f"/proc/self/task/{thread.native_id}/stat")
        if told.exists():
            fields = told.read_text().rpartition(")")[2].split()
            ticks[thread.name] = (int(fields[11]) + int(fields[12])) / 100
    return ticks


if __name__ == "__main__":
    main(*sys.argv[1:])
