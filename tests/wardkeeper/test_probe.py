"""`wardkeeper probe` on a real pty."""

import threading

import pytest
from typer.testing import CliRunner

from drivers.links import serial_probe
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Device
from wardkeeper.cli import application


@pytest.fixture
def device(tmp_path):
    """Whoever hangs on the port; it is silent."""
    one = Device(tmp_path / "ttyUSB0")
    yield one
    one.close()


@pytest.fixture(autouse=True)
def _one_speed(monkeypatch):
    monkeypatch.setattr(serial_probe, "BAUDS", (9600,))


def probed(device, *more):
    return CliRunner().invoke(application(), ["probe", str(device.path), "--seconds", "0.3", *more])


def test_what_speaks_is_said_with_the_settings_to_write(device):
    stop = threading.Event()

    def talk():
        while not stop.wait(0.05):
            device.send(packet())

    talking = threading.Thread(target=talk)
    talking.start()
    answer = probed(device)
    stop.set()
    talking.join()
    assert answer.exit_code == 0, answer.output
    assert "serial.nonin_df2 at 9600 8N1" in answer.stdout
    assert f"{{protocol: serial.nonin_df2, address: '{device.path}', baud: 9600, parity: N}}" in answer.stdout
    assert device.heard() == b""


def test_silence(device):
    answer = probed(device, "--ask", "serial.nonin_df2")
    assert answer.exit_code == 1
    assert "Nothing came" in answer.stdout
    assert device.heard() == b""


@pytest.mark.parametrize("wrong", [["--family", "ble"], ["--ask", "serial.nobody"]])
def test_what_cannot_be_probed(device, wrong):
    answer = probed(device, *wrong)
    assert answer.exit_code != 0
    assert "serial" in str(answer.exception)
