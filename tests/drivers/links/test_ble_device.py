"""Devices that are connected: found by address, name or identity; lost, and found again."""

import itertools

import pytest
from pydantic import SecretStr

from collector.reading import Reading
from tests.bluez.process import until

ONE, TWO = "00:1A:7D:DA:71:01", "00:1A:7D:DA:71:02"
BED = "C0:00:00:00:00:01"
IRK, PRIVATE = "ec0234a357c8ad05341010a60a397d9b", "70:81:94:0D:FB:AA"  # Core Specification, Vol 3 Part H, D.7
THERMOMETER = [("1809", [("2a1c", ["indicate"], b"")])]
FEVER = bytes.fromhex("008a0100fe")  # 3.94 °C with flags 0: an IEEE 11073 FLOAT, 394e-2


def part(link):
    return link.status.parts[-1]


def devices(memory, metric):
    return {one.device for one in memory.items if isinstance(one, Reading) and one.metric == metric}


def test_link_loss_is_said_and_the_device_is_connected_again_by_itself(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(BED, THERMOMETER)
    bluez.beacon(BED)
    link = ble(devices=[{"address": BED}])
    intake.wait(lambda memory: memory.values("available") == [True])
    bluez.drop(BED)
    intake.wait(lambda memory: memory.values("available") == [True, False])
    intake.wait(lambda memory: memory.values("available") == [True, False, True])
    bluez.wait("notified", BED, is_=1)
    assert bluez.notify(BED, "2a1c", FEVER)
    intake.wait(lambda memory: memory.values("body_temp") == [3.94])
    assert part(link).error == "The connection was lost"


def test_a_device_that_was_switched_off_is_not_tried_until_it_is_heard_again(bluez, ble, intake):
    other = "C0:00:00:00:00:02"
    bluez.add_adapter()
    for bed in (BED, other):
        bluez.peripheral(bed, THERMOMETER)
    bluez.beacon(BED)
    ble(devices=[{"address": BED}, {"address": other}])
    intake.wait(lambda memory: memory.values("available") == [True])
    bluez.quiet()
    bluez.drop(BED)
    bluez.beacon(other)
    bluez.fault(other, "org.bluez.Error.Failed", "try again", times=2)  # longer than the first pause of the one lost
    bluez.wait("count", "connected", other, is_=1)
    assert bluez.count("connect", BED) == 1
    bluez.beacon(BED)
    bluez.wait("count", "connected", BED, is_=2)


@pytest.mark.parametrize(
    "given,address,named",
    [
        ({"name": "Nonin3230_502"}, BED, BED),
        ({"identity": "bed-12"}, PRIVATE, "bed-12"),
        ({"address": BED}, BED, BED),
    ],
)
def test_a_device_is_known_by_its_address_its_name_or_the_key_of_its_addresses(
    bluez, ble, intake, given, address, named
):
    bluez.add_adapter()
    bluez.peripheral(address, THERMOMETER)
    bluez.beacon(address, name="Nonin3230_502")
    ble(devices=[given], identities={"bed-12": SecretStr(IRK)})
    intake.wait(lambda memory: True in memory.values("available"))
    bluez.notify(address, "2a1c", FEVER)
    intake.wait(lambda memory: devices(memory, "body_temp") == {f"ble:{named}"})


def test_a_device_that_cannot_be_connected_is_tried_ever_more_rarely_and_says_why(bluez, ble):
    bluez.add_adapter()
    bluez.peripheral(BED, THERMOMETER)
    bluez.beacon(BED)
    bluez.fault(BED, "org.bluez.Error.Failed", "le-connection-refused", times=4)
    link = ble(devices=[{"address": BED}])
    until(lambda: "le-connection-refused" in part(link).error)
    assert "near" in part(link).hint
    bluez.wait("count", "connected", BED, is_=1)
    tries = [at for at, what, _ in bluez.log() if what == "connect"]
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    for nth, pause in enumerate(pauses[:3]):
        assert pause >= 2**nth / 2
    assert pauses[2] > pauses[0]


def test_a_device_that_never_answers_holds_the_radio_for_a_while_only(bluez, ble, monkeypatch):
    monkeypatch.setattr("drivers.links.ble_device._CONNECT_S", 1.0)
    bluez.add_adapter()
    bluez.peripheral(BED, THERMOMETER)
    bluez.beacon(BED)
    bluez.fault(BED, "hang")
    link = ble(devices=[{"address": BED}])
    until(lambda: part(link).error == "No answer in time")
    bluez.wait("scanning")
    bluez.wait("count", "connected", BED, is_=1)


def test_what_it_will_not_give_unpaired_is_said_and_the_rest_goes_on(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(BED, [*THERMOMETER, ("180f", [("2a19", ["read"], b"")])])
    bluez.forbid(BED, "2a19")
    bluez.beacon(BED)
    link = ble(devices=[{"address": BED}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert "2a19" in part(link).error
    assert "bluetoothctl pair" in part(link).hint
    assert bluez.notify(BED, "2a1c", FEVER)
    intake.wait(lambda memory: memory.values("body_temp"))


def test_a_device_without_what_its_parts_need_is_said(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(BED, [("1800", [("2a00", ["read"], b"Light")])])
    bluez.beacon(BED)
    link = ble(devices=[{"address": BED, "parts": [{"kind": "gatt.heart_rate"}]}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert part(link).error == "It has nothing that its parts need"
    assert not bluez.notified(BED)


def test_it_is_connected_through_the_adapter_that_hears_it_best_and_through_the_other_when_that_is_gone(
    bluez, ble, intake
):
    bluez.peripheral(BED, THERMOMETER)
    bluez.fault(BED, "org.bluez.Error.Failed", "before both have heard it")
    for hci, address, rssi in (("hci0", ONE, -80), ("hci1", TWO, -50)):
        bluez.add_adapter(hci, address)
        bluez.beacon(BED, hci=hci, rssi=rssi)
    link = ble(up=False, devices=[{"address": BED}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert part(link).address == "hci1"
    bluez.remove_adapter("hci1")
    intake.wait(lambda memory: memory.values("available") == [True, False, True])
    assert part(link).address == "hci0"
    bluez.notify(BED, "2a1c", FEVER)
    intake.wait(lambda memory: memory.values("body_temp"))


def test_a_device_that_a_killed_process_left_connected_is_taken_over(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(BED, THERMOMETER)
    bluez.connect_for_another(BED)
    assert not bluez.advertise(BED)
    ble(devices=[{"address": BED}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert bluez.notify(BED, "2a1c", FEVER)
    intake.wait(lambda memory: memory.values("body_temp") == [3.94])
    assert "Connect" not in {member for _, member, _ in bluez.calls()}


def test_a_bad_value_is_counted_and_the_next_one_counts(bluez, ble, intake, counters):
    bluez.add_adapter()
    bluez.peripheral(BED, THERMOMETER)
    bluez.beacon(BED)
    ble(devices=[{"address": BED}])
    intake.wait(lambda memory: True in memory.values("available"))
    bluez.notify(BED, "2a1c", b"\x00\x8a")
    bluez.notify(BED, "2a1c", FEVER)
    intake.wait(lambda memory: memory.values("body_temp") == [3.94])
    [bad] = counters.inputs()[0].bad
    assert bad.topic == f"ble:{BED} 2a1c"
