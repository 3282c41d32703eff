"""HHCC's pink plant sensor: the frame of the tests of https://github.com/Bluetooth-Devices/xiaomi-ble in."""

import pytest

FD50 = "service/fd50"


def test_a_packet(said):
    found = said(FD50, "0e006e0134a428005b")
    assert found.values == {
        "moisture": 14,
        "temperature": 11.0,
        "illuminance": 79012,
        "battery": 40,
        "conductivity": 91,
    }
    assert found.facts == {"maker": "HHCC", "model": "HHCCJCY10"}


def test_frost_and_bright_light(said):
    values = said(FD50, "00ffce01869f0a0000").values
    assert (values["temperature"], values["illuminance"]) == (-5, 99999)


@pytest.mark.parametrize("frame", ["", "0e006e0134a428", "65006e0134a428005b", "0e006e0134a465005b", "00" * 10])
def test_another_makers_says_nothing(said, frame):
    assert said(FD50, frame).items == []
