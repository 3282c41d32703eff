"""From a serial port to the screens with a real pseudo-terminal and a real `wardkeeper serve`."""

import urllib.parse
from contextlib import closing

import pytest

from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Device
from tests.wardkeeper.conftest import until

NONIN = "serial:bed-12/nonin"
PORT = """
  bed-12:
    kind: serial
    ports:
      nonin:
        protocol: serial.nonin_df2
        address: {path}
"""


pytestmark = pytest.mark.long_on("postgresql")


@pytest.fixture
def oximeter(tmp_path):
    with closing(Device(tmp_path / "usb-nonin")) as device:
        yield device
        assert device.heard() == b""


@pytest.fixture
def server(server_of, oximeter, free_port):
    """A house with one oximeter; its broker is away."""
    house = server_of(free_port())
    house.config.write_text(house.config.read_text() + PORT.format(path=oximeter.path))
    house.start()
    until(lambda: ups(house) == [True], 10)
    return house


def readings(server, metric, device=NONIN):
    found = server.all(f"/api/v1/readings?device={urllib.parse.quote(device)}&metric={metric}&limit=1000")
    return [one["value"] for one in found]


def ups(server):
    return readings(server, "link_up", "link:bed-12/nonin")


def test_a_frame_comes_back_from_the_interface_within_a_second(server, oximeter):
    oximeter.send(packet(rate=72, spo2=97))
    assert until(lambda: readings(server, "spo2") == [97], 5) < 1.0
    assert readings(server, "pulse_rate") == [72]
    until(lambda: [one for one in server.get("/api/v1/unclaimed")["items"] if one["native_id"] == NONIN], 5)


def test_pulled_out_and_put_back_it_recovers_by_itself_also_after_a_power_cut(server, oximeter):
    oximeter.send(packet(rate=60))
    until(lambda: readings(server, "pulse_rate") == [60], 5)
    oximeter.pull_out()
    until(lambda: ups(server) == [True, False], 5)
    oximeter.plug_in()
    until(lambda: ups(server) == [True, False, True], 5)
    oximeter.send(packet(rate=61))
    until(lambda: readings(server, "pulse_rate") == [60, 61], 5)
    server.kill()
    server.start()
    until(lambda: ups(server) == [True, False, True, True], 10)
    oximeter.send(packet(rate=62))
    until(lambda: readings(server, "pulse_rate") == [60, 61, 62], 5)


def test_a_frame_is_on_the_device_s_page_with_the_line_that_it_is_no_monitor(server, oximeter, browser):
    oximeter.send(packet(rate=72, spo2=97))
    until(lambda: [one for one in server.get("/api/v1/devices")["items"] if one["native_id"] == NONIN], 10)
    [device] = [one for one in server.get("/api/v1/devices")["items"] if one["native_id"] == NONIN]
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto(server.command("user", "link", "boss").strip())
    page.goto(f"/devices/{device['id']}")
    vitals = page.locator("#vitals")
    vitals.get_by_text("97").wait_for()
    vitals.get_by_text("Not for patient monitoring").wait_for()
    oximeter.send(packet(rate=72, spo2=93))
    vitals.get_by_text("93").wait_for(timeout=15_000)
    context.close()
