"""Real ptys with an oximeter behind them that minds the speed of its line, as a device on a wire does."""

import os
import pty
import termios
import threading
import tty

import pytest
from serial import Serial

from collector.clock import SystemClock
from collector.spool import Spool
from wardkeeper.doctor import serial

SPEEDS = {9600: termios.B9600, 19_200: termios.B19200, 115_200: termios.B115200}


def nonin_packet():
    """25 frames of Nonin's serial data format 2: 72 beats a minute, 97 %."""
    frames = []
    for number in range(25):
        status = 0x81 if number == 0 else 0x80
        data = {0: 0, 1: 72, 2: 97, 3: 32}.get(number, 0)
        frame = bytes([1, status, 100, data])
        frames.append(frame + bytes([sum(frame) & 0xFF]))
    return b"".join(frames)


class Oximeter:
    """Sends three packets a second; on a line of another speed noise arrives. `path` is the port."""

    def __init__(self, speed, *, talks=True):
        self._speed, self._stop = SPEEDS[speed], threading.Event()
        self._device, port = pty.openpty()
        tty.setraw(port)
        self.path = os.ttyname(port)
        self._port = port
        self._thread = threading.Thread(target=self._talk, daemon=True)
        if talks:
            self._thread.start()

    def _talk(self):
        packet = nonin_packet()
        while not self._stop.wait(1 / 3):
            heard = termios.tcgetattr(self._device)[5] == self._speed
            os.write(self._device, packet if heard else bytes(byte ^ 0x55 | 0x80 for byte in packet))

    def close(self):
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        os.close(self._port)
        os.close(self._device)


@pytest.fixture
def oximeter():
    """A function that plugs one in: `oximeter(9600)`."""
    plugged = []

    def plug(speed=9600, **how):
        plugged.append(Oximeter(speed, **how))
        return plugged[-1]

    yield plug
    for one in plugged:
        one.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(serial, "_LISTEN_S", 1.0)
    monkeypatch.setattr(serial, "_TRY_S", 1.0)


def link(*addresses):
    ports = ", ".join(f"bed-{n}: {{protocol: serial.nonin_df2, address: {path}}}" for n, path in enumerate(addresses))
    return f"links:\n  beds: {{kind: serial, ports: {{{ports}}}}}\n"


def test_whole_frames_at_the_speed_of_the_settings(patient, oximeter):
    path = oximeter().path
    patient.write(link(path))
    said = f"{path} gives whole frames of serial.nonin_df2 at 9600 8N1"
    assert patient.says("serial") == [("well", "", "beds/bed-0", said)]


def test_another_speed_is_found_and_named(patient, oximeter):
    patient.write(link(oximeter(19_200).path))
    [finding] = patient.findings("serial")
    assert finding.name == "serial.baud"
    assert "whole frames of serial.nonin_df2 at 19200" in finding.what
    assert "baud: 19200" in finding.do


def test_noise_at_every_speed(patient, oximeter, monkeypatch):
    monkeypatch.setattr(serial, "BAUDS", (9600, 19_200))
    patient.write(link(oximeter(115_200).path))
    assert patient.names("serial") == ["serial.noise"]


def test_a_device_that_says_nothing(patient, oximeter):
    patient.write(link(oximeter(talks=False).path))
    assert patient.names("serial") == ["serial.silent"]


def test_a_port_that_is_not_there(patient, tmp_path):
    patient.write(link(tmp_path / "ttyUSB7"))
    [finding] = patient.findings("serial")
    assert finding.name == "serial.no-port"
    assert finding.what == f"There is no {tmp_path}/ttyUSB7"


@pytest.fixture
def case(patient, oximeter):
    patient.write(link(oximeter().path))
    return patient.case()


def test_a_port_that_this_user_may_not_open(case, somebody):
    [finding] = serial.look(case)
    assert finding.name == "serial.forbidden"
    assert "usermod -aG" in finding.do


def test_a_port_that_another_program_has(patient, oximeter):
    path = oximeter().path
    with Serial(path, exclusive=True):
        patient.write(link(path))
        assert patient.names("serial") == ["serial.in-use"]


def test_many_ports_take_no_longer_than_one(patient, oximeter):
    paths = [oximeter(talks=n % 2 == 0).path for n in range(16)]
    patient.write(link(*paths))
    clock = SystemClock()
    began = clock.now()
    assert patient.names("serial") == ["serial.silent"] * 8
    assert (clock.now() - began).total_seconds() < 5


def test_what_the_running_wardkeeper_has_is_left_alone(patient, oximeter):
    patient.write(link(oximeter().path))
    spool = Spool(patient.data / "spool", SystemClock())
    assert [each.state for each in patient.findings("serial")] == ["unseen"]
    spool.close()
