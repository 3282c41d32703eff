"""Kontakt.io telemetry: packets built after Kontakt.io's page and SDK, readings out."""

import pytest

from collector.errors import BadFrame
from drivers.ble.kontakt import Config, claims

[KONTAKT] = claims(Config())
HEALTH, CLIMATE, MOVED = "06 01 00e1f565 57", "03 05 32 16", "09 02 10 01 02 40 ffff 0c00"


def test_battery_and_temperature(said):
    expected = {"battery": 87, "temperature": 22, "vibration": False}
    assert said(KONTAKT, f"03 {HEALTH} {CLIMATE} {MOVED}").values == expected


@pytest.mark.parametrize(
    "field, values",
    [
        ("02 0b f6", {"temperature": -10}),
        ("03 13 8016", {"temperature": 22.5}),
        ("03 13 80ff", {"temperature": -0.5}),
        ("02 0c 57", {"battery": 87}),
        ("02 12 2d", {"humidity": 45}),
        ("02 12 ff", {}),
        ("03 20 2c01", {"illuminance": 300}),
        ("03 07 0500", {"vibration": True}),
        ("03 07 0600", {"vibration": False}),
        ("03 07 ffff", {}),
        ("04 16 07 0000", {"vibration": True}),
        ("03 0e 0000", {"action": "double_press"}),
        ("04 11 06 0100", {"action": "press"}),
        ("04 11 06 5ba0", {}),  # of the tests of kontaktparser
        ("02 0a 64", {}),  # light in per cent; of the tests of kontaktparser
    ],
)
def test_a_field_alone(said, field, values):
    assert said(KONTAKT, f"03 {field}").values == values


def test_the_finer_of_two_temperatures_counts_wherever_it_stands(said):
    assert said(KONTAKT, f"03 03 13 8016 {CLIMATE}").values == {"temperature": 22.5}


def test_movements_are_counted_with_the_sighting(said):
    assert [one.motion for one in said(KONTAKT, "03 04 16 07 0000", rssi_dbm=-60).sightings] == [7]
    assert said(KONTAKT, "03 04 16 07 0000").sightings == []


def test_below_freezing(said):
    assert said(KONTAKT, "03 03 05 00 ec").values == {"temperature": -20}


@pytest.mark.parametrize("ago, pressed", [("0000", True), ("0500", True), ("0600", False), ("ffff", False)])
def test_a_click_counts_while_it_is_recent(said, ago, pressed):
    assert said(KONTAKT, f"03 03 0d {ago}").values == ({"action": "press"} if pressed else {})


def test_what_is_missing_is_no_reading(said):
    assert said(KONTAKT, "03 06 01 00e1f565 ff 03 05 ff ff").items == []


@pytest.mark.parametrize("packet", ["", "02 03 64 0405", "03", "03 03 7f 0102"])
def test_other_packets_and_other_fields_say_nothing(said, packet):
    assert said(KONTAKT, packet).items == []


@pytest.mark.parametrize(
    "packet, offset", [("03 06 01 00e1", 5), ("03 00", 1), ("03 02 05 16", 1), ("03 03 05 32 16 04 01 0000", 9)]
)
def test_a_packet_that_ends_inside_a_field_is_bad(said, packet, offset):
    with pytest.raises(BadFrame) as trouble:
        said(KONTAKT, packet)
    assert trouble.value.offset == offset
