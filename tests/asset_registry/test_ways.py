"""The way on foot through Linden General: its length is the sum of its steps, it keeps to doors and corridors."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asset_registry.known import KnownPlace
from asset_registry.places import WAYS
from asset_registry.snapshot import Snapshot
from tests.dashboards.linden import linden_places, make_content

LINDEN = Snapshot(make_content(linden_places()))
ROOMS = [room.number for room in LINDEN.rooms if room.room_type not in WAYS]


def way(start, end):
    return LINDEN.ways(LINDEN.room(start)).to(LINDEN.room(end))


def test_across_the_building():
    found = way("4.12", "4.07")
    assert round(found.metres) == 43
    assert found.by == ""
    assert [step.words for step in found.steps] == [
        "Leave 4.12",
        "Along the south corridor",
        "Along the lift lobby",
        "Along the north corridor",
        "4.07 on the left",
    ]


def test_to_another_floor_by_lift():
    found = way("4.12", "3.19")
    assert found.by == "lift"
    assert "Lift 3 to level 3" in [step.words for step in found.steps]
    assert len(found.legs) == 2


def test_there_is_no_way_through_a_lift():
    points = way("4.12", "4.01").legs[LINDEN.floor_of(LINDEN.room("4.01")).id]
    assert all(not (21.5 < x < 23.7 and 10.5 < y < 25.5) for x, y in points)


def test_to_another_building_over_the_bridge():
    found = way("1.31", "2.27")
    assert found.by == "bridge"
    assert [step.words for step in found.steps] == [
        "Leave 1.31",
        "Along the north corridor",
        "To the bridge",
        "Bridge to level 2",
        "Along the north corridor",
        "2.27 on the left",
    ]
    assert found.metres == pytest.approx(sum(step.metres for step in found.steps), abs=1)


def test_the_bridge_joins_every_floor_of_one_building_with_the_other():
    found = way("4.12", "1.31")
    assert found.by == "bridge", "which comes last"
    assert len(found.legs) == 3
    assert way("1.31", "4.12").by == "lift"


def test_lifts_of_two_buildings_are_not_one_though_they_stand_at_the_same_place_of_their_plans():
    box = {"polygon": [[0, 0], [3, 0], [3, 3], [0, 3]]}
    corridor = {"polygon": [[0, 3], [20, 3], [20, 6], [0, 6]]}
    room = {"polygon": [[6, 6], [9, 6], [9, 9], [6, 9]], "doors": [{"x": 7.5, "y": 6, "width": 1, "wall": "n"}]}
    places = []
    for building, level in ((1, 1), (2, 2)):
        floor = 10 * building
        places += [
            KnownPlace(building, "building", None, str(building), "", None, "", {}),
            KnownPlace(floor, "floor", building, str(level), "", level, "", {}),
            KnownPlace(floor + 1, "room", floor, f"{level}.L", "Lift", level, "lift", box),
            KnownPlace(floor + 2, "room", floor, f"{level}.C", "Corridor", level, "corridor", corridor),
            KnownPlace(floor + 3, "room", floor, f"{level}.01", "", level, "office", room),
        ]
    now = Snapshot(make_content(places))
    assert now.ways(now.room("1.01")).to(now.room("2.01")) is None


@settings(max_examples=60)
@given(st.sampled_from(ROOMS), st.sampled_from(ROOMS))
def test_any_way(start, end):
    there, back = way(start, end), way(end, start)
    assert there.metres == pytest.approx(back.metres)
    told = sum(step.metres for step in there.steps)
    assert told <= there.metres + 0.01
    assert told > there.metres - 3, "only steps under a metre are left out"
    room = LINDEN.room(end)
    (west, north), (east, south) = room.plan["polygon"][0], room.plan["polygon"][2]
    x, y = there.legs[LINDEN.floor_of(room).id][-1]
    assert west < x < east, "the line ends in the room"
    assert north < y < south


def test_without_corridors_only_the_distance_as_the_crow_flies():
    floor = KnownPlace(1, "floor", None, "1", "", 1, "", {})
    rooms = [
        KnownPlace(
            2 + n, "room", 1, f"1.{n}", "", 1, "patient_room", {"polygon": [[x, 0], [x + 4, 0], [x + 4, 4], [x, 4]]}
        )
        for n, x in enumerate((0, 30))
    ]
    now = Snapshot(make_content([floor, *rooms]))
    found = now.ways(rooms[0]).to(rooms[1])
    assert found.metres == 30
    assert [step.words for step in found.steps] == ["Straight to 1.1"]


def test_who_is_nowhere_gets_no_way():
    undrawn = KnownPlace(999, "room", None, "9", "", 9, "", {})
    assert LINDEN.ways(undrawn).metres(LINDEN.room("4.07")) is None
    assert LINDEN.ways(LINDEN.room("4.07")).to(undrawn) is None
