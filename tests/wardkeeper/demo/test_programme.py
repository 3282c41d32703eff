"""The programme: one fridge by itself, then only what is played; what is ended recovers within a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from wardkeeper.demo.programme import FIRST, RECOVERY, Programme
from wardkeeper.demo.scene import scenes
from wardkeeper.demo.signals import ramp

START = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
COLD = {"probe_temperature": 4.6, "battery": 90}


def after(**delta):
    return START + timedelta(**delta)


@pytest.fixture
def programme():
    return Programme(START)


def fridge(programme, at, number="F-07"):
    return programme.says(f"fridge/{number}", at, lambda: COLD)


def test_a_fridge_warms_by_itself_within_seconds_and_is_repaired_by_itself(programme):
    assert fridge(programme, START) == {}
    assert FIRST.total_seconds() < 30
    assert fridge(programme, after(minutes=1))["probe_temperature"] > 8
    assert fridge(programme, after(minutes=13)) == {}


def test_after_that_nothing_goes_wrong_until_somebody_plays_a_scene(programme):
    topics = ["4.12/door", "plant/AHU-3", "pump/P-117", "fridge/F-05", "2.08/climate", "gateway-4-08"]
    for minute in range(240):
        assert not any(programme.says(topic, after(minutes=minute), dict) for topic in topics)
    programme.play("door_propped_open", "4.12", after(hours=4))
    assert programme.says("4.12/door", after(hours=4, seconds=1), dict) == {"contact": False}


def test_what_is_ended_goes_back_to_the_usual_from_where_it_was(programme):
    programme.play("warm_fridge", "F-05", after(hours=1))
    programme.end(after(hours=1, seconds=60))
    left = fridge(programme, after(hours=1, seconds=59), "F-05")["probe_temperature"]
    path = [fridge(programme, after(hours=1, seconds=60 + s), "F-05")["probe_temperature"] for s in (0, 30, 59)]
    assert left > 8
    assert path == sorted(path, reverse=True)
    assert path[0] == pytest.approx(left, abs=0.1)
    assert path[-1] == pytest.approx(4.6, abs=0.2)
    assert fridge(programme, after(hours=1, seconds=60) + RECOVERY, "F-05") == {}


def test_a_door_is_shut_and_a_plug_is_in_at_once(programme):
    programme.play("door_propped_open", "4.12", after(hours=1))
    programme.end(after(hours=1, seconds=60))
    assert programme.says("4.12/door", after(hours=1, seconds=60), lambda: {"contact": True}) == {}


def test_a_scene_that_begins_ends_the_one_before(programme):
    programme.play("warm_fridge", "F-05", after(hours=1))
    programme.play("pump_battery", "P-117", after(hours=1, seconds=30))
    assert fridge(programme, after(hours=1, seconds=30) + RECOVERY, "F-05") == {}
    assert programme.says("pump/P-117", after(hours=1, seconds=60), dict)["battery"] < 25


def test_a_scene_that_nobody_ends_ends_by_itself(programme):
    programme.play("silent_gateway", "gateway-4-08", after(hours=1))
    length = timedelta(seconds=scenes()["silent_gateway"].length)
    assert programme.silent("gateway-4-08", after(hours=1) + length - timedelta(seconds=1))
    assert not programme.silent("gateway-4-08", after(hours=1) + length)


def test_a_scene_that_is_not_there_is_refused(programme):
    with pytest.raises(KeyError):
        programme.play("flood", "4.12", START)


def test_a_ramp_runs_through_its_points_and_is_level_outside():
    points = ((10, 1.0), (20, 3.0), (40, 2.0))
    assert [ramp(second, *points) for second in (0, 10, 15, 20, 30, 40, 99)] == [1.0, 1.0, 2.0, 3.0, 2.5, 2.0, 2.0]
