"""Every file of a scene is one that a stranger can follow: found by being there, told in short sentences."""

from pathlib import Path

import pytest

from wardkeeper.demo.scene import PEOPLE, scenes

HERE = Path(__file__).parent
EVERY = pytest.mark.parametrize("scene", scenes().values(), ids=scenes())


def test_they_are_found_in_order_of_people():
    order = [list(PEOPLE).index(scene.person) for scene in scenes().values()]
    assert order == sorted(order)
    assert set(order) == set(range(len(PEOPLE)))


@EVERY
def test_it_has_a_test_of_its_own_name(scene):
    assert (HERE / "scenes" / f"test_{scene.name}.py").is_file()


@EVERY
def test_it_says_in_one_plain_sentence_what_it_is(scene):
    assert scene.title == scene.title.strip()
    assert len(scene.title) <= 30
    assert scene.line.endswith((".", "?"))
    assert len(scene.line) <= 75


@EVERY
def test_each_step_fits_a_phone_and_waits_a_minute_at_most(scene):
    assert 3 <= len(scene.steps) <= 4
    for step in scene.steps:
        assert len(step.words.format(target="Pump 117")) <= 125, step.words
        assert step.at <= 80
        assert bool(step.soon) == bool(step.at), "what it waits for, and for how long"
    assert not scene.steps[0].soon, "there is something to see at once"


@EVERY
def test_every_target_is_there_and_some_device_of_it_says_something_else(scene, world):
    topics = [talker.topic for talker in world.devices]
    for target in scene.targets:
        assert any(scene.says(target, topic, second) for topic in topics for second in (0, 60)), target
        assert not scene.says(target, "3.05/climate", scene.length / 2)
    assert bool(scene.targets) != bool(scene.choose)
