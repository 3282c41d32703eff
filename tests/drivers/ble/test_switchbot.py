"""SwitchBot's devices: a meter captured by the tests of pySwitchbot in, readings out; the others constructed."""

import pytest

from collector.errors import BadFrame

CLAIM = "service/fd3d"
METER = "5400e4069835"


@pytest.mark.parametrize("topic", ["service/fd3d", "service/0d00"])
def test_a_meter(said, topic):
    found = said(topic, METER)
    assert found.values == {"temperature": 24.6, "humidity": 53, "battery": 100}
    assert found.facts == {"maker": "SwitchBot", "model": "Meter"}


def test_below_zero_the_bit_is_not_set(said):
    assert said(CLAIM, "6900640503b5").values == {"temperature": -3.5, "humidity": 53, "battery": 100}


@pytest.mark.parametrize(
    "packet, values",
    [
        ("64006402", {"door_open": True, "occupancy": False, "battery": 100}),
        ("64406400", {"door_open": False, "occupancy": True, "battery": 100}),
        ("734064", {"occupancy": True, "battery": 100}),
        ("2601e4", {"leak": True, "tamper": False, "battery_low": True, "battery": 100}),
        ("488064", {"switch_on": True, "battery": 100}),
        ("48c064", {"switch_on": False, "battery": 100}),
        ("480064", {"battery": 100}),
        ("63405a", {"battery": 90}),
    ],
)
def test_other_models(said, packet, values):
    assert said(CLAIM, packet).values == values


@pytest.mark.parametrize("packet", ["", "00", "7600"])
def test_what_is_not_known_says_nothing(said, packet):
    assert said(CLAIM, packet).items == []


def test_a_packet_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said(CLAIM, METER[:-2])
    assert trouble.value.offset == 5


def both(service, manufacturer):
    """As drivers/codecs/advertisement.py puts them together."""
    return f"{len(service) // 2:04x}{service}6909aabbccddeeff{manufacturer}"


@pytest.mark.parametrize(
    "service, manufacturer, values",
    [
        ("770064", "e00f069835", {"temperature": 24.6, "humidity": 53}),
        ("350064", "b7e4079ba4003702d500", {"temperature": 27.7, "humidity": 36, "co2": 725}),
        ("7600", "00fffe541af182" + "079a3200", {"temperature": 26.7, "humidity": 50}),
        ("6700", "018000320064", {"switch_on": True, "power": 10}),
        ("6f8064", "00140000", {"locked": False, "door_open": True}),
        ("6f8064", "00200000", {"door_open": False}),
        ("54004e", "0000000000", {}),
    ],
)
def test_what_stands_in_the_manufacturers_data(said, service, manufacturer, values):
    assert said("with/fd3d", both(service, manufacturer)).values == values


def test_manufacturer_data_that_end_too_early_are_bad(said):
    with pytest.raises(BadFrame):
        said("with/fd3d", both("770064", "e00f06"))
    assert said("with/fd3d", "").items == []
