"""A damaged segment costs what was damaged and nothing else; a clock that is set costs nothing."""

import contextlib
import shutil
import threading
from datetime import timedelta
from itertools import pairwise

import pytest

from collector.clock import ManualClock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import ConsumerRunner, Pipeline, StoreConsumer
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import DeliveryKey, Quality, Reading
from collector.segment import Record, scan
from collector.spool import Spool
from collector.stores.duckdb import Config, open_store

CLOCK = ManualClock()
T0 = CLOCK.now()
RECORDS = {n: [Reading("d", "co2", float(n), T0, T0)] for n in range(1, 6)}
SMALL = 150  # bytes of a segment: two records


@pytest.fixture
def written(tmp_path):
    """The directory of a spool of five records in three segments; the messages in them have ids."""
    with contextlib.closing(Spool(tmp_path / "spool", CLOCK, segment_bytes=SMALL)) as spool:
        for n, items in RECORDS.items():
            spool.append([(items, DeliveryKey("ward", "1", n, b"x"))])
    return spool.directory


def last_segment(directory):
    return max(directory.glob("*.spool"))


@contextlib.contextmanager
def opened(directory):
    with contextlib.closing(Spool(directory, CLOCK, segment_bytes=SMALL)) as spool:
        yield spool


def read(spool):
    """Everything, two records at a time, as a consumer reads."""
    got, after = {}, 0
    while found := spool.read(after, 2):
        got |= {position: items for position, items in found if items}
        after = found[-1][0]
    assert after == spool.head
    return got


def spans(path):
    """(position, start, end) of everything in a segment; position 0 is the preface."""
    return [(found.position, found.start, found.end) for found in scan(path) if isinstance(found, Record)]


def test_whichever_byte_is_flipped_all_other_records_are_delivered_and_the_damage_is_reported(written):
    assert len(list(written.glob("*.spool"))) == 3
    for path in sorted(written.glob("*.spool")):
        whole = path.read_bytes()
        for position, start, end in spans(path):
            for at in range(start, end):
                blob = bytearray(whole)
                blob[at] ^= 1 << at % 8
                path.write_bytes(blob)
                with opened(written) as spool:
                    assert read(spool) == {n: items for n, items in RECORDS.items() if n != position}
                    (damage,) = spool.damage
                    assert (damage.segment, damage.start, damage.end) == (path.name, start, end)
                    assert spool.head == 5  # the number of the one that was lost is not given again
        path.write_bytes(whole)


def test_torn_at_any_byte_all_whole_records_are_delivered_and_the_next_one_follows_them(written, tmp_path):
    last = last_segment(written)
    whole, ends = last.read_bytes(), [end for _, _, end in spans(last)]
    before = max(n for n in RECORDS if n < int(last.stem))
    for size in range(len(whole)):
        copy = tmp_path / f"torn at {size}"
        shutil.copytree(written, copy)
        torn = copy / last.name
        torn.write_bytes(whole[:size])
        left = before + sum(end <= size for end in ends[1:])  # the first is the preface
        with opened(copy) as spool:
            assert list(read(spool)) == list(range(1, left + 1))
            assert spool.head == left
            assert not spool.damage  # nobody was told that what was torn is kept
            assert [spool.known(DeliveryKey("ward", "1", n, b"x")) for n in RECORDS] == [n <= left for n in RECORDS]
            assert spool.append([(RECORDS[5], None)]) == left + 1
        with opened(copy) as again:
            assert list(read(again)) == list(range(1, left + 2))
        shutil.rmtree(copy)


def test_a_segment_in_the_middle_cut_at_any_byte_costs_its_end_and_is_reported(written):
    path = sorted(written.glob("*.spool"))[1]
    whole, records = path.read_bytes(), spans(path)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        lost = {n for n, _, end in records if end > size}
        with opened(written) as spool:
            assert read(spool) == {n: items for n, items in RECORDS.items() if n not in lost}
            assert bool(spool.damage) == (size not in {start for _, start, _ in records})


# ---------------------------------------------------------------- the clock is set


HOUR = 3600


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted at each step"])
@pytest.mark.parametrize("steps", [(HOUR, -HOUR), (-HOUR, HOUR), (-HOUR, HOUR, HOUR, -HOUR)], ids=str)
def test_a_clock_set_by_an_hour_overwrites_no_point_and_turns_nothing_round(tmp_path, steps, restarts):
    """Two series; every number heard is in the spool in its order and in the store, whatever the clock says."""
    clock = ManualClock()
    store = open_store(Config(), tmp_path / "store")
    stopped = threading.Event()
    stopped.set()
    heard = 0
    with contextlib.ExitStack() as running:
        spool, pipeline = start(tmp_path, clock, running)
        for step in (0, *steps):
            clock.advance(step)
            if restarts:
                spool.close()
                spool, pipeline = start(tmp_path, clock, running)
            for _ in range(50):
                clock.advance(0.25)
                now = clock.now()
                for device in ("a", "b"):
                    assert pipeline.offer([Reading(device, "temperature", float(heard), now, now)])
                    heard += 1
                pipeline.run(stopped)
        spooled = [item for _, items in spool.read(0, 10**6) for item in items]
        runner = ConsumerRunner(StoreConsumer(store), spool, clock)
        while runner.lag.records:
            runner._step()

    assert [item.value for item in spooled] == list(range(heard))
    for device in ("a", "b"):
        times = [item.received for item in spooled if item.device == device]
        assert all(before < after for before, after in pairwise(times))
    points = readings_of(store.query(Selection(T0 - timedelta(days=1), T0 + timedelta(days=1))))
    assert sorted(point.value for point in points) == list(range(heard))
    assert {Quality.UNCERTAIN, Quality.GOOD} == {point.quality for point in points}
    store.close()


def start(directory, clock, running):
    spool = running.enter_context(contextlib.closing(Spool(directory / "spool", clock)))
    return spool, Pipeline(spool, clock, Latest(), Counters(clock))
