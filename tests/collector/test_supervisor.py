"""A thread that fails is started again, and everybody can see it."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from collector.clock import ManualClock, SystemClock
from collector.errors import ConfigError, Unreachable
from collector.supervisor import Supervised


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what another thread brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_it_runs_until_it_is_stopped():
    running = threading.Event()

    def target(stop):
        running.set()
        stop.wait()

    thread = Supervised("store", target, ManualClock())
    assert thread.status.state == "new"
    thread.start()
    assert running.wait(20)
    assert thread.status.state == "running"
    assert thread.stop()
    assert (thread.status.state, thread.status.failures) == ("stopped", 0)


def test_after_a_failure_it_waits_shows_why_and_goes_on():
    clock = ManualClock()
    starts: list[float] = []

    def target(stop):
        starts.append((clock.now() - ManualClock().now()).total_seconds())
        if len(starts) < 4:
            raise Unreachable(f"store down {len(starts)}")
        stop.wait()

    thread = Supervised("store", target, clock, shortest_s=1, longest_s=3, jitter=lambda: 0.5)
    thread.start()
    for failures, pause in ((1, 1.25), (2, 2.5), (3, 3.75)):  # doubled, bounded, and each a quarter longer
        eventually(lambda failures=failures: thread.status.failures == failures and thread.status.state == "waiting")
        assert thread.status.error == f"store down {failures}"
        assert thread.status.failed_at == clock.now()
        clock.advance(pause)
    eventually(lambda: len(starts) == 4)
    assert starts == [0, 1.25, 3.75, 7.5]
    assert thread.stop()


def test_a_mistake_in_the_code_does_not_end_it_either():
    calls = []

    def target(stop):
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("oops")
        stop.wait()

    thread = Supervised("alarms", target, SystemClock(), shortest_s=0.001)
    thread.start()
    eventually(lambda: len(calls) == 2)
    assert thread.status.error == "'oops'"
    assert thread.stop()


def test_a_wrong_configuration_ends_it():
    def target(stop):
        raise ConfigError("no such store")

    thread = Supervised("store", target, SystemClock())
    thread.start()
    eventually(lambda: thread.status.state == "failed")
    assert thread.status.error == "no such store"


def test_it_can_be_stopped_while_it_waits():
    def target(stop):
        raise Unreachable("down")

    thread = Supervised("store", target, SystemClock(), shortest_s=3600)
    thread.start()
    eventually(lambda: thread.status.state == "waiting")
    assert thread.stop(timeout=20)


def test_after_having_run_well_for_long_the_first_pause_is_short_again():
    clock = ManualClock()
    calls = []

    def target(stop):
        calls.append(clock.now())
        if len(calls) == 3:
            clock.advance(100)
        raise Unreachable("down")

    thread = Supervised("store", target, clock, shortest_s=1, longest_s=60, jitter=lambda: 0)
    thread.start()
    for n, pause in enumerate((1, 2, 1, 2), 1):
        eventually(lambda n=n: thread.status.failures == n and thread.status.state == "waiting")
        clock.advance(pause - 0.001)
        time.sleep(0.03)
        assert len(calls) == n
        clock.advance(0.001)
    eventually(lambda: len(calls) == 5)
    assert calls[1] - calls[0] == timedelta(seconds=1)
    assert thread.stop()
