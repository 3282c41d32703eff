"""The stage: one scene at a time, step by step; a colleague plays along; what is over is put back."""

from types import SimpleNamespace

import pytest

from collector.clock import ManualClock
from wardkeeper.demo.scene import scenes
from wardkeeper.demo.stage import ENDED, PLAYED, REPAIRERS, Stage
from wardkeeper.demo.world import PEOPLE


class People:
    """Writes down what it is asked to do."""

    def __init__(self):
        self.did = []

    def take(self, number, login, now):
        self.did.append(("take", number, login))

    def give_back(self, number, login, now):
        self.did.append(("give back", number, login))

    def repaired(self, number, login, now):
        self.did.append(("repaired", number, login))


def sight(pump="P-029"):
    return SimpleNamespace(nearest=lambda words, room: pump)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def commands():
    return []


@pytest.fixture
def stage(clock, commands):
    return Stage(clock, lambda **what: commands.append(what))


@pytest.fixture
def people():
    return People()


def test_a_scene_begins_at_its_first_step_and_the_simulator_is_told(stage, clock, commands):
    playing = stage.play("door_propped_open", sight())
    assert (playing.target, playing.step) == ("4.12", 0)
    assert commands == [{"play": "door_propped_open", "target": "4.12", "at": clock.now().isoformat()}]


def test_it_happens_to_the_next_target_the_next_time(stage):
    targets = [stage.play("warm_fridge", sight()).target for _ in range(4)]
    assert targets == ["F-05", "F-03", "F-07", "F-05"]


def test_steps_stay_within_the_scene(stage):
    stage.play("door_propped_open", sight())
    assert stage.go(1).step == 1
    assert stage.go(99).following is None
    assert stage.go(0).step == 0


def test_nothing_is_gone_to_or_ended_while_nothing_is_played(stage, commands):
    assert stage.go(1) is None
    stage.end()
    assert (stage.played, commands) == ({}, [])


def test_at_its_last_step_it_was_played_to_its_end(stage):
    stage.play("door_propped_open", sight())
    stage.end()
    assert stage.played == {"door_propped_open": ENDED}
    stage.play("door_propped_open", sight())
    stage.go(2)
    stage.end()
    assert stage.played == {"door_propped_open": PLAYED}


def test_what_was_once_played_to_its_end_stays_so(stage):
    stage.play("door_propped_open", sight())
    stage.go(2)
    stage.end()
    stage.play("door_propped_open", sight())
    stage.end()
    assert stage.played == {"door_propped_open": PLAYED}


def test_another_scene_ends_the_one_before(stage, people, commands):
    stage.play("door_propped_open", sight())
    stage.play("pump_battery", sight())
    stage.step(people)
    assert [next(iter(command)) for command in commands] == ["play", "end", "play"]
    assert people.did == [("repaired", "4.12", "reyes")]


def test_a_colleague_takes_the_target_once_when_it_is_time_and_gives_it_back(stage, clock, people):
    stage.play("nearest_pump", sight())
    for _ in range(8):
        clock.advance(5)
        stage.step(people)
    assert people.did == [("take", "P-029", "lind")]
    stage.end()
    stage.step(people)
    assert people.did[1:] == [("give back", "P-029", "lind"), ("repaired", "P-029", "lind")]


def test_before_anything_was_located_a_scene_waits_for_its_target(stage, clock, people):
    assert stage.play("nearest_pump", sight("")).target == ""
    clock.advance(30)
    stage.step(people)
    assert people.did == []
    assert stage.aim(sight("P-029")).target == "P-029"
    stage.step(people)
    assert people.did == [("take", "P-029", "lind")]


def test_a_scene_that_nobody_ends_ends_by_itself(stage, clock, people):
    stage.play("silent_gateway", sight())
    clock.advance(scenes()["silent_gateway"].length)
    stage.step(people)
    assert stage.playing is None
    assert stage.played == {"silent_gateway": ENDED}


def test_those_who_repair_are_people_of_this_hospital():
    assert set(REPAIRERS.values()) <= {staff.login for staff in PEOPLE}
