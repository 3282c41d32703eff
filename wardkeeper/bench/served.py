"""The whole product as `serve` runs it, which says how late it heard things: `python -m wardkeeper.bench.served`.

On disk: from the time in the message to the return of the fsync. In the store: to when `latest` gives it.
"""

import sys
import threading
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from asset_registry.people import create_person
from collector.clock import SystemClock
from collector.points import readings_of
from collector.reading import Item, Reading
from wardkeeper.bench.child import say
from wardkeeper.bench.product import link_to
from wardkeeper.bench.stream import METRIC, NAMES
from wardkeeper.database import open_database
from wardkeeper.settings import Settings
from wardkeeper.web import listen, serve
from wardkeeper.wiring import Wardkeeper

_EVERY = 25  # one of so many messages is looked at
_LOOK_S = 0.5


class Job(msgspec.Struct):
    """Listen to a broker for so many messages and serve; the database is SQLite in `folder` or at an address."""

    port: int
    count: int
    folder: str
    database: str = ""


class Delays:
    """Seconds, on disk and in the store, of `count` messages."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.heard = 0
        self.on_disk, self.in_store = array("d"), array("d")

    def tap(self, items: Sequence[Item]) -> None:
        """What has just been written."""
        now = datetime.now(UTC)
        mine = [item for item in items if isinstance(item, Reading) and item.metric == METRIC]
        self.heard += len(mine)
        self.on_disk.extend((now - one.at).total_seconds() for one in mine[::_EVERY])

    def look(self, running: Wardkeeper, stop: threading.Event) -> None:
        """Ask the store now and then for the newest of one device."""
        while not stop.wait(_LOOK_S):
            if self.heard >= self._count:
                return
            newest = readings_of(running.store.latest([f"mqtt:{NAMES[0]}"], [METRIC]))
            self.in_store.extend((datetime.now(UTC) - one.at).total_seconds() for one in newest)


def main(job: Job) -> None:
    """Serve until it is stopped, then say what was late."""
    clock, delays, stop = SystemClock(), Delays(job.count), threading.Event()
    database = {"database": job.database} if job.database else {}
    settings = Settings.model_validate(
        {"site": "bench", "data": Path(job.folder), "links": {"bench": link_to(job.port)}, **database}
    )
    settings.make_data()
    running = Wardkeeper(settings, clock, open_database(settings.database_url))
    with running.database.write() as session:
        person = create_person(session, "bench", "Bench", ["admin", "biomed"], "bench", clock.now())
        session.flush()
        number = person.id
    token = running.sign_in.api_token(number, "bench", (), "bench")
    running.pipeline.tap(delays.tap)
    listener = listen("127.0.0.1", 0)
    looking = threading.Thread(target=delays.look, args=(running, stop), name="looking")
    running.start()
    looking.start()
    try:
        serve(running.app(), listener, lambda: say(web=listener.getsockname()[1], token=token))
    finally:
        stop.set()
        looking.join()
        running.stop()
    say(heard=delays.heard, on_disk=_quantiles(delays.on_disk), in_store=_quantiles(delays.in_store))


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    found = np.percentile(seconds, (50, 95, 99, 100))
    return dict(zip(("p50", "p95", "p99", "max"), np.round(found, 3).tolist(), strict=True))


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Job))
