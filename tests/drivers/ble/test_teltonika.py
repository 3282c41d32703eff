"""Teltonika EYE: the example of Teltonika's wiki in, readings out; the others built after the wiki."""

import pytest

from collector.errors import BadFrame
from drivers.ble.teltonika import Config, claims

[EYE] = claims(Config())
WIKI = "01 b7 08b4 12 0ccb 0b ffc7 67"
TAG = "CB:B8:33:4C:88:4F"


def test_the_example_of_the_wiki(said):
    found = said(EYE, WIKI, -60)
    assert found.values == {"temperature": 22.28, "humidity": 18, "battery_voltage": 3.03, "battery_low": False}
    assert [one.motion for one in found.sightings] == [3275]


def test_that_it_moves_right_now_is_no_part_of_the_counter(said):
    assert said(EYE, "01 10 8ccb", -60).sightings == said(EYE, "01 10 0ccb", -60).sightings


def test_an_eye_beacon_says_how_its_battery_is(said):
    found = said(EYE, "01 c0 14", -60)
    assert found.values == {"battery_voltage": 2.2, "battery_low": True}
    assert found.sightings == []


def test_below_freezing(said):
    assert said(EYE, "01 01 f830").values["temperature"] == -20


@pytest.mark.parametrize("flags, opened", [("04", True), ("0c", False), ("00", None)])
def test_a_magnet_is_a_door_only_where_the_settings_say_so(said, flags, opened):
    assert said(EYE, f"01{flags}", doors=[TAG.lower()]).values.get("door_open") is opened
    assert "door_open" not in said(EYE, f"01{flags}").values


def test_another_version_says_nothing(said):
    assert said(EYE, "02 b7 08b4").items == []
    assert said(EYE, "").items == []


@pytest.mark.parametrize("size", range(1, 11))
def test_a_value_that_ends_too_early_is_bad(said, size):
    with pytest.raises(BadFrame) as trouble:
        said(EYE, bytes.fromhex(WIKI)[:size])
    assert trouble.value.offset == size
