"""From a real mosquitto to the spool on disk: killed in the middle, no message is lost and none is doubled."""

import subprocess
import sys
import threading

import pytest

from collector.clock import SystemClock
from collector.reading import Reading
from collector.spool import Spool

PROGRAM = """
import sys, threading
from pathlib import Path
from collector.clock import SystemClock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import Pipeline
from collector.spool import Spool
from drivers.links.link import House
from drivers.links.mqtt import Config, open_link

clock = SystemClock()
counters = Counters(clock)
spool = Spool(Path(sys.argv[2]), clock)
pipeline = Pipeline(spool, clock, Latest(), counters)
pipeline.tap(lambda items: [print(int(one.value), flush=True) for one in items if getattr(one, "metric", "") == "co2"])
config = Config(port=int(sys.argv[1]), client_id="house")
stop = threading.Event()
threading.Thread(target=pipeline.run, args=(stop,), daemon=True).start()
open_link("house", config, House(pipeline, counters, clock, spool.session)).run(stop)
"""
ROUND = 500
MESSAGES = 3 * ROUND


@pytest.fixture
def collector(tmp_path):
    """A function that starts the collector as a process; it says every value that is on disk."""
    processes = []

    def start(port):
        command = [sys.executable, "-c", PROGRAM, str(port), str(tmp_path / "spool")]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_killed_again_and_again_every_message_is_there_once(mosquitto, peer, collector, tmp_path):
    broker = mosquitto(persistent=True)
    watcher = peer(broker.port)
    watcher.listen("wardkeeper/house/available")
    first = collector(broker.port)
    watcher.wait(("wardkeeper/house/available", b"online"))
    first.kill()
    sender = peer(broker.port)

    def publish(numbers):
        for n in numbers:
            sender.publish(f"zigbee2mqtt/room {n % 7}/air", b'{"co2": %d}' % n)

    for start, quota in ((0, 100), (ROUND, 300), (2 * ROUND, 1)):
        process = collector(broker.port)
        publishing = threading.Thread(target=publish, args=(range(start, start + ROUND),))
        publishing.start()
        for _ in range(quota):  # all of this round are for this process: the one before is dead
            process.stdout.readline()
        process.kill()
        process.wait()
        publishing.join()
    last = collector(broker.port)
    sender.publish("zigbee2mqtt/end", b'{"co2": %d}' % MESSAGES)
    while int(last.stdout.readline()) < MESSAGES:  # the broker keeps the order, so this is the end
        pass
    last.kill()
    last.wait()
    spool = Spool(tmp_path / "spool", SystemClock())
    items = [one for _position, items in spool.read(0, 10 * MESSAGES) for one in items]
    values = [one.value for one in items if isinstance(one, Reading) and one.metric == "co2"]
    assert sorted(values) == list(range(MESSAGES + 1))
