"""Sixteen oximeters for a minute: pulled out, put back, cut off, corrupted, and now and then no room on the disk."""

import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from collector.reading import Reading
from collector.supervisor import Supervised
from drivers.links.link import House
from drivers.links.serial import Config, open_link
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Device

SECONDS = 60


def trouble(devices, memory, chance):
    """Whatever can happen, to every device a hundred times a second."""
    for n, device in enumerate(devices):
        what = chance.random()
        if device.end < 0:
            if what < 0.02:
                device.plug_in()
        elif what < 0.003:
            device.pull_out()
        else:
            sent = packet(60 + n, 97)
            if what < 0.1:
                sent = bytes(byte if chance.random() > 0.01 else chance.randrange(256) for byte in sent)
            elif what > 0.98:
                sent = sent[: chance.randrange(125)]
            with suppress(OSError):  # nobody has it open at the moment
                device.send(sent)
    memory.full = chance.random() < 0.05
    time.sleep(0.01)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_no_value_is_false_and_nothing_is_left_behind(tmp_path, intake, counters, clock, seed):
    devices = [Device(tmp_path / f"p{n}") for n in range(16)]
    ports = {f"p{n}": {"protocol": "serial.nonin_df2", "address": str(one.path)} for n, one in enumerate(devices)}
    link = open_link("ward", Config(ports=ports), House(intake, counters, clock, lambda *_: ""))
    before = held()
    thread = Supervised("ward", link.run, clock)
    thread.start()
    chance, end = random.Random(seed), time.monotonic() + SECONDS
    while time.monotonic() < end:
        trouble(devices, intake, chance)
    intake.full = False
    for device in devices:
        if device.end < 0:
            device.plug_in()
    while any(port.state != "up" for port in link.status.parts):
        time.sleep(0.01)
    for n, device in enumerate(devices):
        device.send(packet(60 + n, 96) * 2)
        intake.wait(lambda memory, n=n: of(memory, n, "spo2")[-1:] == [96])
        assert set(of(intake, n, "pulse_rate")) == {60 + n}
        assert set(of(intake, n, "spo2")) == {96, 97}
        assert device.heard() == b""
    assert thread.status.failures == 0
    assert thread.stop()
    assert held() == before
    for device in devices:
        device.close()


def held():
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def of(memory, n, metric):
    device = f"serial:ward/p{n}"
    return [
        one.value for one in memory.items if isinstance(one, Reading) and (one.device, one.metric) == (device, metric)
    ]
