"""Devices on real ptys that mind how their line is set: the protocol, speed and parity are found, and nothing sent."""

import os
import pty
import select
import termios
import threading
import tty
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from collector.clock import SystemClock
from drivers.codecs.line import Line
from drivers.links import serial_probe
from drivers.links.serial_channels import NoPort
from drivers.links.serial_probe import probe
from tests.drivers.serial import test_ivy450c, test_masimo_ascii1, test_nonin_df1, test_nonin_df2
from tests.drivers.serial import test_nellcor_n595 as nellcor
from tests.drivers.serial import test_nonin_df7 as df7
from tests.drivers.serial.test_pb840 import miscf
from tests.ptys import TerminalServer

SPEEDS = {9600: termios.B9600, 19_200: termios.B19200, 38_400: termios.B38400}
SECONDS = 0.25


class Device:
    """Sends `data` again and again; where a line is set otherwise noise arrives. `heard` is what was sent to it."""

    def __init__(self, data, baud=9600, question=b""):
        self._data, self._question = data, question
        self.right = lambda: termios.tcgetattr(self._fd)[5] == SPEEDS[baud]
        self._stop, self.heard = threading.Event(), b""
        self._fd, self._port = pty.openpty()
        tty.setraw(self._port)
        self.path = os.ttyname(self._port)
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self):
        while not self._stop.wait(0.03):
            while select.select([self._fd], [], [], 0)[0]:
                self.heard += os.read(self._fd, 4096)
            if self._question in self.heard:
                os.write(self._fd, self._data if self.right() else bytes(byte * 7 + 0x55 & 0xFF for byte in self._data))

    def close(self):
        self._stop.set()
        self._thread.join(5)
        os.close(self._port)
        os.close(self._fd)


@pytest.fixture
def device():
    """A function that plugs one in."""
    plugged = []

    def plug(data, **how):
        plugged.append(Device(data, **how))
        return plugged[-1]

    yield plug
    for one in plugged:
        one.close()


@pytest.fixture(autouse=True)
def _few_speeds(monkeypatch):
    monkeypatch.setattr(serial_probe, "BAUDS", (9600,))


def found(path, seconds=SECONDS, **how):
    *_, last = probe(path, seconds, SystemClock(), **how)
    return last.line, [fit.protocol for fit in last.fits][:1]


def test_each_is_told_from_the_others(device):
    speaking = (
        ("nonin_df1", test_nonin_df1.frame() * 5),
        ("nonin_df2", test_nonin_df2.packet()),
        ("nonin_df2", test_nonin_df2.packet(pleth=0x40)),
        ("nonin_df7", df7.packet()),
        ("masimo_ascii1", test_masimo_ascii1.LINE.encode()),
        ("nellcor_n595", nellcor.HEADINGS + nellcor.LINE),
        ("ivy450c", test_ivy450c.message(*test_ivy450c.LINES)),
    )
    beds = [device(data) for _, data in speaking]
    with ThreadPoolExecutor() as at_once:
        answers = list(at_once.map(lambda bed: found(bed.path, seconds=0.5), beds))
    assert answers == [(Line(9600), [f"serial.{protocol}"]) for protocol, _ in speaking]
    assert b"".join(bed.heard for bed in beds) == b""


def test_another_speed_than_the_documents(device, monkeypatch):
    monkeypatch.setattr(serial_probe, "BAUDS", (38_400,))
    bedside = device(test_nonin_df2.packet(), baud=38_400)
    assert found(bedside.path) == (Line(38_400), ["serial.nonin_df2"])
    assert bedside.heard == b""


CONTEC = bytes.fromhex("8010004861" + "8011004861") * 20


@pytest.mark.parametrize(
    "protocol,data,line",
    [
        ("cms50d", CONTEC, Line(19_200, parity="O")),
        ("nonin_df2", test_nonin_df2.packet(), Line(19_200, parity="E")),
    ],
)
def test_speed_and_parity_through_a_terminal_server(device, monkeypatch, protocol, data, line):
    monkeypatch.setattr(serial_probe, "BAUDS", (19_200,))
    bedside = device(data)
    with closing(TerminalServer(bedside.path)) as server:
        bedside.right = lambda: (server.port.baudrate, server.port.parity) == (line.baud, line.parity)
        assert found(server.address) == (line, [f"serial.{protocol}"])
    assert bedside.heard == b""


def test_only_who_is_named_asks_and_only_what_it_declares(device):
    ventilator = device(miscf(f70="14.0"), question=b"SNDF\r")
    assert found(ventilator.path, ask=["serial.pb840"]) == (Line(9600), ["serial.pb840"])
    assert ventilator.heard.replace(b"SNDF\r", b"") == b""


def test_what_must_be_asked_says_nothing_to_one_who_only_listens(device):
    ventilator = device(miscf(f70="14.0"), question=b"SNDF\r")
    assert found(ventilator.path)[1] == []
    assert ventilator.heard == b""


def test_noise_fits_nobody(device):
    assert found(device(os.urandom(400)).path, ask=["serial.nonin_df2", "serial.masimo_ascii1"])[1] == []


def test_a_port_that_is_gone_is_said(tmp_path):
    with pytest.raises(NoPort):
        found(str(tmp_path / "ttyUSB7"))
