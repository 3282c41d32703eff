"""From BlueZ to the screens with a real D-Bus, an `org.bluez` of our own and a real `wardkeeper serve`."""

import urllib.parse

import pytest

from tests.drivers.links.test_ble import OXIMETER, PLX, SERVICES, TAG, ruuvi
from tests.wardkeeper.conftest import until

ADAPTER = "00:1A:7D:DA:71:01"
RUUVI, NONIN = f"ble:{TAG}", f"ble:{OXIMETER}"
LINK = """
  radio:
    kind: ble
    devices:
      - address: "{oximeter}"
"""


pytestmark = pytest.mark.long_on("postgresql")


@pytest.fixture
def server(server_of, bluez, free_port):
    """A house with one adapter and one oximeter near it; its broker is away."""
    bluez.add_adapter("hci0", ADAPTER)
    bluez.peripheral(OXIMETER, SERVICES)
    bluez.beacon(OXIMETER, address_type="public")
    house = server_of(free_port())
    house.config.write_text(house.config.read_text() + LINK.format(oximeter=OXIMETER))
    house.start()
    until(lambda: readings(house, "available", NONIN) == [True], 20)
    return house


def readings(server, metric, device):
    found = server.all(f"/api/v1/readings?device={urllib.parse.quote(device)}&metric={metric}&limit=1000")
    return [one["value"] for one in found]


def ups(server, device):
    return readings(server, "link_up", device)


def heard(bluez, number, temperature, hci="hci0"):
    bluez.wait("scanning", hci)
    return bluez.advertise(TAG, -60, name="Ruuvi 884F", manufacturer={0x0499: ruuvi(number, temperature)}, hci=hci)


def test_an_advert_and_a_notification_come_back_from_the_interface_within_a_second(server, bluez):
    assert heard(bluez, 1, 21.5)
    assert until(lambda: readings(server, "temperature", RUUVI) == [21.5], 5) < 1.0
    assert bluez.notify(OXIMETER, "2a5f", PLX)
    assert until(lambda: readings(server, "spo2", NONIN) == [97], 5) < 1.0
    assert readings(server, "pulse_rate", NONIN) == [72]
    wanted = {RUUVI, NONIN}
    until(lambda: wanted <= {one["native_id"] for one in server.get("/api/v1/unclaimed")["items"]}, 5)


def test_an_adapter_pulled_out_and_put_back_recovers_by_itself_also_after_a_power_cut(server, bluez):
    part = f"link:radio/{ADAPTER}"
    bluez.remove_adapter("hci0")
    until(lambda: ups(server, part) == ups(server, "link:radio") == [True, False], 5)
    bluez.add_adapter("hci1", ADAPTER)
    bluez.beacon(OXIMETER, address_type="public", hci="hci1")
    until(lambda: ups(server, part) == ups(server, "link:radio") == [True, False, True], 5)
    until(lambda: readings(server, "available", NONIN) == [True, False, True], 10)
    assert heard(bluez, 1, 21.5, "hci1")
    until(lambda: readings(server, "temperature", RUUVI) == [21.5], 5)
    server.kill()
    until(lambda: not bluez.scanning("hci1"), 5)
    server.start()
    until(lambda: ups(server, part) == [True, False, True, True], 10)
    assert heard(bluez, 2, 22.5, "hci1")
    until(lambda: readings(server, "temperature", RUUVI) == [21.5, 22.5], 5)
    until(lambda: bluez.notified(OXIMETER) == 2, 10)
    assert bluez.notify(OXIMETER, "2a5f", PLX)
    until(lambda: readings(server, "spo2", NONIN) == [97], 5)


def test_both_are_on_their_device_s_page_and_vitals_carry_the_line_that_it_is_no_monitor(server, bluez, browser):
    heard(bluez, 1, 21.5)
    bluez.notify(OXIMETER, "2a5f", PLX)

    def page_of(native):
        return [f"/devices/{one['id']}" for one in server.get("/api/v1/devices")["items"] if one["native_id"] == native]

    until(lambda: page_of(RUUVI) and page_of(NONIN), 10)
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto(server.command("user", "link", "boss").strip())
    page.goto(page_of(RUUVI)[0])
    page.locator("#latest").get_by_text("21.5").wait_for()
    heard(bluez, 2, 23.5)
    page.locator("#latest").get_by_text("23.5").wait_for(timeout=15_000)
    page.goto(page_of(NONIN)[0])
    vitals = page.locator("#vitals")
    vitals.get_by_text("97").wait_for()
    vitals.get_by_text("Not for patient monitoring").wait_for()
    context.close()
