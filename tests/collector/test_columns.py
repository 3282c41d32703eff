"""Columns say what readings one by one say: in the spool, in order, in the store, on screens and to consumers."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.admission import Timeline, reached
from collector.clock import ManualClock
from collector.columns import DeliveryKeys, Items, chunks_of, joined, keys_of, readings_of, strung
from collector.counters import Counters
from collector.embedded import batch
from collector.embedded.series import SeriesIndex
from collector.latest import Latest
from collector.payload import batch_of, encode, encode_batch, flat, items_of
from collector.payload import keys_of as keys_in
from collector.pipeline import Pipeline
from collector.points import all_moments, all_ms, moment_of, ms_of
from collector.ports import Part
from collector.reading import DeliveryKey, Quality, Reading
from collector.spool import Spool

T0 = ManualClock().now()
MS = timedelta(milliseconds=1)
SERIES = [("a", "temperature", ""), ("b", "temperature", ""), ("b", "humidity", "gw")]

rows = st.lists(
    st.tuples(st.sampled_from(SERIES), st.floats(-50, 50, allow_nan=False), st.integers(-3000, 3000)),
    min_size=1,
    max_size=30,
)


def columns(some, received=T0):
    """`some` are (series, value, ms by which it was measured before it was heard)."""
    heard = ms_of(received)
    at = np.array([heard - before for _, _, before in some], np.int64)
    return readings_of([one[0] for one in some], [one[1] for one in some], at, heard)


def keys(count, first=1):
    return keys_of("mqtt", "1", range(first, first + count), np.arange(2 * count).reshape(count, 2).astype(">u4"))


@given(rows)
def test_columns_are_the_readings_they_were_made_of(some):
    expected = [
        Reading(device, metric, value, T0 - before * MS, T0, gateway)
        for (device, metric, gateway), value, before in some
    ]
    assert list(columns(some)) == expected
    assert list(joined([columns(some), columns(some[:1])])) == [*expected, expected[0]]


@pytest.mark.parametrize("ms", [0, 1, 999, 1_764_054_120_001, (1 << 34) * 1000, -1])
def test_moments_of_many_are_those_of_each(ms):
    times = np.array([ms, ms, 0], np.int64)
    assert all_moments(times) == [moment_of(one) for one in times.tolist()]
    assert all_ms(all_moments(times)).tolist() == times.tolist()


def test_lists_and_columns_are_strung_in_order():
    one, some = Reading("x", "battery", 1.0, T0, T0), [(SERIES[0], 1.0, 0), (SERIES[1], 2.0, 0)]
    assert strung([[one], [], [one]]) == [one, one]
    mixed = strung([[one], columns(some), columns(some), [one]])
    assert isinstance(mixed, Items)
    assert len(chunks_of(mixed)) == 3
    assert list(mixed) == [one, *columns(some), *columns(some), one]
    assert len(mixed) == 6


@given(rows, rows)
def test_admission_orders_columns_as_it_does_one_reading_after_another(first, second):
    one, other = Timeline(), Timeline()
    known = [Reading(d, m, 0.0, T0, T0, g) for d, m, g in SERIES]
    for timeline in (one, other):
        timeline.place(known, T0, {})
    for some in (first, second):  # heard in one millisecond, so that nearly everything is moved
        together = one.passed_together(columns(some, T0 + MS))
        apart = [item for reading in columns(some, T0 + MS) for item in other.place([reading], T0 + MS, {})]
        assert list(together) == apart


@pytest.mark.parametrize(
    "odd", [(SERIES[0], float("nan"), 0), (("new", "temperature", ""), 1.0, 0), (SERIES[0], 1.0, -301_000)]
)
def test_admission_leaves_columns_alone_that_need_a_closer_look(odd):
    timeline = Timeline()
    timeline.place([Reading(d, m, 0.0, T0, T0, g) for d, m, g in SERIES], T0, {})
    assert timeline.passed_together(columns([(SERIES[1], 1.0, 0), odd], T0 + MS)) is None
    assert timeline.passed_together(columns([(SERIES[1], 1.0, 0)], T0 + MS)).received == ms_of(T0 + MS)


def test_a_burst_in_columns_counts_for_how_far_time_has_come():
    ahead = columns([(SERIES[0], 1.0, 0)], T0 + 5 * MS)
    assert reached(Items([ahead]), T0, None) == T0 + 5 * MS


@given(rows)
def test_a_record_keeps_columns_beside_readings_and_their_keys(some):
    one, key = Reading("x", "battery", 1.0, T0, T0), DeliveryKey("l", "1", 9, b"12345678")
    payload = encode_batch(T0, [([one], key), (columns(some), keys(len(some))), ([one], None)])
    assert list(items_of(payload)) == [one, *columns(some), one]
    written, batch = batch_of(payload)
    assert (written, list(flat(batch))) == (T0, [one, *columns(some), one])
    found = keys_in(payload)[1]
    assert found == [key, keys(len(some))]
    assert [one.mid for one in found[1]] == list(range(1, len(some) + 1))


def test_a_record_of_before_there_were_columns_is_read():
    one, key = Reading("x", "door_open", True, T0, T0, "", Quality.BAD), DeliveryKey("l", "1", 9, b"d", True)
    old = encode((T0, [([one], key), ([one], None)]))
    assert items_of(old) == [one, one]
    assert keys_in(old) == (T0, [key])
    assert batch_of(old) == (T0, [([one], key), ([one], None)])
    assert encode_batch(T0, [([one], key), ([one], None)]) == old


@given(rows)
@settings(max_examples=50)
def test_the_store_and_the_newest_values_take_columns_as_readings(some):
    series = SeriesIndex([])
    (one, new), (other, same) = (
        batch.of_items(Items([columns(some)]), series),
        batch.of_items(list(columns(some)), series),
    )
    assert new == same
    assert one.table().equals(other.table())
    mixed = batch.of_items(Items([list(columns(some)), columns(some)]), series)[0]
    assert mixed.table().equals(one.table())
    left, right = Latest(), Latest()
    left.update(Items([columns(some)]))
    right.update(list(columns(some)))
    assert all(left.get(device, metric) == right.get(device, metric) for device, metric, _ in SERIES)
    assert all(left.seen(device) == right.seen(device) for device, _, _ in SERIES)


class World:
    """A pipeline on a real spool."""

    def __init__(self, folder):
        self.clock, self.latest = ManualClock(), Latest()
        self.spool = Spool(folder, self.clock)
        self.spool.register("reader")
        self.pipeline = Pipeline(self.spool, self.clock, self.latest, Counters(self.clock))

    def say(self, *parts):
        done = []
        assert self.pipeline.offer_all(parts, lambda: done.append(True))
        stop = threading.Event()
        stop.set()
        self.pipeline.run(stop)
        assert done == [True]
        self.clock.advance(1)

    def heard(self):
        return [item for _, items in self.spool.read(0, 10**6) for item in items]


def some_columns(world, count=4):
    return columns([(SERIES[n % 2], float(n), 0) for n in range(count)], world.clock.now())


def test_columns_go_through_the_pipeline_and_the_disk(tmp_path):
    world = World(tmp_path)
    for turn in range(3):  # at first nobody knows the series
        world.say(Part(some_columns(world), keys(4, 4 * turn + 1)))
    said = world.heard()
    assert len(said) == 12
    times = [item.received for item in said if item.device == "a"]
    assert times == sorted(set(times))
    assert any(isinstance(items, Items) for _, items in world.spool.read(0, 10**6))
    world.spool.close()
    again = World(tmp_path)
    assert again.heard() == said, "read from disk"
    assert all(again.spool.known(key) for key in keys(4, 9))


def test_what_comes_again_among_columns_is_dropped(tmp_path):
    world = World(tmp_path)
    for turn in range(2):
        world.say(Part(some_columns(world), keys(4, 4 * turn + 1)))
    key = next(iter(keys(4, 5)))
    again = DeliveryKey(key.link, key.session, key.mid, key.digest, redelivered=True)
    more = keys(4, 9)
    first = next(iter(more))
    repeated = DeliveryKey(first.link, first.session, first.mid, first.digest, redelivered=True)
    reading = next(iter(some_columns(world)))
    world.say(Part((reading,), again), Part(some_columns(world), more), Part((reading,), repeated))
    assert len(world.heard()) == 12
    assert isinstance(more, DeliveryKeys)
