"""ELA Innovation Blue Coin and Blue Puck, also as Sensor Easy and Teltonika: advertisements in, readings out.

Of the tests of github.com/theengs/decoder and github.com/reelyactive/advlib-ble-manufacturers.
"""

import pytest
from msgspec import structs

from collector.errors import BadFrame
from drivers.ble.ela import Config, decoder


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/2a6e", "8308", {"temperature": 21.79}),
        ("service/2a6e", "34f8", {"temperature": -19.96}),
        ("service/2a6e", "ff7f", {}),
        ("service/2a6f", "2f", {"humidity": 47}),
        ("service/2a6f", "5c12", {"humidity": 47}),
        ("manufacturer/0757", "f2120c", {"battery_voltage": 3.09}),
        ("service/2a06", "02", {}),
        ("manufacturer/0757", "12850a", {"temperature": 26.93}),
        ("manufacturer/0757", "213012b80a", {"humidity": 48, "temperature": 27.44}),
        ("manufacturer/0757", "320a00", {"door_open": True}),
        ("manufacturer/0757", "420c00", {"vibration": False}),
        ("manufacturer/0757", "929d00", {"occupancy": True}),
        ("manufacturer/0757", "f145", {"battery": 69}),
        ("manufacturer/0757", "06aabbccddeeff", {}),
        ("manufacturer/0757", "", {}),
        ("manufacturer/0757", "21", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("12850a")
    for size in range(1, 3):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/0757", raw[:size])
        assert trouble.value.offset == size


@pytest.mark.parametrize("changes, is_open", [("2400", True), ("2900", False), ("3b00", False)])
def test_the_contact_of_one_that_is_named_so(said, changes, is_open):
    frame = structs.replace(said.frame("service/2a06", changes), name="P MAG CCCCCC")
    [contact] = decoder(Config()).decode(frame)
    assert (contact.metric, contact.value) == ("door_open", is_open)
