"""Workers of the built-in desk, in a process that can be killed."""

import threading

from asset_registry.db import Database
from collector.clock import SystemClock
from service_desk.outbox import OutboxWorker
from service_desk.sinks.desk import Desk

WORKERS = 16


class Alone:
    """The desk as if it were far away: it is told one thing after the other."""

    def __init__(self, desk):
        self.sync = desk.sync


def main(url, working):
    database, clock = Database(url), SystemClock()
    desk = Desk(database, clock, lambda _session, incidents, _now: {one.id: {"v": 1} for one in incidents})
    for number in range(WORKERS):
        sink = Alone(desk) if number % 2 else desk
        worker = OutboxWorker(database, {"desk": sink}, clock, holder=f"worker {number}")
        threading.Thread(target=worker.run, args=(threading.Event(),), daemon=True).start()
    working.set()
    threading.Event().wait()
