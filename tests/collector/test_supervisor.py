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


class Patient(ManualClock):
    """A clock for which waiting takes no time, and which remembers how long it was asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.advance(seconds)
        return event.is_set()


def test_the_pauses_between_failures_double_are_bounded_and_longer_by_chance():
    clock = Patient()
    done = threading.Event()
    calls = []

    def target(stop):
        calls.append(1)
        if len(calls) < 5:
            raise Unreachable(f"store down {len(calls)}")
        done.set()
        stop.wait()

    thread = Supervised("store", target, clock, shortest_s=1, longest_s=3, jitter=lambda: 0.5)
    thread.start()
    assert done.wait(20)
    assert clock.waits == [1.25, 2.5, 3.75, 3.75]
    assert (thread.status.state, thread.status.failures, thread.status.error) == ("running", 4, "store down 4")
    assert thread.status.failed_at == clock.now() - timedelta(seconds=3.75)
    assert thread.stop()


def test_while_it_waits_everybody_can_see_why():
    def target(stop):
        raise Unreachable("store down")

    clock = ManualClock()
    thread = Supervised("store", target, clock)
    thread.start()
    eventually(lambda: thread.status.state == "waiting")
    assert (thread.status.error, thread.status.failures) == ("store down", 1)
    assert thread.status.failed_at == clock.now()
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
    clock = Patient()
    done = threading.Event()
    calls = []

    def target(stop):
        calls.append(1)
        if len(calls) == 3:
            clock.advance(61)
        if len(calls) < 5:
            raise Unreachable("down")
        done.set()
        stop.wait()

    thread = Supervised("store", target, clock, shortest_s=1, longest_s=60, jitter=lambda: 0)
    thread.start()
    assert done.wait(20)
    assert clock.waits == [1, 2, 1, 2]
    assert thread.stop()
