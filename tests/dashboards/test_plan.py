"""The plan as numbers: every dot in its own room and apart from the others, labels at the first corner, brackets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.known import KnownPlace
from asset_registry.outlines import Box, Door
from asset_registry.snapshot import Snapshot
from dashboards.plan import _slots, bracket_of, plan_of
from tests.dashboards.linden import make_content


def place(number, kind="room", parent=1, room_type="patient_room", **plan):
    identity = 1 if kind == "floor" else 10 + int(number)
    return KnownPlace(identity, kind, None if kind == "floor" else parent, number, "Room", 4, room_type, plan)


def square(x, y, width=6.0, depth=7.5, wall="s"):
    corners = [[x, y], [x + width, y], [x + width, y + depth], [x, y + depth]]
    return {"polygon": corners, "doors": [{"x": x + width / 2, "y": y + depth, "width": 1.2, "wall": wall}]}


def drawn(*rooms, dots=None, **floor):
    """A floor of these rooms."""
    level = place("4", "floor", room_type="", **floor)
    return plan_of(Snapshot(make_content([level, *rooms])), level, dots)


@pytest.mark.parametrize("count", [0, 1, 7, 30])
def test_every_dot_has_its_own_place_inside_its_room(count):
    room = place("1", **square(12, 0))
    plan = drawn(room, width=48.0, depth=32.0, dots={room.id: count})
    outline = plan.outline(room.id)
    assert len(outline.slots) > count, "one is left for who comes in"
    assert len(set(outline.slots)) == len(outline.slots)
    for x, y in outline.slots:
        assert 100 * 12 / 48 < x < 100 * 18 / 48
        assert 100 * 2 / 32 < y < 100 * 7.5 / 32, "below the number on the door"


@given(st.floats(1.0, 30.0), st.floats(1.0, 30.0), st.integers(0, 60))
def test_dots_stay_inside_rooms_of_any_size(width, depth, count):
    box = Box(3.0, 4.0, 3.0 + width, 4.0 + depth)
    _, slots = _slots(box, count, labelled=True)
    assert slots
    assert all(box.west <= x <= box.east and box.north <= y <= box.south for x, y in slots)


def test_a_floor_nobody_has_drawn_has_no_plan():
    assert drawn(place("1")) is None


def test_the_size_is_that_of_the_rooms_when_nobody_says():
    plan = drawn(place("1", **square(0, 0)), place("2", **square(6, 0)))
    assert (plan.width, plan.depth) == (12.0, 7.5)


def test_stairs_have_treads_and_a_lift_its_cross():
    stairs = place("1", room_type="stairs", **square(0, 0, 3, 5.5))
    lift = place("2", room_type="lift", **square(3, 0, 2, 3))
    plan = drawn(stairs, lift)
    assert len(plan.outline(stairs.id).hatch) == 9
    assert plan.outline(lift.id).hatch == ((3, 0, 5, 3), (3, 3, 5, 0))
    assert not plan.outline(stairs.id).counted


@pytest.mark.parametrize(
    "wall, leaf", [("s", (2.0, 7.0, 2.0, 9.0)), ("n", (2.0, 7.0, 2.0, 5.0)), ("e", (3.0, 6.0, 5.0, 6.0))]
)
def test_an_open_door_swings_into_the_corridor(wall, leaf):
    assert Door(3.0, 7.0, 2.0, wall).leaf == leaf


def test_a_bracket_holds_three_rooms_of_one_row_together():
    rooms = [place(str(n), **square(6 * n, 0)) for n in range(4)]
    plan = drawn(*rooms, width=48.0, depth=32.0)
    bracket = bracket_of(plan, plan.outlines[:3], "medium", "Air handler 3", "34 min")
    assert bracket.path == "M0.7 7.85V8.25H17.3V7.85"
    assert not bracket.up
    assert bracket_of(plan, plan.outlines[:2], "medium", "two", "") is None
    elsewhere = place("9", **square(0, 24.5))
    mixed = drawn(*rooms, elsewhere, width=48.0, depth=32.0)
    assert bracket_of(mixed, mixed.outlines, "medium", "two rows", "") is None
