"""The programme: one story every four minutes, in rotation, each with an end."""

from datetime import UTC, datetime, timedelta

import pytest

from wardkeeper.demo.signals import ramp
from wardkeeper.demo.stories import EVERY, FIRST, ROTATION, Programme
from wardkeeper.demo.world import build_world

START = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


def test_the_first_story_begins_within_seconds_and_one_follows_every_four_minutes():
    programme = Programme(START)
    stories = [programme.story(index) for index in range(5)]
    assert [story.begin for story in stories] == [START + FIRST + index * EVERY for index in range(5)]
    assert [story.target for story in stories] == ["F-07", "4.12", "P-117", "AHU-3", "F-05"]
    assert FIRST.total_seconds() < 30


def test_a_story_ends_before_its_target_comes_round_again():
    for script in ROTATION:
        assert timedelta(seconds=script.LENGTH) <= EVERY * len(ROTATION) * len(script.TARGETS)


def test_outside_of_stories_nothing_is_changed():
    programme = Programme(START)
    assert programme.says("fridge/F-07", START) == {}
    assert programme.says("fridge/F-07", START + FIRST + timedelta(minutes=11)) == {}
    assert list(programme.running(START)) == []


def test_stories_overlap():
    programme = Programme(START)
    running = [story.title for story in programme.running(START + FIRST + timedelta(minutes=5))]
    assert running == ["Fridge F-07 stops cooling", "The door of isolation room 4.12 is propped open"]


@pytest.mark.parametrize("script", ROTATION, ids=lambda script: script.__name__.rpartition(".")[2])
def test_every_target_exists_and_every_story_changes_a_device_of_it(script):
    topics = [talker.topic for talker in build_world(1).devices]
    for target in script.TARGETS:
        assert any(script.says(target, topic, script.LENGTH / 2) for topic in topics), target
        assert not script.says(target, "3.05/climate", script.LENGTH / 2)


def test_a_ramp_runs_through_its_points_and_is_level_outside():
    points = ((10, 1.0), (20, 3.0), (40, 2.0))
    assert [ramp(second, *points) for second in (0, 10, 15, 20, 30, 40, 99)] == [1.0, 1.0, 2.0, 3.0, 2.5, 2.0, 2.0]
