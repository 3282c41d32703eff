import numpy as np

from asset_registry.locating.bays import bay_counts, bays, extent, regular
from asset_registry.locating.layout import Room


def test_bays_are_counted_along_y_first():
    names = {room.id: room.outline[0] for room in bays(4, 3, (0, 0), (20, 18))}
    assert (names["bay-01"], names["bay-03"]) == ((0.0, 6.0), (5.0, 0.0))


def test_a_grid_covers_all_points_from_the_origin_when_they_begin_near_it():
    assert extent([(0.2, 0.3), (20.5, 17.6)]) == ((0.0, 0.0), (20.5, 17.6))
    assert extent([(5.0, 0.3), (20.5, 17.6)]) == ((5.0, 0.0), (20.5, 17.6))


def test_bays_are_about_five_and_a_half_metres_wide_when_nobody_says_how_many():
    assert bay_counts((0, 0), (20.5, 17.6)) == (4, 3)


def named(columns, rows, width, depth, points):
    """Rooms as a survey names them: by points that happen to lie in them."""
    rooms = bays(columns, rows, (0, 0), (columns * width, rows * depth))
    lies = [(int(x // width), int(y // depth)) for x, y in points]
    found = [
        [xy for xy, cell in zip(points, lies, strict=True) if cell[0] * rows + cell[1] == n] for n in range(len(rooms))
    ]
    return [Room(room.id, "", [], inside) for room, inside in zip(rooms, found, strict=True)]


def test_a_regular_grid_is_found_in_the_names_of_a_survey():
    points = [(x, y) for x in np.arange(0.3, 20, 2.5) for y in np.arange(0.3, 18, 2.2)]
    found = regular(named(4, 3, 5.0, 6.0, points), (0, 0), (20, 18))
    assert [room.outline[0] for room in found] == [room.outline[0] for room in bays(4, 3, (0, 0), (20, 18))]


def test_its_borders_give_way_to_points_just_beside_them():
    points = [(1, 1), (5.05, 1), (5.2, 1), (9, 1)]
    rooms = [Room("a", "", [], points[:2]), Room("b", "", [], points[2:])]
    assert regular(rooms, (0, 0), (10, 2))[0].outline[1] == (5.05, 0.0)


def test_rooms_of_other_shapes_are_no_grid():
    rooms = [Room("a", "", [], [(1, 1), (9, 1)]), Room("b", "", [], [(1, 9)]), Room("c", "", [], [(9, 9)])]
    assert regular(rooms, (0, 0), (10, 10)) == []
