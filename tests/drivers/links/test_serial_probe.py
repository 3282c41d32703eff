"""Devices on real ptys that mind how their line is set: the protocol, speed and parity are found, and nothing sent."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from collector.clock import SystemClock
from drivers.codecs.line import Line
from drivers.links import serial_probe
from drivers.links.serial_channels import NoPort
from drivers.links.serial_probe import probe, strangers
from tests.drivers.serial import test_ivy450c, test_masimo_ascii1, test_nonin_df1, test_nonin_df2
from tests.drivers.serial import test_nellcor_n595 as nellcor
from tests.drivers.serial import test_nonin_df7 as df7
from tests.drivers.serial.test_pb840 import miscf
from tests.ptys import Talking, TerminalServer

SECONDS = 0.25


@pytest.fixture
def device():
    """A function that plugs one in."""
    plugged = []

    def plug(data, **how):
        plugged.append(Talking(data, **how))
        return plugged[-1]

    yield plug
    for one in plugged:
        one.close()


@pytest.fixture(autouse=True)
def _few_speeds(monkeypatch):
    monkeypatch.setattr(serial_probe, "BAUDS", (9600,))


def found(path, seconds=SECONDS, ask=()):
    *_, last = probe(strangers(path, ask), seconds, SystemClock())
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
    bedside = device(test_nonin_df2.packet(), line=Line(38_400))
    assert found(bedside.path) == (Line(38_400), ["serial.nonin_df2"])
    assert bedside.heard == b""


CONTEC = bytes.fromhex("8010004861" + "8011004861") * 20


MASIMO = test_masimo_ascii1.LINE.encode()


@pytest.mark.parametrize(
    "protocol,data,line",
    [
        ("cms50d", CONTEC, Line(19_200, parity="O")),
        ("nonin_df2", test_nonin_df2.packet(), Line(19_200, parity="E")),
        ("masimo_ascii1", MASIMO, Line(19_200, bits=7, parity="O")),
    ],
)
def test_speed_and_parity_through_a_terminal_server(device, monkeypatch, protocol, data, line):
    monkeypatch.setattr(serial_probe, "BAUDS", (19_200,))
    bedside = device(data, line=line)
    with closing(TerminalServer(bedside.path)) as server:
        bedside.port = server.line
        assert found(server.address) == (line, [f"serial.{protocol}"])
    assert bedside.heard == b""


@pytest.mark.parametrize("parity", ["E", "O"])
def test_seven_bits_are_heard_at_eight(device, parity):
    """A pty cannot be set to 7E1, as some adapters cannot."""
    line = Line(9600, bits=7, parity=parity)
    assert found(device(MASIMO, line=line).path) == (line, ["serial.masimo_ascii1"])


def test_who_is_asked_at_seven_bits_is_asked_at_seven_bits(device):
    line = Line(9600, bits=7, parity="E")
    ventilator = device(miscf(f70="14.0"), line=line, question=b"SNDF\r")
    with closing(TerminalServer(ventilator.path)) as server:
        ventilator.port = server.line
        assert found(server.address, ask=["serial.pb840"]) == (line, ["serial.pb840"])


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
