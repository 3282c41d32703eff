"""`wardkeeper probe` on a real pty."""

import pytest
from typer.testing import CliRunner

from drivers.codecs.line import Line
from drivers.links import serial_probe
from tests.drivers.serial.test_masimo_ascii1 import LINE as MASIMO
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import NORMAL, Talking
from wardkeeper.cli import application


@pytest.fixture
def device():
    """A function that plugs in who sends this."""
    plugged = []

    def plug(data, line=NORMAL):
        plugged.append(Talking(data, line))
        return plugged[-1]

    yield plug
    for one in plugged:
        one.close()


@pytest.fixture(autouse=True)
def _one_speed(monkeypatch):
    monkeypatch.setattr(serial_probe, "BAUDS", (9600,))


def probed(device, *more):
    return CliRunner().invoke(application(), ["probe", str(device.path), "--seconds", "0.3", *more])


@pytest.mark.parametrize(
    "data,line,protocol,settings",
    [
        (packet(), NORMAL, "nonin_df2", "baud: 9600, parity: N"),
        (MASIMO.encode(), Line(9600, bits=7, parity="E"), "masimo_ascii1", "baud: 9600, bits: 7, parity: E"),
    ],
)
def test_what_speaks_is_said_with_the_settings_to_write(device, data, line, protocol, settings):
    one = device(data, line)
    answer = probed(one)
    assert answer.exit_code == 0, answer.output
    assert f"serial.{protocol} at {line}" in answer.stdout
    assert f"{{protocol: serial.{protocol}, address: '{one.path}', {settings}}}" in answer.stdout
    assert one.heard == b""


def test_silence(device):
    silent = device(b"")
    answer = probed(silent, "--ask", "serial.nonin_df2")
    assert answer.exit_code == 1
    assert "Nothing came" in answer.stdout
    assert silent.heard == b""


@pytest.mark.parametrize("wrong", [["--family", "ble"], ["--ask", "serial.nobody"]])
def test_what_cannot_be_probed(device, wrong):
    answer = probed(device(b""), *wrong)
    assert answer.exit_code != 0
    assert "serial" in str(answer.exception)
