"""The plan: rooms lie inside their floor, do not overlap, and have their doors on a wall to the corridor."""

from collections import Counter
from itertools import combinations

from wardkeeper.demo.building import BUILDING_OF, BUILDINGS, DEPTH, GATEWAY_ROOMS, UNCOUNTED, WIDTH, Room, rooms

ROOMS = rooms()
COUNTED = [room for room in ROOMS if room.room_type not in UNCOUNTED]


def overlap(one: Room, other: Room) -> float:
    wide = min(one.east, other.east) - max(one.west, other.west)
    deep = min(one.south, other.south) - max(one.north, other.north)
    return max(0, wide) * max(0, deep)


def test_there_are_150_rooms_on_four_floors_of_two_buildings_and_the_ways_between():
    assert len(COUNTED) == 150
    assert Counter(room.level for room in COUNTED) == {1: 44, 2: 32, 3: 36, 4: 38}
    assert {BUILDINGS[BUILDING_OF[room.level]] for room in COUNTED} == {"Main building", "East building"}
    ways = Counter(room.room_type for room in ROOMS if room not in COUNTED)
    assert ways == {"corridor": 22, "stairs": 6, "lift": 9, "bridge": 2}


def test_a_bridge_joins_the_buildings_through_the_outer_walls():
    ends = [room for room in ROOMS if room.room_type == "bridge"]
    assert {BUILDING_OF[end.level] for end in ends} == {"A", "B"}
    assert len({end.name for end in ends}) == 1
    assert [(end.doors[0].x, end.doors[0].wall) for end in ends] == [(0.0, "w"), (WIDTH, "e")]


def test_there_is_what_a_hospital_has():
    found = {room.room_type for room in COUNTED}
    assert found >= {"patient_room", "intensive_care", "operating_room", "pharmacy", "laboratory", "imaging_room"}
    assert found >= {"emergency_room", "kitchen", "plant_room", "generator_room", "server_room", "workshop"}


def test_numbers_are_those_of_the_pictures():
    named = {room.number: room.name for room in COUNTED}
    assert named["2.07"] == "Operating room"
    assert named["3.19"] == named["4.19"] == "Equipment store"
    assert named["4.12"] == named["4.13"] == "Isolation"
    assert named["4.18"] == "Medication"
    assert named["4.20"] == "Soiled utility"
    assert named["4.21"] == "Clean utility"
    assert len(named) == 150


def test_every_room_lies_inside_its_floor():
    for room in ROOMS:
        assert 0 <= room.west < room.east <= WIDTH, room
        assert 0 <= room.north < room.south <= DEPTH, room


def test_no_two_places_of_a_floor_overlap():
    for one, other in combinations(ROOMS, 2):
        if one.level == other.level:
            assert overlap(one, other) < 1e-6, (one.number, other.number)


def test_the_places_of_a_floor_leave_no_gap():
    for level in BUILDING_OF:
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
        "polygon": [[24.0, 28.5], [30.0, 28.5], [30.0, 36.0], [24.0, 36.0]],
        "doors": [{"x": 25.5, "y": 28.5, "width": 1.1, "wall": "n"}],
    }


def test_gateways_hang_in_rooms():
    numbers = {room.number for room in COUNTED}
    assert len(GATEWAY_ROOMS) == len(set(GATEWAY_ROOMS)) == 80
    assert set(GATEWAY_ROOMS) <= numbers


def test_where_equipment_waits_or_is_cleaned_a_gateway_hears_it():
    waiting = {r.number for r in COUNTED if r.room_type in {"equipment_store", "soiled_utility", "clean_utility"}}
    assert waiting <= set(GATEWAY_ROOMS)


def test_every_floor_with_a_store_has_where_things_are_cleaned():
    for level in BUILDING_OF:
        types = {room.room_type for room in COUNTED if room.level == level}
        assert types >= {"equipment_store", "soiled_utility", "clean_utility", "nurse_station"}
