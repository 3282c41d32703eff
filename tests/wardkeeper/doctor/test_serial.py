"""Real ptys with an oximeter behind them that minds how its line is set, as a device on a wire does."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from serial import Serial

from collector.clock import SystemClock
from collector.spool import Spool
from drivers.codecs.line import Line
from drivers.links import serial_probe
from tests.drivers.serial.test_masimo_ascii1 import LINE as MASIMO
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Talking, TerminalServer
from wardkeeper.doctor import serial


@pytest.fixture
def oximeter():
    """A function that plugs one in: `oximeter(9600)`."""
    plugged = []

    def plug(speed=9600, data=None, **line):
        plugged.append(Talking(packet() if data is None else data, Line(speed, **line)))
        return plugged[-1]

    yield plug
    for one in plugged:
        one.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(serial, "_LISTEN_S", 0.25)
    monkeypatch.setattr(serial_probe, "BAUDS", (9600, 19_200))


def link(*addresses, protocol="serial.nonin_df2"):
    ports = ", ".join(f"bed-{n}: {{protocol: {protocol}, address: '{path}'}}" for n, path in enumerate(addresses))
    return f"links:\n  beds: {{kind: serial, ports: {{{ports}}}}}\n"


def test_whole_frames_at_the_speed_of_the_settings(patient, oximeter):
    path = oximeter().path
    patient.write(link(path))
    said = f"{path} gives whole frames of serial.nonin_df2 at 9600 8N1"
    assert patient.says("serial") == [("well", "", "beds/bed-0", said)]


def test_another_speed_is_found_and_named(patient, oximeter):
    patient.write(link(oximeter(19_200).path))
    [finding] = patient.findings("serial")
    assert finding.name == "serial.line"
    assert "whole frames of serial.nonin_df2 at 19200 8N1" in finding.what
    assert "`baud: 19200`" in finding.do


def test_seven_bits_with_parity_are_found_and_named(patient, oximeter):
    patient.write(link(oximeter(data=MASIMO.encode(), bits=7, parity="E").path, protocol="serial.masimo_ascii1"))
    [finding] = patient.findings("serial")
    assert finding.name == "serial.line"
    assert "`bits: 7` and `parity: E`" in finding.do


def test_another_parity_is_found_behind_a_terminal_server(patient, oximeter):
    one = oximeter(parity="O")
    with closing(TerminalServer(one.path)) as server:
        one.port = server.line
        patient.write(link(server.address))
        [finding] = patient.findings("serial")
    assert finding.name == "serial.line"
    assert "whole frames of serial.nonin_df2 at 9600 8O1" in finding.what


def test_noise_at_every_speed(patient, oximeter):
    patient.write(link(oximeter(115_200).path))
    assert patient.names("serial") == ["serial.noise"]


def test_a_device_that_says_nothing(patient, oximeter):
    patient.write(link(oximeter(data=b"").path))
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
    paths = [oximeter(data=packet() if n % 2 == 0 else b"").path for n in range(16)]
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


def test_a_raw_port_of_a_terminal_server_has_the_line_that_the_server_has_set(patient):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as apart:
        server.settimeout(10)
        talking = apart.submit(noisy, server)
        patient.write(link(f"socket://127.0.0.1:{server.getsockname()[1]}"))
        [finding] = patient.findings("serial")
        assert talking.result() == 2, "once to see whether it is there, once to listen"
    assert finding.name == "serial.noise"
    assert "its terminal server has set" in finding.what


def noisy(server):
    """Noise for each of two clients until they hang up; how many came."""
    for _ in range(2):
        client, _ = server.accept()
        with client, suppress(OSError):
            client.sendall(bytes(range(0x80, 0xF0)))
            while client.recv(64):
                pass
    return 2
