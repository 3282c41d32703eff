import numpy as np
import pytest

from asset_registry.locating.layout import Floor, GatewayAt, Plan, Room, inside, rooms_at
from collector.errors import ConfigError

WARD = Room("4.12", "4", [(0, 0), (5, 0), (5, 6), (0, 6)])
HALL = Room("corridor", "4", [(0, 6), (10, 6), (10, 8), (0, 8)], way=True)
CLOSET = Room("closet", "4", [(9.9, 0), (10, 0), (10, 0.1), (9.9, 0.1)])


def test_a_floor_is_cut_into_cells_each_in_its_room():
    floor = Floor(Plan([GatewayAt("a", 1, 1, "4")], [WARD, HALL]), "4")
    assert np.allclose(floor.share.sum(1), 1.0)
    north = floor.cells[:, 1] < 6
    assert (floor.share[north, 0] == 1).all()
    assert not (north & (floor.cells[:, 0] > 5)).any(), "between the rooms there is nothing"


def test_things_rarely_stand_in_a_corridor():
    floor = Floor(Plan([], [WARD, HALL]), "4")
    assert floor.prior[floor.share[:, 1] == 1].max() < floor.prior[floor.share[:, 0] == 1].min()


def test_a_room_smaller_than_a_cell_is_not_lost():
    floor = Floor(Plan([], [WARD, HALL, CLOSET]), "4")
    assert floor.share[:, 2].max() == 1.0


def test_a_room_known_by_surveyed_points_reaches_half_way_to_the_next():
    rooms = [(0, Room("a", "", [], [(1, 1), (3, 1)])), (1, Room("b", "", [], [(5, 1), (7, 1)]))]
    assert rooms_at(rooms, np.array([[3.9, 1.0], [4.1, 1.0], [2.0, 9.0]])).tolist() == [0, 1, 0]


def test_walls_are_counted_where_the_room_changes_along_the_line_of_sight():
    plan = Plan([GatewayAt("a", 2, 3, "4")], [WARD, HALL], walls=True)
    assert Floor(plan, "4").walls_to(np.array([[4.0, 3.0], [2.0, 7.0]])).tolist() == [[0.0, 1.0]]
    open_plan = Plan(plan.gateways, plan.rooms)
    assert Floor(open_plan, "4").walls_to(np.array([[2.0, 7.0]])).tolist() == [[0.0]]


def test_a_vast_floor_has_larger_cells():
    hangar = Room("hangar", "", [(0, 0), (400, 0), (400, 300), (0, 300)])
    assert 1000 < len(Floor(Plan([], [hangar]), "").cells) < 2000


def test_inside_counts_crossings_also_of_an_outline_with_a_notch():
    notched = [(0, 0), (6, 0), (6, 6), (3, 3), (0, 6)]
    assert inside(notched, np.array([[3.0, 2.0], [3.0, 5.0], [7.0, 1.0]])).tolist() == [True, False, False]


def test_a_floor_without_any_room_is_refused():
    with pytest.raises(ConfigError, match="no room on it"):
        Floor(Plan([], [WARD]), "5")
