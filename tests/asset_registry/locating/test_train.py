from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from asset_registry.locating.calibration import UNSURVEYED
from asset_registry.locating.errormap import error_map
from asset_registry.locating.layout import GatewayAt, Room
from asset_registry.locating.mapped import MappedSite
from asset_registry.locating.model import decode, encode
from asset_registry.locating.radiomap import BEHIND_WALLS
from asset_registry.locating.replay import replay
from asset_registry.locating.score import scores
from asset_registry.locating.train import train
from collector.errors import ConfigError
from collector.reading import Sighting


@pytest.fixture
def model(world):
    return train(world.survey(seconds=25), world.plan.gateways, folds=6)


@pytest.fixture
def truth(world):
    still = [world.tag((x, y, 90), name=f"{x}/{y}") for x in (2, 7, 12, 18) for y in (3, 9)]
    walk = [world.tag((2, 3, 45), (17, 9, 45), name=f"walks {n}") for n in range(4)]
    return world.recording(*still, *walk)


def test_a_model_scores_itself_with_positions_left_out(model):
    told = model.scores["positions_left_out"]
    assert told["tags"] == 40
    assert 0.55 < told["room_accuracy"] < 1
    assert told["mean_error_m"] < 2.5


def test_a_floor_that_nobody_walked_keeps_the_plan_and_its_doubt(world):
    rooms = [Room(f"{floor}{one.id}", floor, one.outline) for floor in ("", "up") for one in world.plan.rooms]
    above = [GatewayAt(f"up {one.id}", one.x_m, one.y_m, "up") for one in world.plan.gateways]
    model = train(world.survey(step=5, seconds=10), [*world.plan.gateways, *above], rooms, folds=2)
    assert {point.floor for point in model.points} == {""}
    assert model.radio.exponent == BEHIND_WALLS.exponent
    site = MappedSite(model, {room.id: n for n, room in enumerate(rooms)})
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)
    for second in range(20):
        for n in range(3):
            site.hear(Sighting("ble:17", f"up {n}", -60.0 - 9 * n, start + timedelta(seconds=second)))
        (fix,) = site.judge(start + timedelta(seconds=second))
    assert rooms[fix.place_id].floor == "up"
    assert fix.confidence in UNSURVEYED.right


def test_tags_that_stand_and_tags_that_move_are_scored_apart(model, truth):
    found = scores(replay(model.tracker(), model.calibration, model.plan, truth))
    assert (found["stationary"]["tags"], found["moving"]["tags"]) == (8, 4)
    assert found["stationary"]["room_accuracy_when_known"] > 0.8
    assert found["stationary"]["change_delay_p95_s"] is None
    assert found["moving"]["changes_shown"] >= 3
    assert found["moving"]["change_delay_p95_s"] < 20


def test_a_model_survives_its_file(model, truth):
    again = decode(encode(model), "site.model")
    assert again == model


@pytest.mark.parametrize(
    "content, why",
    [
        (b"\x93NUMPY", "no location model"),
        (b'{"format": "geojson"}', "its format is 'geojson'"),
        (b'{"format": "wardkeeper-location-model", "version": 7}', "of version 7; this Wardkeeper reads 1"),
        (b'{"format": "wardkeeper-location-model", "version": 1}', "damaged"),
    ],
)
def test_another_file_is_refused_with_what_it_is(content, why):
    with pytest.raises(ConfigError, match=why):
        decode(content, "site.model")


def test_the_error_map_shows_every_place_of_the_truth(model, truth):
    fixes = replay(model.tracker(), model.calibration, model.plan, truth)
    picture = error_map(model.plan, fixes, "", "truth <1>")
    assert picture.count("<circle") == len(np.unique(np.floor(truth.at), axis=0))
    assert "truth &lt;1&gt;" in picture


def test_a_gateway_that_is_off_is_left_out_of_the_truth(model, truth):
    half = truth.without("2", from_s=45)
    gone = half.gateway[half.t >= truth.t.min() + 45]
    assert 2 not in gone
    assert 2 in half.gateway
    with pytest.raises(ConfigError, match="never appears"):
        truth.without("99")


def test_three_points_are_no_survey(world):
    few = world.recording(*(world.tag((x, 3, 20), name=str(x)) for x in (2, 9, 16)))
    with pytest.raises(ConfigError, match="3 points"):
        train(few, world.plan.gateways)


def test_a_gateway_without_a_position_is_named(world):
    with pytest.raises(ConfigError, match="no position: 6"):
        train(world.survey(), world.plan.gateways[:6])
