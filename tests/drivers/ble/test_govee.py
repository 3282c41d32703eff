"""Govee's devices: captures of the tests of govee-ble in, readings out."""

import pytest

from collector.errors import BadFrame
from drivers.ble.govee import Config, claims

GOVEE, SHARED, EVENTS = "manufacturer/ec88", "manufacturer/0001", "manufacturer/ef88"


def test_a_sensor_of_one_number(said):
    """Company id EC88: H5072, H5075; 0001: those after them, also with an iBeacon behind."""
    assert said(GOVEE, "00034db26400").values == {
        "temperature": 21.6,
        "humidity": 49.8,
        "battery": 100,
        "sensor_fault": False,
    }
    glued = "0101033aed644c000215494e54454c4c495f524f434b535f48575075f2ff0c"
    assert said(SHARED, glued).values["temperature"] == 21.1


def test_below_zero_the_sign_is_beside_the_number(said):
    values = said(SHARED, "010182f7fd64").values
    assert (values["temperature"], values["humidity"]) == (-19.4, 55.7)


@pytest.mark.parametrize("packet", ["00034db2e400", "00bc00043e27"])
def test_a_broken_sensor_says_so_and_measures_nothing(said, packet):
    values = said(GOVEE, packet).values
    assert values.keys() == {"battery", "sensor_fault"}
    assert values["sensor_fault"] is True


def test_hundredths(said):
    wanted = {"temperature": 25.34, "humidity": 47.96, "battery": 100}
    assert said(GOVEE, "00e609bc126402").values == wanted
    assert said("manufacturer/8801", "ec0001010a0aa40664").values == {
        "temperature": 25.7,
        "humidity": 17,
        "battery": 100,
    }


def test_a_sensor_with_a_remote_one(said):
    found = said(SHARED, "010101002af7640003").by_device
    assert [device[-2:] for device in found] == ["/2"]


def test_eight_bytes_are_understood_only_with_a_name(said):
    assert said(SHARED, "0101031abc025800").items == []


@pytest.mark.parametrize(
    "name, packet, found",
    [
        ("GVH5185_2EC8", "324a8701000101e4c1660834ffffffff0834ffffffff", [21, 21]),
        ("Govee_H5185_4C17", "324c1701000101d70166ffffffffffffffffffffffff", []),
        ("GVH5191_AC3D", "63ac83010001014c5d040fa01324ffff0af0ffffffff", [40, 28]),
    ],
)
def test_a_cooking_thermometer_is_known_by_its_name(said, name, packet, found):
    assert [one.value for one in said(f"name/{name}", packet).readings] == found


def test_probes_in_pairs_are_known_by_their_service(said):
    found = said("uuid/9851", "22306c01000101a4c20f0e10ffffffff08fcffffffff").by_device
    assert {device[-2:]: values["temperature"] for device, values in found.items()} == {"/3": 36, "/4": 23}
    six = said("uuid/5550", "2faf55006402201a00ffffffff201900ffffffff0000").by_device
    assert {tuple(values.items()) for values in six.values()} == {(("battery", 100),), (("temperature", 25),)}


def test_an_event_behind_its_cipher(said):
    knocked = said(EVENTS, "08a200135e53736fae439a55cfd8021bdfd5de643b2bd613")
    assert knocked.values == {"battery": 100, "vibration": True}
    assert knocked.facts == {"maker": "Govee", "model": "H5124"}
    with pytest.raises(BadFrame):
        said(EVENTS, "08a200135e53736fae439a55cfd8021bdfd5de643b2bd614")


@pytest.mark.parametrize("packet", ["", "00", "0108f30ad232393756340105"])
def test_other_forms_say_nothing(said, packet):
    assert [said(topic, packet).items for topic in claims(Config()) if topic.startswith("manufacturer")] == [[]] * 6
