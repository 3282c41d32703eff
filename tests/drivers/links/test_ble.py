"""The BLE link from BlueZ's adverts and notifications to the intake; bleak is unmodified, BlueZ is tests/bluez."""

import re

import pytest

from collector.reading import Announcement, Reading, Sighting

TAG = "CB:B8:33:4C:88:4F"
DEVICE, GATEWAY = f"ble:{TAG}", "ble:00:1A:7D:DA:71:01"
RUUVI = bytes.fromhex("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")  # docs.ruuvi.com, format 5, "valid data"
OXIMETER = "00:A0:50:11:22:33"
PLX = bytes.fromhex("0061004800")  # SpO2 97%, pulse rate 72/min
SERVICES = [
    ("1822", [("2a5f", ["notify"], b"")]),
    ("180f", [("2a19", ["read", "notify"], b"\x57")]),
    ("180a", [("2a29", ["read"], b"Nonin")]),
    ("1800", [("2a00", ["read", "write"], b"never asked for")]),
]


def ruuvi(number, temperature=24.3):
    """An advert of measurement `number`."""
    return RUUVI[:1] + round(temperature * 200).to_bytes(2, signed=True) + RUUVI[3:16] + number.to_bytes(2) + RUUVI[18:]


def temperatures(memory):
    return [one.value for one in memory.items if isinstance(one, Reading) and one.metric == "temperature"]


def sightings(memory):
    return [one for one in memory.items if isinstance(one, Sighting)]


def names(memory):
    return {one.device: one.facts["name"] for one in memory.items if isinstance(one, Announcement)}


def test_an_advert_becomes_readings_and_a_sighting_by_the_adapter_that_heard_it(bluez, ble, intake):
    bluez.add_adapter()
    ble()
    assert bluez.advertise(TAG, -61, name="Ruuvi 884F", manufacturer={0x0499: RUUVI})
    intake.wait(temperatures)
    [reading] = [one for one in intake.items if isinstance(one, Reading) and one.metric == "temperature"]
    assert (reading.device, reading.value, reading.gateway) == (DEVICE, 24.3, GATEWAY)
    [seen] = sightings(intake)
    assert (seen.tag, seen.gateway, seen.rssi_dbm, seen.motion) == (DEVICE, GATEWAY, -61, 66)
    assert names(intake) == {GATEWAY: "house hci0", DEVICE: "Ruuvi 884F"}


def test_a_measurement_that_is_sent_again_is_one_reading_and_a_sighting_each_time_it_was_heard(bluez, ble, intake):
    bluez.add_adapter()
    ble()
    for rssi in (-60, -61, -61, -62):
        bluez.advertise(TAG, rssi, manufacturer={0x0499: ruuvi(1)})
    bluez.touch(TAG)  # a change that is no advert, with everything that was heard before
    bluez.advertise(TAG, -62, manufacturer={0x0499: ruuvi(2, 24.5)})
    intake.wait(lambda memory: 24.5 in temperatures(memory))
    assert temperatures(intake) == [24.3, 24.5]
    assert [one.rssi_dbm for one in sightings(intake)] == [-60, -61, -61, -62, -62]


def test_a_measurement_in_the_company_id_is_that_of_the_entry_that_has_changed(bluez, ble, intake):
    """BlueZ gives the earlier ones along; which of those that it had before is the last one nobody knows."""
    bluez.add_adapter()
    ble(dialects=[{"kind": "ble.inkbird"}])
    rest = bytes.fromhex("c71200c83d5606")
    told = {2044: rest, 2050: rest}
    for hundredths in (2050, 2061, 2072):
        told[hundredths] = rest
        bluez.advertise(TAG, -60, name="sps", manufacturer=dict(told))
    intake.wait(lambda memory: 20.72 in temperatures(memory))
    assert temperatures(intake) == [20.61, 20.72]


def test_two_adapters_hear_one_measurement_and_both_say_where_the_tag_is(bluez, ble, intake):
    for number in (1, 2):
        bluez.add_adapter(f"hci{number}", f"00:1A:7D:DA:71:0{number}")
    ble()
    for number in (1, 2):
        bluez.wait("scanning", f"hci{number}")
        bluez.advertise(TAG, -60 - number, manufacturer={0x0499: ruuvi(7)}, hci=f"hci{number}")
    intake.wait(lambda memory: len(sightings(memory)) == 2)
    assert temperatures(intake) == [24.3]
    assert {(one.gateway[-2:], one.rssi_dbm) for one in sightings(intake)} == {("01", -61), ("02", -62)}


def test_a_passive_scan_sends_nothing_and_hears_what_is_claimed(bluez, ble, intake):
    bluez.add_adapter()
    ble(scanning="passive")
    bluez.wait("scanning")
    bluez.wait("count", "scan on", "hci0", is_=1)
    assert bluez.advertise(TAG, manufacturer={0x0499: RUUVI})
    intake.wait(temperatures)
    assert "StartDiscovery" not in {member for _, member, _ in bluez.calls()}


@pytest.mark.parametrize("address", ["4A:11:22:33:44:55", "1A:11:22:33:44:55"])
def test_an_address_that_will_change_is_no_tag_unless_a_decoder_names_one(bluez, ble, intake, address):
    bluez.add_adapter()
    ble()
    beacon = bytes.fromhex("0215e2c56db5dffb48d2b060d0f5a71096e000010002c5")
    bluez.advertise(address, -50, name="Visitor's phone", manufacturer={0x004C: b"\x10\x05"})
    bluez.advertise(TAG, -60, manufacturer={0x004C: beacon})
    intake.wait(sightings)
    assert [one.tag for one in sightings(intake)] == ["ble:iBeacon:e2c56db5-dffb-48d2-b060-d0f5a71096e0-1-2"]
    assert set(names(intake)) == {GATEWAY}


def test_bad_data_is_counted_once_and_shown_and_what_nobody_claims_too(bluez, ble, intake, counters):
    bluez.add_adapter()
    ble()
    for rssi in (-60, -61):
        bluez.advertise(TAG, rssi, manufacturer={0x0499: b"\x05\x12", 0x1234: b"?"})
    intake.wait(lambda memory: len(sightings(memory)) == 2)
    [figures] = counters.inputs()
    assert figures.bad_frames == 1
    assert figures.bad[0].topic == f"{DEVICE} manufacturer/0499"
    assert set(figures.unknown) == {"manufacturer/1234"}


def test_what_the_intake_has_no_room_for_is_held_and_the_oldest_is_lost_and_counted(bluez, ble, intake, counters):
    bluez.add_adapter()
    ble(ring=1000)
    intake.full = True
    for number in range(1, 301):
        bluez.advertise(TAG, -60, manufacturer={0x0499: ruuvi(number, number / 10)})
    intake.wait(lambda _: counters.inputs()[0].frames == 300)
    intake.full = False
    intake.wait(lambda memory: 30.0 in temperatures(memory))
    kept, lost = temperatures(intake), counters.inputs()[0].lost
    assert lost >= 400
    assert kept == [number / 10 for number in range(301 - len(kept), 301)]


def test_a_pulse_oximeter_is_connected_read_once_and_listened_to(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(OXIMETER, SERVICES)
    bluez.beacon(OXIMETER, uuids=["1822"], address_type="public")
    link = ble(devices=[{"address": OXIMETER}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert bluez.notified(OXIMETER) == 2
    assert bluez.notify(OXIMETER, "2a5f", PLX)
    intake.wait(lambda memory: memory.values("spo2"))
    assert (intake.values("spo2"), intake.values("pulse_rate"), intake.values("battery")) == ([97], [72], [87])
    assert {one.device for one in intake.items if isinstance(one, Reading) and one.metric == "spo2"} == {
        f"ble:{OXIMETER}"
    }
    assert {"maker": "Nonin"} in [one.facts for one in intake.items if isinstance(one, Announcement)]
    part = link.status.parts[-1]
    assert (part.name, part.address, part.state) == (f"ble:{OXIMETER}", "hci0", "up")


def test_nothing_but_reads_and_notification_switches_is_ever_sent_to_a_device(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(OXIMETER, SERVICES)
    bluez.beacon(OXIMETER)
    ble(devices=[{"address": OXIMETER}])
    intake.wait(lambda memory: True in memory.values("available"))
    bluez.drop(OXIMETER)
    intake.wait(lambda memory: memory.values("available") == [True, False, True])
    ble.end()
    asked = {(interface.rpartition(".")[2], member) for interface, member, _ in bluez.calls()}
    assert asked == {
        ("ObjectManager", "GetManagedObjects"),
        ("Adapter1", "SetDiscoveryFilter"),
        ("Adapter1", "StartDiscovery"),
        ("Adapter1", "StopDiscovery"),
        ("Device1", "Connect"),
        ("Device1", "Disconnect"),
        ("GattCharacteristic1", "ReadValue"),
        ("GattCharacteristic1", "StartNotify"),
    }
    read = [what for _, said, what in bluez.log() if said == "read"]
    assert {what[4:8] for what in read} == {"2a19", "2a29"}
    assert not bluez.scanning()
    assert not bluez.connected()


def test_an_end_says_so_and_leaves_nothing_running(bluez, ble, intake):
    bluez.add_adapter()
    link = ble()
    ble.end()
    assert link.status.state == "stopped"
    said = [(one.device, one.value) for one in intake.items if isinstance(one, Reading)]
    assert said[-2:] == [("link:house/00:1A:7D:DA:71:01", False), ("link:house", False)]
    assert re.match(r"hci\d", link.status.parts[0].address)
    assert not bluez.scanning()
