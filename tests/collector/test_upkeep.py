"""The store is tended at once, and again when the clock has gone on."""

import threading
from datetime import timedelta

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.supervisor import Supervised
from collector.upkeep import ForEver, Upkeep


class Tended:
    def __init__(self):
        self.times = []
        self.tended = threading.Semaphore(0)

    def tend(self, now, retention):
        assert retention.keep("d", "temperature") == (None, None)
        self.times.append(now)
        self.tended.release()


def test_it_tends_now_and_every_ten_minutes_until_it_is_stopped():
    clock, store = ManualClock(), Tended()
    service = Supervised("upkeep", Upkeep(store, clock, ForEver()).run, clock)
    service.start()
    assert store.tended.acquire(timeout=10)
    first = clock.now()
    clock.advance(599)
    second = clock.advance(1)
    assert store.tended.acquire(timeout=10)
    service.stop()
    assert store.times == [first, second]


def test_after_a_failure_it_waits_a_minute():
    clock, store = ManualClock(), Tended()
    fails = iter([True])

    def tend(now, retention):
        Tended.tend(store, now, retention)
        if next(fails, False):
            raise Unreachable("the disk is full")

    store.tend = tend
    service = Supervised("upkeep", Upkeep(store, clock, ForEver()).run, clock)
    service.start()
    assert store.tended.acquire(timeout=10)
    while not store.tended.acquire(timeout=0.05):
        clock.advance(10)
    service.stop()
    assert store.times[1] - store.times[0] >= timedelta(seconds=60)
