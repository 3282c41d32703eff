"""From links to disk to consumers: nothing is acknowledged before it is on disk, nothing acknowledged is lost."""

import contextlib
import resource
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from collector.clock import ManualClock, SystemClock
from collector.counters import Counters
from collector.errors import Unreachable
from collector.latest import Latest
from collector.pipeline import Limits, Pipeline
from collector.ports import Part
from collector.reading import Announcement, DeliveryKey, Item, Quality, Reading, Sighting
from collector.spool import Spool
from collector.supervisor import Supervised

T0 = ManualClock().now()


def reading(value, at=0.0, device="d") -> Reading:
    moment = T0 + timedelta(seconds=at)
    return Reading(device, "temperature", value, moment, moment)


def key(mid: int, redelivered: bool = False) -> DeliveryKey:
    return DeliveryKey("mqtt", "1", mid, b"%d" % mid, redelivered)


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what another thread brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


class House:
    """A spool, its pipeline and what they count."""

    def __init__(self, directory, **limits):
        self.clock = ManualClock()
        self.counters = Counters(self.clock)
        self.latest = Latest()
        self.spool = Spool(directory, self.clock, segment_bytes=2000)
        self.pipeline = Pipeline(self.spool, self.clock, self.latest, self.counters, Limits(**limits))
        self.stopped = threading.Event()
        self.stopped.set()

    def write(self) -> None:
        """Write what is queued, in this thread."""
        self.pipeline.run(self.stopped)

    def take(self, *items: Item, **more) -> None:
        assert self.pipeline.offer(items, **more)
        self.write()

    def spooled(self) -> list[Item]:
        return [item for _, items in self.spool.read(0, 1_000_000) for item in items]


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.spool.close()


@contextlib.contextmanager
def disk_full():
    """The kernel lets no file grow any more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# ---------------------------------------------------------------- the intake


def test_what_is_offered_is_on_disk_when_the_link_is_told(house):
    seen: list[list[Item]] = []
    house.take(reading(1.0), durable=lambda: seen.append(house.spooled()))
    assert seen == [[reading(1.0)]]
    assert house.latest.get("d", "temperature").value == 1.0
    assert house.counters.get("items") == 1


def test_links_are_told_in_the_order_in_which_they_offered(house):
    told: list[int] = []
    for n in range(20):
        house.pipeline.offer([reading(float(n))], durable=lambda n=n: told.append(n))
    house.write()
    assert told == list(range(20))


def test_many_small_offers_share_a_record_and_a_big_one_has_its_own(tmp_path):
    house = House(tmp_path, record=10)
    for n in range(7):
        house.pipeline.offer([reading(float(n))])
    house.pipeline.offer([reading(float(n), device="e") for n in range(25)])
    house.write()
    assert [len(items) for _, items in house.spool.read(0, 1000)] == [7, 25]


def test_a_message_that_says_nothing_is_acknowledged_and_writes_nothing(house):
    told: list[int] = []
    house.take(durable=lambda: told.append(1), key=key(1))
    assert told == [1]
    assert house.spool.head == 0


def test_a_full_queue_says_so_and_has_room_again_once_it_is_written(tmp_path):
    house = House(tmp_path, queued=3)
    assert house.pipeline.offer([reading(1.0), reading(2.0)])
    assert house.pipeline.offer([reading(3.0)])
    assert house.pipeline.queued == 3
    assert not house.pipeline.offer([reading(4.0)])
    house.write()
    assert house.pipeline.offer([reading(4.0)])
    assert [r.value for r in house.spooled()] == [1.0, 2.0, 3.0]


def test_an_offer_larger_than_the_queue_is_taken_when_the_queue_is_empty(tmp_path):
    house = House(tmp_path, queued=3)
    house.take(*(reading(float(n)) for n in range(10)))
    assert len(house.spooled()) == 10


def test_a_disk_that_is_full_stops_the_acknowledgements_and_nothing_is_lost_or_doubled(tmp_path):
    house = House(tmp_path, queued=4)
    told: list[int] = []
    with disk_full():
        for n in range(2):
            house.pipeline.offer([reading(float(n))], durable=lambda n=n: told.append(n), key=key(n))
        for _ in range(3):
            with pytest.raises(Unreachable, match="disk full"):
                house.write()
        for n in range(2, 6):
            assert house.pipeline.offer([reading(float(n))], durable=lambda n=n: told.append(n), key=key(n))
        assert not house.pipeline.offer([reading(9.0)])
        with pytest.raises(Unreachable):
            house.write()
        assert told == []
        assert house.latest.get("d", "temperature") is None
    house.write()
    assert told == list(range(6))
    assert [r.value for r in house.spooled()] == [float(n) for n in range(6)]


def test_under_its_supervisor_it_goes_on_by_itself_when_the_disk_has_room(tmp_path):
    house = House(tmp_path)
    thread = Supervised("spool", house.pipeline.run, SystemClock(), shortest_s=0.01, longest_s=0.05)
    told = threading.Event()
    with disk_full():
        thread.start()
        house.pipeline.offer([reading(1.0)], durable=told.set)
        eventually(lambda: thread.status.failures > 2)
        assert "disk full" in thread.status.error
        assert not told.is_set()
    assert told.wait(20)
    assert thread.stop()


def test_a_link_that_fails_when_it_is_told_does_not_keep_the_others_from_being_told(house):
    told: list[int] = []
    for n, durable in enumerate([lambda: told.append(0), lambda: 1 / 0, lambda: told.append(2)]):
        house.pipeline.offer([reading(float(n))], durable=durable)
    with pytest.raises(ZeroDivisionError):
        house.write()
    house.write()
    assert told == [0, 2]
    assert len(house.spooled()) == 3


def test_what_is_queued_is_written_before_the_thread_ends(house):
    thread = Supervised("spool", house.pipeline.run, SystemClock())
    thread.start()
    for n in range(1000):
        assert house.pipeline.offer([reading(float(n))])
    assert thread.stop()
    assert len(house.spooled()) == 1000


def test_many_links_at_once(house):
    thread = Supervised("spool", house.pipeline.run, SystemClock())
    thread.start()
    told: list[str] = []

    def link(name: str) -> None:
        for n in range(500):
            while not house.pipeline.offer([reading(float(n), device=name)], durable=lambda: told.append(name)):
                pass

    links = [threading.Thread(target=link, args=(f"link{n}",)) for n in range(4)]
    for each in links:
        each.start()
    for each in links:
        each.join()
    assert thread.stop()
    assert len(told) == 2000
    for each in range(4):
        got = [r for r in house.spooled() if r.device == f"link{each}"]
        assert [r.value for r in got] == [float(n) for n in range(500)]
        assert len({r.received for r in got}) == 500


# ---------------------------------------------------------------- redelivery


def test_a_redelivered_message_is_acknowledged_and_dropped(house):
    told: list[int] = []
    house.take(reading(1.0), key=key(1))
    house.take(reading(1.0), key=key(1, redelivered=True), durable=lambda: told.append(1))
    assert told == [1]
    assert len(house.spooled()) == 1
    assert house.counters.get("items_dropped", why="redelivered") == 1


def test_a_copy_that_comes_while_the_first_waits_for_the_disk_is_dropped_too(house):
    house.pipeline.offer([reading(1.0)], key=key(1))
    house.pipeline.offer([reading(1.0)], key=key(1, redelivered=True))
    house.write()
    assert len(house.spooled()) == 1


def test_a_redelivery_of_what_was_never_written_is_taken(house):
    house.take(reading(1.0), key=key(1, redelivered=True))
    assert len(house.spooled()) == 1


def test_an_id_used_again_without_the_flag_is_a_new_message(house):
    house.take(reading(1.0), key=key(1))
    house.take(reading(2.0, at=1), key=key(1))
    assert len(house.spooled()) == 2


# ---------------------------------------------------------------- what may enter


def test_what_is_no_reading_is_counted_and_the_rest_goes_on(house):
    house.take(
        reading(float("nan")),
        reading(float("inf")),
        reading("\udc80"),
        reading("x" * 5000),
        Sighting("t" * 60_000, "gw", -70, T0),
        Announcement("d", {"model": "x"}, T0),
        reading(1.0, at=3600 + 1),
    )
    kinds = [type(item) for item in house.spooled()]
    assert kinds == [Reading, Announcement, Reading]
    assert house.spooled()[0].quality is Quality.BAD
    counts = {dict(labels)["why"]: n for (name, labels), n in house.counters.snapshot().items() if labels}
    assert counts == {"not finite": 2, "broken text": 1, "overlong name": 1, "text cut": 1}


def test_times_are_put_in_order_also_across_offers(house):
    house.take(reading(1.0))
    house.take(reading(2.0))
    assert [r.at - T0 for r in house.spooled()] == [timedelta(0), timedelta(milliseconds=1)]


def test_a_clock_set_back_is_seen_also_across_a_restart(tmp_path):
    house = House(tmp_path)
    house.clock.advance(100)
    house.take(reading(1.0, at=100))
    house.spool.close()
    again = House(tmp_path)
    again.take(reading(2.0, at=0, device="other"))
    assert again.pipeline.clock_state.steps == 1
    assert again.pipeline.clock_state.behind == timedelta(seconds=100)
    first, second = again.spooled()
    assert second.quality is Quality.UNCERTAIN
    assert second.received > first.received


def test_sightings_are_dropped_first_when_the_quota_is_nearly_used_up(tmp_path):
    clock = ManualClock()
    counters = Counters(clock)
    spool = Spool(tmp_path, clock, segment_bytes=2000, quota_bytes=7_200)
    pipeline = Pipeline(spool, clock, Latest(), counters)
    stopped = threading.Event()
    stopped.set()
    for n in range(60):
        pipeline.offer([reading(float(n), at=n), Sighting("t", "gw", -70, T0 + timedelta(seconds=n))])
        pipeline.run(stopped)
    kinds = [type(item) for _, items in spool.read(0, 1_000_000) for item in items]
    assert kinds.count(Reading) == 60
    assert 0 < kinds.count(Sighting) < 60
    assert counters.get("items_dropped", why="sighting, spool nearly full") == 60 - kinds.count(Sighting)


def test_a_tap_gets_what_was_written_until_it_ends(house):
    got: list[Sequence[Item]] = []
    end = house.pipeline.tap(got.append)
    house.take(reading(1.0), reading(float("nan")))
    end()
    house.take(reading(2.0))
    assert got == [[reading(1.0)]]


def test_what_another_wardkeeper_heard_is_the_same_point_again_after_a_restart(tmp_path):
    items = [reading(1, at=-5), Sighting("ble:t", "gw", -70.0, T0), reading(2, at=-1000)]
    for _ in range(2):
        house = House(tmp_path)
        house.take(reading(0), reading(0))  # our own of the same series is later
        assert house.pipeline.offer_all([Part(items, elsewhere=True)])
        house.write()
        house.spool.close()
    house = House(tmp_path)
    again = [item for item in house.spooled() if item.received <= T0 and item != reading(0)]
    assert again == [items[0], items[1], replace(items[2], retained=True)] * 2
    house.spool.close()


def test_the_first_message_of_each_batch_is_timed_until_it_is_on_disk(house):
    house.pipeline.offer([reading(1)])
    house.pipeline.offer([reading(2)])
    assert house.pipeline.acknowledged.snapshot().count == 0
    house.write()
    assert house.pipeline.acknowledged.snapshot().count == 1
    house.take(reading(3))
    assert house.pipeline.acknowledged.snapshot().count == 2
    assert house.pipeline.wrote.snapshot().count == 2
