"""A working day of equipment: it walks, it does not jump, and it ends where it belongs."""

import math
from datetime import timedelta
from itertools import pairwise

import pytest

from wardkeeper.demo.building import DEPTH, WIDTH
from wardkeeper.demo.movement import PACE, Movement, corridor


@pytest.fixture(scope="module")
def movement(world):
    return Movement(world)


def test_nothing_moves_faster_than_a_person_walks(world, movement, morning):
    for thing in world.assets[::7]:
        before = movement.spot(thing, morning)
        for second in range(5, 3600, 5):
            after = movement.spot(thing, morning + timedelta(seconds=second))
            assert math.dist((before.x, before.y), (after.x, after.y)) <= PACE * 5 + 0.02, thing.number
            before = after


def test_everything_is_always_on_its_floor_and_in_the_room_it_says(world, movement, morning):
    for thing in world.assets:
        for hours in range(0, 24, 3):
            spot = movement.spot(thing, morning + timedelta(hours=hours))
            assert 0 <= spot.x <= WIDTH
            assert 0 <= spot.y <= DEPTH
            assert not spot.room or world.room[spot.room].contains(spot.x, spot.y)


def test_a_pump_goes_the_round_from_the_store_and_back(world, movement, morning):
    """Every pump that leaves the store is used, soiled, cleaned, in this order."""
    rounds = 0
    for thing in world.assets:
        if thing.category == "infusion pump" and thing.use == "idle" and movement.travels(thing):
            stays = [movement.spot(thing, morning + timedelta(minutes=minute)).stay for minute in range(0, 600, 4)]
            order = [stay for index, stay in enumerate(stays) if index == 0 or stay != stays[index - 1]]
            follows = {"home": "patient", "patient": "soiled", "soiled": "cleaning", "cleaning": "home"}
            assert all(follows[one] == other for one, other in pairwise(order)), thing.number
            rounds += len(order) > 1
    assert rounds > 10


def test_what_is_broken_blocked_or_built_in_stays(world, movement, morning):
    for number in ("F-07", "AHU-3", "B-01", "P-117", "BO-01"):
        thing = world.asset[number]
        spots = {movement.spot(thing, morning + timedelta(minutes=17 * step)) for step in range(60)}
        assert len(spots) == 1, number


def test_someone_is_always_moving_something_in_an_hour(world, movement, morning):
    moved = sum(
        movement.spot(thing, morning) != movement.spot(thing, morning + timedelta(hours=1)) for thing in world.assets
    )
    assert moved > 15


def test_the_way_leads_through_both_doors_and_around_the_core(world):
    way = corridor(world.room["4.01"], world.room["4.16"])
    assert way == ((3.0, 7.5), (3.0, 9.0), (1.5, 9.0), (1.5, 27.0), (3.0, 27.0), (3.0, 28.5))
