"""Adapters, bluetoothd and the D-Bus come and go; a connect gets the radio for itself and gives it back."""

import pytest

from collector.reading import Reading
from tests.bluez.process import BluezProcess, until

ONE, TWO = "00:1A:7D:DA:71:01", "00:1A:7D:DA:71:02"
TAG = "CB:B8:33:4C:88:4F"
RUUVI = {0x0499: bytes.fromhex("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")}
BEDS = [f"C0:00:00:00:00:{number:02X}" for number in range(1, 7)]
BATTERY = [("180f", [("2a19", ["read"], b"\x57")])]


def links_up(memory, device):
    return [
        one.value
        for one in memory.items
        if isinstance(one, Reading) and one.metric == "link_up" and one.device == device
    ]


def part(link, name):
    return next(one for one in link.status.parts if one.name == name)


def hears(bluez, intake, hci="hci0"):
    """Whether an advert still arrives."""
    before = len(intake.items)
    bluez.wait("scanning", hci)
    bluez.advertise(TAG, -70, manufacturer={0x0499: before.to_bytes(2) + b"?" * 20}, hci=hci)
    bluez.advertise(TAG, -71, manufacturer=RUUVI, hci=hci)
    intake.wait(lambda memory: len(memory.items) > before)
    return True


def test_every_adapter_scans_unless_some_are_named(bluez, ble):
    bluez.add_adapter("hci0", ONE)
    bluez.add_adapter("hci1", TWO)
    ble()
    for hci in ("hci0", "hci1"):
        bluez.wait("scanning", hci)
    ble.end()
    for named in ("hci1", TWO.lower()):
        link = ble(adapters=[named])
        bluez.wait("scanning", "hci1")
        assert not bluez.scanning("hci0")
        until(lambda link=link: [one.state for one in link.status.parts] == ["up"])
        ble.end()


def test_an_adapter_pulled_out_and_put_back_scans_again_by_itself(bluez, ble, intake):
    bluez.add_adapter("hci0", ONE)
    link = ble()
    bluez.remove_adapter("hci0")
    intake.wait(lambda memory: links_up(memory, f"link:house/{ONE}") == [True, False])
    intake.wait(lambda memory: links_up(memory, "link:house") == [True, False])
    assert part(link, ONE).error == "The adapter was unplugged"
    assert "Plug" in part(link, ONE).hint
    bluez.add_adapter("hci1", ONE)  # the kernel counts on
    intake.wait(lambda memory: links_up(memory, f"link:house/{ONE}") == [True, False, True])
    assert part(link, ONE).address == "hci1"
    assert hears(bluez, intake, "hci1")


def test_one_of_two_adapters_pulled_out_leaves_the_link_up(bluez, ble, intake):
    bluez.add_adapter("hci0", ONE)
    bluez.add_adapter("hci1", TWO)
    link = ble()
    bluez.wait("scanning", "hci1")
    bluez.remove_adapter("hci0")
    intake.wait(lambda memory: False in links_up(memory, f"link:house/{ONE}"))
    assert hears(bluez, intake, "hci1")
    assert links_up(intake, "link:house") == [True]
    assert link.status.state == "up"


def test_an_adapter_that_is_switched_off_says_how_to_switch_it_on(bluez, ble, intake):
    bluez.add_adapter("hci0", ONE)
    link = ble()
    bluez.power(on=False)
    intake.wait(lambda memory: links_up(memory, "link:house") == [True, False])
    for one in (link.status, part(link, ONE)):
        assert (one.state, one.error) == ("down", "The adapter is switched off")
        assert "rfkill unblock bluetooth" in one.hint
    bluez.power(on=True)
    intake.wait(lambda memory: links_up(memory, "link:house") == [True, False, True])
    assert part(link, ONE).hint == ""
    assert hears(bluez, intake)


def test_no_adapter_and_a_missing_one_are_said(bluez, ble, intake):
    link = ble(up=False, adapters=["hci7"])
    until(lambda: link.status.state == "down")
    assert "bluetoothctl list" in link.status.hint
    assert part(link, "hci7").error == "There is no adapter hci7"
    bluez.add_adapter("hci7")
    intake.wait(lambda memory: True in links_up(memory, "link:house"))


def test_bluetoothd_that_ends_is_waited_for(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(BEDS[0], BATTERY)
    bluez.beacon(BEDS[0])
    link = ble(devices=[{"address": BEDS[0]}])
    intake.wait(lambda memory: memory.values("available") == [True])
    bluez.stop()
    intake.wait(lambda memory: links_up(memory, "link:house") == [True, False])
    until(lambda: link.status.error == "bluetoothd does not run")
    assert "systemctl enable --now bluetooth" in link.status.hint
    bluez.start()
    intake.wait(lambda memory: links_up(memory, "link:house") == [True, False, True])
    intake.wait(lambda memory: memory.values("available") == [True, False, True])
    assert hears(bluez, intake)


def test_a_d_bus_that_is_not_there_and_one_that_forbids_bluez_are_said(bus, ble_alone, intake):
    private = bus()
    private.stop()
    link = ble_alone(up=False)
    until(lambda: link.status.state == "down")
    assert link.status.error.startswith("No D-Bus")
    assert "systemctl start dbus" in link.status.hint
    private.start()
    service = BluezProcess(private.address)
    service.add_adapter()
    intake.wait(lambda memory: True in links_up(memory, "link:house"))
    service.close()


def test_a_user_who_may_not_talk_to_bluez_is_told_what_to_do(bus, ble_alone):
    service = BluezProcess(bus('<deny send_destination="org.bluez"/>').address)
    link = ble_alone(up=False)
    until(lambda: link.status.state == "down")
    assert link.status.error.startswith("BlueZ may not be talked to")
    assert "usermod -aG bluetooth" in link.status.hint
    service.close()


def test_a_scan_that_ends_by_itself_is_started_again(bluez, ble, intake):
    bluez.add_adapter()
    ble()
    bluez.stall()
    bluez.wait("count", "scan on", "hci0", is_=2)
    assert hears(bluez, intake)


def test_a_scan_that_hears_nothing_any_more_is_started_again(bluez, ble, monkeypatch):
    monkeypatch.setattr("drivers.links.ble_adapter._SILENT_S", 0.3)
    bluez.add_adapter()
    ble()
    bluez.wait("count", "scan on", "hci0", is_=2)


def test_a_connect_has_the_radio_for_itself_and_the_scan_is_back_within_a_second(bluez, ble, intake):
    bluez.add_adapter(strict=True)
    for bed in BEDS[:3]:
        bluez.peripheral(bed, BATTERY, connect_s=0.2)
        bluez.beacon(bed)
    ble(devices=[{"address": bed} for bed in BEDS[:3]])
    intake.wait(lambda memory: memory.values("available") == [True] * 3)
    bluez.wait("scanning")
    log = bluez.log()
    assert sum(what == "connect" for _, what, _ in log) == 3
    scanning = connected = False
    ended = None
    for at, what, _ in log:
        if what in {"scan on", "scan off"}:
            scanning = what == "scan on"
            if scanning and ended is not None:
                assert at - ended < 1
                ended = None
        elif what == "connect":
            assert not scanning
            connected = False
        elif what == "connected":
            connected, ended = True, at
    assert scanning
    assert connected
    assert hears(bluez, intake)


def test_a_failed_connect_gives_the_radio_back_too(bluez, ble, intake):
    bluez.add_adapter(strict=True)
    bluez.peripheral(BEDS[0], BATTERY)
    bluez.beacon(BEDS[0])
    bluez.fault(BEDS[0], "org.bluez.Error.Failed", "br-connection-page-timeout")
    link = ble(devices=[{"address": BEDS[0]}])
    bluez.wait("count", "connect", BEDS[0], is_=1)
    bluez.wait("count", "scan on", "hci0", is_=2)
    assert hears(bluez, intake)
    until(lambda: "page-timeout" in part(link, f"ble:{BEDS[0]}").error)
    intake.wait(lambda memory: memory.values("available") == [True])


def test_no_more_devices_are_connected_than_there_are_slots_and_each_has_its_turn_before_any_has_a_second(bluez, ble):
    bluez.add_adapter()
    for bed in BEDS:
        bluez.peripheral(bed, BATTERY)
        bluez.beacon(bed)
    link = ble(connections=2, devices=[{"address": bed} for bed in BEDS])
    for turn in range(len(BEDS) - 1):
        bluez.wait("connected", is_=2)
        until(lambda: any("connections of hci0 are in use" in one.error for one in link.status.parts))
        bluez.drop(order(bluez)[turn])
    bluez.wait("connected", is_=2)
    assert sorted(order(bluez)[: len(BEDS)]) == BEDS
    now = 0
    for _, what, _ in bluez.log():
        now += (what == "connected") - (what == "lost")
        assert now <= 2


def test_three_devices_take_turns_on_one_connection_and_each_is_heard_in_each_round(bluez, ble, intake):
    bluez.add_adapter()
    beds = BEDS[:3]
    for bed in beds:
        bluez.peripheral(bed, [("1809", [("2a1c", ["indicate"], b"")])])
        bluez.beacon(bed)
    link = ble(connections=1, turn_s=0.3, devices=[{"address": bed} for bed in beds])

    def heard_twice():
        for bed in beds:
            bluez.notify(bed, "2a1c", bytes.fromhex("008a0100fe"))
        return len(order(bluez)) >= 7

    until(heard_twice)
    turns = order(bluez)[:6]
    assert sorted(turns[:3]) == beds
    assert turns[3:] == turns[:3], "whoever has waited longest is next"
    told = [one.device for one in intake.items if isinstance(one, Reading) and one.metric == "body_temp"]
    assert set(told) == {f"ble:{bed}" for bed in beds}
    assert intake.values("available") == [True] * 3, "who waits for its turn is still there"
    assert any("waits for its next turn" in one.hint or "are in use" in one.error for one in link.status.parts)


def order(bluez):
    return [of for _, what, of in bluez.log() if what == "connected"]


@pytest.mark.parametrize("scanning", ["active", "passive"])
def test_a_device_is_found_and_connected_in_both_ways_of_scanning(bluez, ble, intake, scanning):
    bluez.add_adapter()
    bluez.peripheral(BEDS[0], BATTERY)
    bluez.beacon(BEDS[0])
    ble(scanning=scanning, devices=[{"address": BEDS[0]}])
    intake.wait(lambda memory: memory.values("battery") == [87])
