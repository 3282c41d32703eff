"""Where to stand on a survey."""

import math

from asset_registry.known import KnownPlace
from asset_registry.locating.route import BORDER_M, following, spots, spread
from asset_registry.polygons import contains, to_wall, walls_of


def box(x, y, wide, deep):
    return [(x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep)]


def room(number, corners, room_type=""):
    return KnownPlace(int(number), "room", 1, number, "", None, room_type, {"polygon": corners})


ROOMS = [room("1", box(0, 0, 6, 6)), room("2", box(6, 0, 6, 6)), room("3", box(0, 6, 12, 2), "corridor")]


def test_points_stand_inside_and_off_the_walls():
    bent = [(0, 0), (20, 0), (20, 3), (4, 3), (4, 20), (0, 20)]
    found = spread(bent)
    assert len(found) >= 4
    for point in found:
        assert contains(bent, point)
        assert min(to_wall(wall, point) for wall in walls_of(bent)) >= BORDER_M


def test_a_room_of_some_size_has_two_points_and_a_cupboard_one():
    assert len(spread(box(0, 0, 4, 4))) == 2
    assert len(spread(box(0, 0, 2, 2))) == 1
    assert len(spread(box(0, 0, 0.8, 5))) == 1


def test_a_point_is_done_by_who_stood_near_in_the_same_room():
    found = spots(ROOMS, [(4.5, 3.0), (7.0, 7.0)])
    assert [(spot.room.number, spot.done) for spot in found] == [
        *(("1", False), ("1", True)),
        *(("2", False), ("2", False)),
        *(("3", False), ("3", True)),
    ]


def test_stairs_lifts_and_what_is_not_drawn_are_left_out():
    others = [room("4", box(0, 8, 3, 3), "stairs"), KnownPlace(5, "room", 1, "5", "", None, "", {})]
    assert spots(others, []) == []


def test_the_next_point_is_in_the_room_where_one_stands_then_the_nearest():
    stood = [(1.5, 3.0)]
    found = spots(ROOMS, stood)
    assert following(found, stood[-1]).room.number == "1"
    stood.append((4.5, 3.0))
    coming = following(spots(ROOMS, stood), stood[-1])
    assert math.dist((coming.x, coming.y), stood[-1]) < 5
    assert following([], None) is None
