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
