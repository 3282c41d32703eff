"""The plan: rooms lie inside their floor, do not overlap, and have their doors on a wall to the corridor."""

from collections import Counter
from itertools import combinations

from wardkeeper.demo.building import DEPTH, GATEWAY_ROOMS, UNCOUNTED, WIDTH, Room, rooms

ROOMS = rooms()
COUNTED = [room for room in ROOMS if room.room_type not in UNCOUNTED]


def overlap(one: Room, other: Room) -> float:
    wide = min(one.east, other.east) - max(one.west, other.west)
    deep = min(one.south, other.south) - max(one.north, other.north)
    return max(0, wide) * max(0, deep)


def test_there_are_sixty_rooms_on_three_floors_and_their_ways_between():
    assert len(COUNTED) == 60
    assert Counter(room.level for room in COUNTED) == {2: 16, 3: 20, 4: 24}
    assert Counter(room.room_type for room in ROOMS if room not in COUNTED) == {"corridor": 15, "stairs": 6, "lift": 9}


def test_numbers_are_those_of_the_pictures():
    named = {room.number: room.name for room in COUNTED}
    assert named["2.07"] == "Operating room"
    assert named["3.19"] == named["4.19"] == "Equipment store"
    assert named["4.12"] == named["4.13"] == "Isolation"
    assert named["4.18"] == "Medication"
    assert named["4.20"] == "Soiled utility"
    assert named["4.21"] == "Clean utility"
    assert len(named) == 60


def test_every_room_lies_inside_its_floor():
    for room in ROOMS:
        assert 0 <= room.west < room.east <= WIDTH, room
        assert 0 <= room.north < room.south <= DEPTH, room


def test_no_two_places_of_a_floor_overlap():
    for one, other in combinations(ROOMS, 2):
        if one.level == other.level:
            assert overlap(one, other) < 1e-6, (one.number, other.number)


def test_the_places_of_a_floor_leave_no_gap():
    for level in (2, 3, 4):
        area = sum((r.east - r.west) * (r.south - r.north) for r in ROOMS if r.level == level)
        assert area > 0.93 * WIDTH * DEPTH


def test_every_door_is_on_a_wall_of_its_room_and_opens_to_a_corridor():
    corridors = [room for room in ROOMS if room.room_type == "corridor"]
    for room in COUNTED:
        (door,) = room.doors
        assert door.y == {"n": room.north, "s": room.south}[door.wall], room.number
        assert room.west <= door.x - door.width / 2, room.number
        assert door.x + door.width / 2 <= room.east, room.number
        outside = door.y + (-0.1 if door.wall == "n" else 0.1)
        assert any(way.level == room.level and way.contains(door.x, outside) for way in corridors), room.number


def test_the_plan_is_what_the_registry_keeps():
    room = next(room for room in ROOMS if room.number == "4.12")
    assert room.plan == {
        "polygon": [[24.0, 24.5], [30.0, 24.5], [30.0, 32.0], [24.0, 32.0]],
        "doors": [{"x": 25.5, "y": 24.5, "width": 1.1, "wall": "n"}],
    }


def test_gateways_hang_in_rooms():
    numbers = {room.number for room in COUNTED}
    assert len(GATEWAY_ROOMS) == len(set(GATEWAY_ROOMS)) == 30
    assert set(GATEWAY_ROOMS) <= numbers
