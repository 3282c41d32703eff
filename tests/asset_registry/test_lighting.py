from datetime import UTC, datetime, timedelta

import pytest

from asset_registry.lighting import judge_light
from collector.reading import Quality, Reading

NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


def reading(metric, value, minutes=0, quality=Quality.GOOD):
    at = NOW - timedelta(minutes=minutes)
    return Reading("mqtt:light", metric, value, at, at, quality=quality)


def room(on, occupied, minutes):
    return {"light_on": reading("light_on", on, minutes), "occupancy": reading("occupancy", occupied, minutes)}


@pytest.mark.parametrize(
    "readings, sentence",
    [
        ({}, ""),
        ({"light_on": reading("light_on", True, quality=Quality.BAD)}, ""),
        ({"light_on": reading("light_on", True, 99)}, "Light on"),
        (room(False, False, 99), "Light off"),
        (room(True, True, 99), "Light on, room occupied"),
        (room(True, False, 29), "Light on, room empty"),
        (room(True, False, 30), "Light on in an empty room for 30 min"),
    ],
)
def test_a_light_is_left_on_after_half_an_hour_in_an_empty_room(readings, sentence):
    status = judge_light(readings, NOW)
    assert status.sentence.replace("\u00a0", " ") == sentence
    assert (status.left_on_since is not None) == ("for" in sentence)


def test_it_counts_from_the_later_of_lit_and_empty_and_says_the_power():
    readings = room(True, False, 1) | {"power": reading("power", 410.0)}
    since = {"light_on": NOW - timedelta(hours=9), "occupancy": NOW - timedelta(minutes=45)}
    status = judge_light(readings, NOW, since=since)
    assert status.left_on_since == NOW - timedelta(minutes=45)
    assert status.sentence.replace("\u00a0", " ") == "Light on in an empty room for 45 min, 410 W"
