"""kill -9 in the middle, again and again: what was acknowledged is there, once, in the spool and in the store."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from collector.clock import ManualClock, SystemClock
from collector.points import readings_of
from collector.ports import Selection
from collector.spool import Spool
from collector.stores.duckdb import Config, open_store

ROOT = Path(__file__).parents[2]
WINDOW = 200
SEGMENT = 40_000

CHILD = f"""
import sys, threading
from datetime import timedelta
from pathlib import Path
from collector.clock import ManualClock, SystemClock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import ConsumerRunner, Limits, Pipeline, StoreConsumer
from collector.reading import DeliveryKey, Reading
from collector.spool import Spool
from collector.stores.duckdb import Config, open_store
from collector.supervisor import Supervised

directory, first, sent = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
clock = SystemClock()
spool = Spool(directory / "spool", clock, segment_bytes={SEGMENT}, keep_s=3600)
pipeline = Pipeline(spool, clock, Latest(), Counters(clock), Limits(record=20))
store = ConsumerRunner(StoreConsumer(open_store(Config(), directory)), spool, clock, batch=50)
for name, target in (("spool", pipeline.run), ("store", store.run)):
    Supervised(name, target, clock).start()
session = spool.session("mqtt", present=first > 0)
t0 = ManualClock().now()
inflight = threading.Semaphore({WINDOW})

def acknowledged(n):
    inflight.release()
    print(n, flush=True)

n = first
while True:  # as a broker: at most {WINDOW} without acknowledgement, and again, flagged, what was not acknowledged
    inflight.acquire()
    at = t0 + timedelta(milliseconds=n)
    reading = Reading(f"d{{n % 7}}", "temperature", float(n), at, clock.now())
    key = DeliveryKey("mqtt", session, n % 65535 + 1, b"%d" % n, n < sent)
    while not pipeline.offer([reading], durable=lambda n=n: acknowledged(n), key=key):
        pass
    n += 1
"""


def run_and_kill(directory: Path, first: int, sent: int, seconds: float) -> int:
    """Let it run for a while after its first acknowledgement, kill it, and say which number it acknowledged last."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(directory), str(first), str(sent)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        line = child.stdout.readline()
        time.sleep(seconds)  # the point of the test: a kill at any moment
        child.kill()
        complete = (line + child.stdout.read()).split("\n")[:-1]
    numbers = [int(each) for each in complete]
    assert numbers == list(range(first, first + len(numbers)))
    return numbers[-1]


def kill_often(directory: Path, times: int, seed: int) -> None:
    chance = random.Random(seed)
    first = sent = 0
    for _ in range(times):
        last = run_and_kill(directory, first, sent, chance.uniform(0, 0.4))
        first, sent = last + 1, last + 1 + WINDOW

    spool = Spool(directory / "spool", SystemClock(), segment_bytes=SEGMENT)
    spooled = Counter(item.value for _, items in spool.read(0, sys.maxsize) for item in items)
    assert not spool.damage
    assert not [n for n, times in spooled.items() if times > 1], "doubled"
    assert set(range(first)) <= spooled.keys(), "lost"

    store = open_store(Config(), directory)
    position = store.position()
    wanted = [item.value for at, items in spool.read(0, sys.maxsize) for item in items if at <= position]
    t0 = ManualClock().now()
    points = readings_of(store.query(Selection(start=t0 - timedelta(days=1), end=t0 + timedelta(days=9))))
    assert sorted(point.value for point in points) == sorted(wanted)
    rest = [item for _, items in spool.read(position, sys.maxsize) for item in items]
    assert len(rest) + len(points) == len(spooled)
    store.close()
    spool.close()


def test_what_was_acknowledged_survives_being_killed_and_nothing_is_doubled(tmp_path):
    kill_often(tmp_path, times=5, seed=1)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(4))
def test_the_same_a_hundred_times(tmp_path, seed):
    kill_often(tmp_path, times=25, seed=seed)
