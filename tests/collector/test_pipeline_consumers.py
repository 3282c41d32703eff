"""Consumers read the spool behind their own cursors, and none holds up another."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from collector.clock import ManualClock, SystemClock
from collector.errors import Unreachable
from collector.pipeline import ConsumerRunner, StoreConsumer
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Announcement, Item, Reading, Sighting
from collector.spool import Spool
from collector.stores.memory import MemoryStore
from collector.supervisor import Supervised

T0 = ManualClock().now()


def reading(value) -> Reading:
    return Reading("d", "temperature", value, T0, T0)


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what another thread brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


class House:
    """A spool with small segments, and its clock."""

    def __init__(self, directory):
        self.clock = ManualClock()
        self.spool = Spool(directory, self.clock, segment_bytes=2000)

    def take(self, *items: Item) -> None:
        self.spool.append([(items, None)])


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.spool.close()


class Scribe:
    """A consumer that writes down what it gets, and fails when it is told to."""

    def __init__(self, name: str = "scribe", position: int = 0) -> None:
        self.name = name
        self.values: list[object] = []
        self.trouble: Exception | None = None
        self.failures = 0
        self._position = position

    def position(self) -> int:
        if self.trouble:
            raise self.trouble
        return self._position

    def consume(self, items, position):
        if self.trouble:
            self.failures += 1
            raise self.trouble
        self.values += [item.value for item in items]
        self._position = position


def supervised(runner: ConsumerRunner) -> Supervised:
    thread = Supervised(runner.name, runner.run, SystemClock(), shortest_s=0.001, longest_s=0.01)
    thread.start()
    return thread


def test_a_failing_consumer_holds_up_no_other_loses_nothing_and_shows_its_lag(house):
    good, poor = Scribe("good"), Scribe("poor")
    runners = [ConsumerRunner(scribe, house.spool, house.clock, batch=10) for scribe in (good, poor)]
    poor.trouble = Unreachable("store down")
    threads = [supervised(runner) for runner in runners]
    for n in range(100):
        house.take(reading(float(n)))
    eventually(lambda: len(good.values) == 100)
    eventually(lambda: threads[1].status.failures > 2)
    assert threads[1].status.error == "store down"
    assert runners[0].lag.records == 0
    assert runners[1].lag.records == 100
    assert len({path.name for path in house.spool.directory.glob("*.spool")}) > 1  # kept for the poor one
    poor.trouble = None
    eventually(lambda: len(poor.values) == 100)
    assert poor.values == good.values == [float(n) for n in range(100)]
    for thread in threads:
        assert thread.stop()


def test_a_consumer_whose_server_was_never_there_is_behind_by_the_age_of_what_waits_for_it(house):
    scribe = Scribe()
    house.take(reading(1))
    runner = ConsumerRunner(scribe, house.spool, house.clock)
    house.clock.advance(90)
    assert (runner.lag.records, runner.lag.seconds) == (1, 90.0)


def test_what_another_collector_heard_an_hour_ago_is_behind_only_since_it_came_here(house):
    forwarded = Reading("d", "temperature", 21.5, T0 - timedelta(hours=1), T0 - timedelta(hours=1))
    runner = ConsumerRunner(Scribe(), house.spool, house.clock)
    house.take(forwarded)
    house.clock.advance(2)
    assert runner.lag.seconds == 2.0


def test_the_age_of_what_waits_is_known_after_a_restart_too(house, tmp_path):
    for n in range(9):
        house.take(reading(n))
        house.clock.advance(10)
    house.spool.close()
    again = Spool(tmp_path, house.clock, segment_bytes=2000)
    assert ConsumerRunner(Scribe(position=3), again, house.clock).lag.seconds == 60.0
    again.close()


def test_a_batch_that_failed_is_handed_over_again_and_the_lag_is_its_age(house):
    scribe = Scribe()
    runner = ConsumerRunner(scribe, house.spool, house.clock)
    thread = supervised(runner)
    house.take(reading(1.0))
    eventually(lambda: scribe.values == [1.0])
    scribe.trouble = KeyError("a mistake")
    house.take(reading(2.0))
    eventually(lambda: scribe.failures > 0)
    house.clock.advance(42)
    assert runner.lag.seconds == pytest.approx(42, abs=0.1)
    scribe.trouble = None
    eventually(lambda: scribe.values == [1.0, 2.0])
    assert (runner.lag.records, runner.lag.seconds) == (0, 0.0)
    assert thread.stop()


def test_a_consumer_starts_where_it_was(house):
    for n in range(3):
        house.take(reading(float(n)))
    scribe = Scribe(position=2)
    thread = supervised(ConsumerRunner(scribe, house.spool, house.clock))
    eventually(lambda: scribe.values == [2.0])
    assert thread.stop()


def test_a_consumer_that_knows_more_than_an_emptied_spool_misses_nothing_new(house):
    scribe = Scribe(position=500)
    runner = ConsumerRunner(scribe, house.spool, house.clock)
    house.take(reading(1.0))
    thread = supervised(runner)
    eventually(lambda: scribe.values == [1.0])
    assert thread.stop()


def test_the_store_gets_everything_with_its_position(house):
    store = MemoryStore()
    thread = supervised(ConsumerRunner(StoreConsumer(store), house.spool, house.clock))
    house.take(reading(1.0), Announcement("d", {}, T0), Sighting("ble:t", "gw", -70, T0))
    eventually(lambda: store.position() == 1)
    everything = Selection(start=T0 - timedelta(days=1), end=T0 + timedelta(days=1))
    assert [r.metric for r in readings_of(store.query(everything))] == ["rssi", "temperature"]
    assert thread.stop()
