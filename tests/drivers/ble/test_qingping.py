"""Qingping: frames of the tests of https://github.com/Bluetooth-Devices/qingping-ble in, readings out."""

import pytest

from collector.errors import BadFrame
from collector.reading import Quality

FDCD = "service/fdcd"
MOVED = "4812cdd56034 2d58 0804012d0100 0f01b7"


@pytest.mark.parametrize(
    "frame, model, values",
    [
        ("080c344d56342d58 01042001b201 020164", "CGD1", {"temperature": 28.8, "humidity": 43.4, "battery": 100}),
        (
            "880ed6888fe64854 010403011602 120402000200 13022502",
            "CGDN1",
            {"temperature": 25.9, "humidity": 53.4, "pm25": 2, "pm10": 2, "co2": 549},
        ),
        (
            "88246b4dc994c27c 0104fd004902 120409000900 13026102",
            "CGDN1",
            {"temperature": 25.3, "humidity": 58.5, "pm25": 9, "pm10": 9, "co2": 609},
        ),
        ("081ef32654342d58 01043601cc01 020164", "CGC1", {"temperature": 31, "humidity": 46, "battery": 100}),
        ("8a0fd12c63342d58 010400011202 020128", "CGM1", {"temperature": 25.6, "humidity": 53, "battery": 40}),
        ("c8044d3a40342d58 040101 0f01ef", "CGH1", {"door_open": False}),
        ("0816a72514342d58 0104d800bb01 020164", "CGG1", {"temperature": 21.6, "humidity": 44.3, "battery": 100}),
        ("884f3e0687342d58 0104f100a601 020164", "CGG3", {"temperature": 24.1, "humidity": 42.2, "battery": 100}),
        ("0815012740342d58 0104de00e901 020164", "CGF1W", {"temperature": 22.2, "humidity": 48.9, "battery": 100}),
        (
            "8818072240342d58 01041801cd00 020161 07027327",
            "CGP23W",
            {"temperature": 28, "humidity": 20.5, "battery": 97, "air_pressure": 1009.9},
        ),
        (
            "88336f6c82342d58 0104ee003d01 02015d 13028f02",
            "CGP22C",
            {"temperature": 23.8, "humidity": 31.7, "battery": 93, "co2": 655},
        ),
        (
            "0a5d931d86342d58 01041701ce01 020164 1302b302",
            "CGP22C",
            {"temperature": 27.9, "humidity": 46.2, "battery": 100, "co2": 691},
        ),
        ("0812cdd560342d58 020164 0f0198 09043c010000", "CGPR1", {"battery": 100, "illuminance": 316}),
    ],
)
def test_a_packet(said, frame, model, values):
    found = said(FDCD, frame.replace(" ", ""))
    assert found.values == values
    assert found.facts == {"maker": "Qingping", "model": model}
    assert set(found.qualities.values()) == {Quality.GOOD}


@pytest.mark.parametrize(
    "field, values",
    [
        ("020155", {"battery": 85}),
        ("0201e1", {"battery": 97}),  # bit 7 stands for something else
        ("0201ff", {"mains": True}),
        ("040100", {"door_open": True}),
        ("040102", {"door_open": True}),
        ("040107", {}),
        ("0804010d0000", {"occupancy": True, "illuminance": 13}),
        ("15022c01", {"voc_index": 300}),
        ("19012d", {"noise": 45}),
        ("1302ffff", {}),
        ("110101", {}),  # light or dark
        ("18022201", {}),  # what the hardware has
        ("02026400", {}),
    ],
)
def test_a_field(said, field, values):
    assert said(FDCD, "0812cdd560342d58" + field).values == values


def test_light_beside_an_event_is_uncertain(said):
    found = said(FDCD, MOVED.replace(" ", ""))
    assert found.values == {"occupancy": True, "illuminance": 301}
    assert found.qualities == {"occupancy": Quality.GOOD, "illuminance": Quality.UNCERTAIN}


def test_a_product_that_is_not_known_says_what_fits(said):
    assert said(FDCD, "08fe012740342d580104de00e901").values == {"temperature": 22.2, "humidity": 48.9}
    assert said(FDCD, "3058830a02cdd560342d5808").items == []


@pytest.mark.parametrize("frame", ["080c34", "080c344d56342d5801", "080c344d56342d58010420"])
def test_a_packet_that_ends_too_early_is_bad(said, frame):
    with pytest.raises(BadFrame) as trouble:
        said(FDCD, frame)
    assert trouble.value.offset == len(frame) // 2
