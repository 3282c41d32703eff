"""64 oximeters of 75 frames a second on one link: what it costs, with everything up to the disk.

`./test --long tests/drivers/links/test_serial_rate.py -s` prints the figures; the devices are a process of their own.
"""

import subprocess
import sys
import threading
import time

import pytest

from collector.clock import SystemClock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import Pipeline
from collector.reading import Reading
from collector.spool import Spool
from drivers.links.link import House
from drivers.links.serial import Config, open_link

PORTS, RATE, SECONDS = 64, 75, 20
SHARE = 0.25

DEVICES = """
import os, sys, time
from pathlib import Path
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Device

folder, ports, rate, seconds = Path(sys.argv[1]), *map(int, sys.argv[2:])
devices = [Device(folder / f"port{n}") for n in range(ports)]
frames = [packet(60 + n)[at : at + 5] for n in range(40) for at in range(0, 125, 5)]
print("plugged in", flush=True)
sys.stdin.readline()
due = time.monotonic()
for n in range(rate * seconds):
    for group in range(16):  # no two devices send in step
        for device in devices[group::16]:
            device.send(frames[n % len(frames)])
        due += 1 / rate / 16
        time.sleep(max(0, due - time.monotonic()))
print("sent", flush=True)
sys.stdin.readline()
assert not any(device.heard() for device in devices)
"""


@pytest.fixture
def devices(tmp_path):
    """The process with the far ends of the cables; each line from it or to it is a step."""
    command = [sys.executable, "-c", DEVICES, str(tmp_path), str(PORTS), str(RATE), str(SECONDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "plugged in\n"
        yield process
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(30) == 0


@pytest.mark.long
def test_64_ports_of_75_frames_a_second_cost_less_than_a_quarter_of_a_core(devices, tmp_path):
    clock = SystemClock()
    counters = Counters(clock)
    spool = Spool(tmp_path / "spool", clock)
    pipeline = Pipeline(spool, clock, Latest(), counters)
    rates, up = [], threading.Semaphore(0)

    def tap(items):
        for one in items:
            if isinstance(one, Reading) and one.metric == "pulse_rate":
                rates.append(one)
            elif isinstance(one, Reading) and one.device.startswith("link:wards/"):
                up.release()

    pipeline.tap(tap)
    ports = {f"p{n}": {"protocol": "serial.nonin_df2", "address": f"{tmp_path}/port{n}"} for n in range(PORTS)}
    link = open_link("wards", Config(ports=ports), House(pipeline, counters, clock, spool.session))
    stop, spent = threading.Event(), {}

    def listen():
        link.run(stop)
        spent["link"] = time.thread_time()

    threads = [threading.Thread(target=listen), threading.Thread(target=pipeline.run, args=(stop,))]
    for thread in threads:
        thread.start()
    for _ in range(PORTS):
        assert up.acquire(timeout=30)
    began, before = time.monotonic(), time.process_time()
    devices.stdin.write("\n")
    devices.stdin.flush()
    assert devices.stdout.readline() == "sent\n"
    took, all_ = time.monotonic() - began, time.process_time() - before
    wanted = PORTS * RATE * SECONDS // 25
    while len(rates) < wanted and time.monotonic() - began < 2 * SECONDS:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    spool.close()
    print(
        f"\n{PORTS} ports x {RATE} frames/s for {took:.1f} s: {len(rates)} of {wanted} packets;"
        f" link's thread {spent['link'] / took:.1%} of a core, whole process {all_ / took:.1%}"
    )
    assert len(rates) == wanted
    assert not counters.inputs()[0].bad_frames
    assert all_ / took < SHARE
