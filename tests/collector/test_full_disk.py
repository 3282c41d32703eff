"""A disk that really is full (a small tmpfs): the order of sacrifice, a clear alarm, full recovery."""

import random
import subprocess
import threading
from contextlib import suppress

import pytest

from collector.clock import ManualClock
from collector.counters import Counters
from collector.errors import Unreachable
from collector.latest import Latest
from collector.pipeline import Pipeline
from collector.quota import OWN, Disk, Quota
from collector.reading import Reading, Sighting
from collector.sacrifice import ALARM, DEVICE, METRIC
from collector.spool import Spool

SIGHTING, THINNED = "sighting, spool nearly full", "thinned, spool nearly full"
ROUND = 300
DISK = 3 << 20


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a tmpfs cannot be mounted by this user")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


class Ward:
    """A spool on that disk, a store that is down at first, alarms that keep up."""

    def __init__(self, disk):
        self.clock = ManualClock()
        self.counters = Counters(self.clock)
        self.latest = Latest()
        self.spool = Spool(disk / "spool", self.clock, quota_bytes=64 << 20, segment_bytes=100_000, keep_s=0)
        self.spool.register("store")
        self.spool.register("alarms")
        self.pipeline = Pipeline(self.spool, self.clock, self.latest, self.counters)
        self.stopped = threading.Event()
        self.stopped.set()
        self.chance = random.Random(7)
        self.number = 0
        self.acknowledged: set[int] = set()
        self.alarm_at = 0
        self.alarms: list[str] = []

    def hear(self, rounds=1):
        """Sightings, a steady room and a patient's pulse; the pulse's value is a number of its own."""
        for _ in range(rounds):
            items = []
            for n in range(ROUND):
                now = self.clock.advance(0.001)
                items.append(Sighting(f"tag {n}", "gateway", -60, now))
                items.append(Reading(f"room {n % 20}", "temperature", 21 + self.chance.gauss(0, 0.02), now, now))
                items.append(Reading("monitor", "pulse_rate", float(self.number * ROUND + n), now, now))
            number = self.number
            self.number += 1
            assert self.pipeline.offer(items, lambda number=number: self.acknowledged.add(number))
            self.pipeline.run(self.stopped)
            self.judge()

    def refused(self, rounds=1):
        """It hears, and nothing more is taken; a consumer that keeps up goes on."""
        with pytest.raises(Unreachable) as trouble:
            self.hear(rounds)
        self.judge()
        return str(trouble.value)

    def judge(self):
        for position, items in self.spool.read(self.alarm_at, 1_000_000):
            self.alarm_at = position
            self.alarms += [item.value for item in items if isinstance(item, Reading) and item.device == DEVICE]
        self.spool.advance("alarms", self.alarm_at)

    def dropped(self, why):
        return self.counters.get("items_dropped", why=why)

    def store_all(self):
        """The store is up again and takes everything, in order."""
        got = [item for _, items in self.spool.read(0, 10**9) for item in items]
        self.spool.advance("store", self.spool.head)
        return got


def pulses(items):
    return [item.value for item in items if isinstance(item, Reading) and item.device == "monitor"]


def test_sightings_go_first_then_rooms_are_thinned_then_nothing_is_acknowledged_and_all_comes_back(small_disk):
    ward = Ward(small_disk)
    while not ward.dropped(SIGHTING):
        ward.hear()
    assert 0.8 <= ward.spool.fullness < 0.9
    assert ward.dropped(THINNED) == 0
    assert ward.alarms == []

    while not ward.dropped(THINNED):
        ward.hear()
    assert 0.9 <= ward.spool.fullness < 1
    assert ward.alarms == [ALARM]  # while there is room to say so

    with pytest.raises(Unreachable, match="the disk has no more left than must stay free"):
        ward.hear(1000)
    refused = ward.number - 1
    assert ward.acknowledged == set(range(refused))
    assert ward.spool.fullness == 1
    assert ward.alarms == [ALARM]
    with pytest.raises(Unreachable):
        ward.pipeline.run(ward.stopped)

    got = ward.store_all()
    assert pulses(got) == list(range(refused * ROUND))  # of the vitals nothing was given up
    ward.pipeline.run(ward.stopped)
    assert ward.acknowledged == set(range(ward.number))
    before = ward.dropped(SIGHTING), ward.dropped(THINNED)
    ward.hear(3)
    assert (ward.dropped(SIGHTING), ward.dropped(THINNED)) == before
    assert ward.alarms == [ALARM, ""]
    assert not ward.spool.damage
    ward.spool.close()


def test_a_disk_that_does_not_say_how_full_it_is_refuses_alike_and_nothing_half_written_remains(
    small_disk, monkeypatch
):
    monkeypatch.setattr(Quota, "capacity", lambda quota, used: None)
    ward = Ward(small_disk)
    with pytest.raises(Unreachable, match=r"No space left on device.*is the disk full"):
        ward.hear(1000)
    refused = ward.number - 1
    assert ward.acknowledged == set(range(refused))
    assert ward.spool.fullness == 1
    assert pulses(ward.store_all()) == list(range(refused * ROUND))

    ward.pipeline.run(ward.stopped)
    ward.hear()
    assert ward.acknowledged == set(range(ward.number))
    ward.spool.close()
    again = Spool(small_disk / "spool", ward.clock)
    rest = pulses(item for _, items in again.read(0, 10**9) for item in items)
    assert rest[-2 * ROUND :] == list(range(refused * ROUND, ward.number * ROUND))
    assert not again.damage
    again.close()


def test_a_disk_filled_at_one_stroke_leaves_room_for_the_alarm_and_for_nothing_else(small_disk):
    ward = Ward(small_disk)
    ward.hear()
    other = small_disk / "other"
    other.write_bytes(bytes(Quota(small_disk, None).capacity(ward.spool.size) - ward.spool.size))
    assert "must stay free" in ward.refused()
    assert ward.alarms == [ALARM]
    assert ward.latest.get(DEVICE, METRIC).value == ALARM
    assert ward.spool.fullness == 1
    for _ in range(3):
        with pytest.raises(Unreachable):
            ward.pipeline.run(ward.stopped)
    assert ward.acknowledged == {0}
    other.unlink()
    while ward.spool.fullness == 1:  # the disk is asked again after a moment
        with suppress(Unreachable):
            ward.pipeline.run(ward.stopped)
    ward.hear()
    assert ward.alarms == [ALARM, ""]
    assert pulses(ward.store_all()) == list(range(3 * ROUND))
    ward.spool.close()


def test_the_room_for_the_alarm_has_an_end(tmp_path):
    clock = ManualClock()
    spool = Spool(tmp_path, clock, segment_bytes=1000, quota_bytes=20_000)
    spool.register("store")
    record = [([Reading("d", "technical_alarm", "x" * 3000, clock.now(), clock.now())], None)]
    for own in (False, True):
        with pytest.raises(Unreachable):
            [spool.append(record, own=own) for _ in range(100)]
    assert spool.fullness == 1
    assert OWN - 4000 < spool.size - 20_000 < OWN
    spool.close()


def test_what_others_put_on_the_disk_counts_and_the_last_segment_goes_when_it_is_delivered(small_disk):
    ward = Ward(small_disk)
    ward.hear()
    ward.store_all()
    other = small_disk / "other"
    capacity = Quota(small_disk, None).capacity(ward.spool.size)
    other.write_bytes(bytes(capacity - ward.spool.size))
    held = ward.spool.size
    assert ward.spool.fullness > 0.9
    ward.hear()  # the segment before was delivered: it makes room for this one
    assert ward.spool.size < 2 * held
    ward.store_all()
    other.unlink()
    assert ward.spool.fullness < 0.1
    ward.spool.close()


def test_a_quota_smaller_than_a_segment_is_no_trap(tmp_path):
    clock = ManualClock()
    spool = Spool(tmp_path, clock, segment_bytes=64 << 20, quota_bytes=20_000)
    spool.register("store")
    reading = Reading("d", "co2", 1.0, clock.now(), clock.now())
    for _ in range(300):
        spool.append([([reading], None)])
        clock.advance(0.1)
        spool.advance("store", spool.head)
    assert spool.fullness <= 1 / 8 + 0.01
    spool.close()


def test_the_reserve_of_the_disk_is_not_for_the_spool(tmp_path):
    def disk(_):
        return Disk(disk_free, 1 << 30)

    disk_free, reserve = 600 << 20, (1 << 30) // 20
    assert Quota(tmp_path, None, disk).capacity(0) == disk_free - reserve
    assert Quota(tmp_path, 100 << 20, disk).capacity(0) == 100 << 20
    disk_free = 100 << 20
    assert Quota(tmp_path, 1 << 30, disk).capacity(10 << 20) == (110 << 20) - reserve
    disk_free = 10
    assert Quota(tmp_path, None, disk).capacity(0) == 0
    assert Quota(tmp_path, 1000, lambda _: None).capacity(5) == 1000
