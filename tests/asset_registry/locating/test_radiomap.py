import msgspec
import numpy as np

from asset_registry.locating.layout import Floor, GatewayAt, Plan, Room
from asset_registry.locating.radiomap import Radio, RadioMap, Surveyed

HERE = np.array([[10.0, 6.0]])


def around(radio_map, floor, level, heard=None, silent=None):
    """The mean of where it may be."""
    heard = np.ones(level.shape, dtype=bool) if heard is None else heard
    return radio_map.posterior(level, heard, silent) @ floor.cells


def test_without_a_survey_path_loss_alone_finds_the_tag(world, floor):
    found = around(RadioMap(floor, None, Radio()), floor, world.levels(HERE))
    assert np.abs(found - HERE).max() < 1.0


def test_a_survey_teaches_what_path_loss_does_not_know(world, floor):
    points = floor.cells[::7]
    behind_steel = np.where(points[:, :1] > 10, -9.0, 0.0)
    level = world.levels(points) + behind_steel
    tag = np.array([[15.0, 3.0]])
    heard = world.levels(tag) - 9.0
    surveyed = RadioMap(floor, Surveyed(points, level), Radio())
    blind = RadioMap(floor, None, Radio())
    miss = [float(np.hypot(*(around(one, floor, heard) - tag).T)[0]) for one in (surveyed, blind)]
    assert miss[0] < 0.8 < miss[1]


def test_it_is_less_sure_where_nobody_surveyed(floor, world):
    west = floor.cells[floor.cells[:, 0] < 8]
    weight = RadioMap(floor, Surveyed(west, world.levels(west)), Radio()).weight
    assert weight[floor.cells[:, 0] < 8].min() > weight[floor.cells[:, 0] > 15].max()


def test_a_point_that_did_not_hear_a_gateway_says_nothing_of_it(floor, world):
    points = floor.cells[::5]
    level = world.levels(points)
    level[::3, 0] = np.nan
    found = RadioMap(floor, Surveyed(points, level), Radio())
    assert np.abs(found.mean[0] - world.levels(floor.cells)[:, 0]).max() < 1.5


def test_a_gain_that_all_gateways_share_does_not_move_the_tag(floor, world):
    radio_map = RadioMap(floor, None, msgspec.structs.replace(Radio(), gain_db=6.0))
    found = around(radio_map, floor, world.levels(HERE) - 5.0)
    assert np.abs(found - HERE).max() < 1.0


def test_one_gateway_that_contradicts_all_others_is_left_out(floor, world):
    level = world.levels(HERE)
    level[0, 0] += 40
    assert np.abs(around(RadioMap(floor, None, Radio()), floor, level) - HERE).max() < 1.0


def test_silence_of_a_living_gateway_keeps_the_tag_away_from_it(floor, world):
    radio_map = RadioMap(floor, None, Radio())
    heard = np.zeros((1, 7), dtype=bool)
    heard[0, 2] = True  # in the middle: the tag may be anywhere around
    level, silent = np.full((1, 7), -76.0), np.zeros((1, 7), dtype=bool)
    silent[0, [0, 1, 5]] = True
    assert abs(around(radio_map, floor, level, heard)[0, 0] - 10) < 0.5
    assert around(radio_map, floor, level, heard, silent)[0, 0] > 12


def test_walls_make_a_neighbouring_room_quieter():
    rooms = [Room(name, "", [(x, 0), (x + 5, 0), (x + 5, 5), (x, 5)]) for name, x in (("a", 0), ("b", 5))]
    gateways = [GatewayAt("in-a", 4, 2.5)]
    mean = [RadioMap(Floor(Plan(gateways, rooms, walls=walls), ""), None, Radio()).mean[0] for walls in (True, False)]
    beyond = Floor(Plan(gateways, rooms), "").cells[:, 0] > 5
    assert np.allclose((mean[1] - mean[0])[beyond], Radio().wall_db, atol=0.01)
    assert np.allclose((mean[1] - mean[0])[~beyond], 0)


def test_a_gateway_heard_at_one_far_point_by_luck_is_not_loud_at_all_far_points(world, floor):
    points = floor.cells[::7]
    true = world.levels(points)[:, 0]
    level = np.full((len(points), len(floor.at)), -65.0)
    level[:, 0] = np.where(true > -65.0, true, np.nan)
    level[true.argmin(), 0] = -60.0
    found = RadioMap(floor, Surveyed(points, level), Radio())
    far = world.levels(floor.cells)[:, 0] < -70.0
    assert (found.mean[0] - world.levels(floor.cells)[:, 0])[far].mean() < 2.0
