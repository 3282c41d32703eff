import msgspec
import numpy as np
import pytest

from asset_registry.locating.layout import GatewayAt, Plan, Room
from asset_registry.locating.model import Model
from asset_registry.locating.survey import listed, points_in
from asset_registry.locating.tracker import Belief

MINUTE = 60


@pytest.fixture
def model(world):
    survey = world.survey()
    return Model(world.plan, listed(survey, points_in(survey)))


def run(model, recording, off=None, off_from=0):
    """(seconds, tags): the committed rooms."""
    tracker = model.tracker()
    tracker.grow(len(recording.tags))
    rooms = []
    for second in range(int(recording.t.max()) + 1):
        now = (recording.t >= second) & (recording.t < second + 1)
        if off is not None and second >= off_from:
            now &= recording.gateway != off
        tracker.put(recording.tag[now], recording.gateway[now], recording.rssi[now])
        tracker.step(second + 1.0)
        rooms.append(tracker.room.copy())
    return np.array(rooms)


def changes(rooms):
    return int(((rooms[1:] != rooms[:-1]) & (rooms[:-1] >= 0)).sum())


def test_it_waits_a_few_seconds_and_then_knows_the_room(world, model):
    rooms = run(model, world.recording(world.tag((12.5, 3, 30))))[:, 0]
    assert (rooms[:4] == -1).all()
    assert (rooms[5:] == world.room_at(12.5, 3)).all()


def test_what_stands_still_keeps_its_room(world, model):
    tags = [world.tag((x, y, 3 * MINUTE), name=f"{x}/{y}") for x in range(1, 20, 3) for y in range(1, 12, 2)]
    rooms = run(model, world.recording(*tags))
    assert changes(rooms[30:]) / (len(tags) * 150 / 3600) < 0.6, "false changes an hour and tag"


def test_a_room_that_leads_clearly_is_shown_after_two_seconds(world, model):
    rooms = run(model, world.recording(world.tag((17.5, 10, 8))))[:, 0]
    assert rooms[0] == -1
    assert rooms[2] == world.room_at(17.5, 10)


def test_what_gateways_drifted_since_the_survey_is_found_by_the_tags_that_dwell(world, model):
    tags = [world.tag((x, y, MINUTE), name=f"{x}/{y}") for x in range(1, 20, 3) for y in range(1, 12, 2)]
    heard = world.recording(*tags)
    drift = np.array([4.0, -4.0, 0.0, 3.0, 0.0, -3.0, 0.0])
    tracker = model.tracker()
    tracker.grow(len(heard.tags))
    for second in range(MINUTE):
        now = (heard.t >= second) & (heard.t < second + 1)
        tracker.put(heard.tag[now], heard.gateway[now], heard.rssi[now] + drift[heard.gateway[now]])
        tracker.step(second + 1.0)
    assert np.abs(tracker.offsets.louder[:-1] - drift).max() < 1.5


def test_one_tag_says_nothing_of_drift(world, model):
    tracker = model.tracker()
    tracker.grow(1)
    heard = world.recording(world.tag((12.5, 3, MINUTE)))
    for second in range(MINUTE):
        now = (heard.t >= second) & (heard.t < second + 1)
        tracker.put(heard.tag[now], heard.gateway[now], heard.rssi[now] - 6.0)
        tracker.step(second + 1.0)
    assert (tracker.offsets.louder == 0).all()


def test_a_move_is_shown_within_twenty_seconds(world, model):
    tags = [world.tag((2.5, 3, 2 * MINUTE), (17.5, 9, MINUTE), name=str(n)) for n in range(20)]
    rooms = run(model, world.recording(*tags))
    shown = (rooms[2 * MINUTE :] == world.room_at(17.5, 9)).argmax(0) + 1
    assert np.quantile(shown, 0.95) <= 20


def test_with_its_own_motion_counter_a_tag_says_itself_that_it_moves(world, model):
    tracker = model.tracker()
    tracker.grow(2)
    recording = world.recording(world.tag((10, 6, 30), name="a"), world.tag((10, 6, 30), name="b"))
    for second in range(30):
        now = (recording.t >= second) & (recording.t < second + 1)
        tracker.put(recording.tag[now], recording.gateway[now], recording.rssi[now])
        tracker.count_motion(0, 4 if second < 25 else 5)
        tracker.count_motion(1, 4)
        estimate = tracker.step(second + 1.0)
    assert estimate.moving.tolist() == [True, False]


def test_a_dead_gateway_moves_nothing_for_a_minute(world, model):
    tags = [world.tag((x, y, 155), name=f"{x}/{y}") for x in range(1, 20, 4) for y in range(1, 12, 3)]
    recording = world.recording(*tags)
    for off in (0, 2, 5):
        rooms = run(model, recording, off, 90)
        assert changes(rooms[90:150]) == 0


def test_a_dead_gateway_does_not_hold_up_a_tag_that_really_moves(world, model):
    tags = [world.tag((2.5, 3, 100), (17.5, 9, 40), name=str(n)) for n in range(10)]
    rooms = run(model, world.recording(*tags), off=2, off_from=90)
    assert (rooms[125] == world.room_at(17.5, 9)).mean() >= 0.9


def test_the_floor_comes_before_the_room():
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    gateways = [GatewayAt(f"{floor}-{n}", 1 + 4 * n, 5, floor) for floor in ("1", "2") for n in range(3)]
    plan = Plan(gateways, [Room("1.01", "1", square), Room("2.01", "2", square)])
    tracker = Model(plan).tracker()
    tracker.grow(1)
    for second in range(10):
        heard = np.arange(6)
        dbm = np.where(heard < 3, -82.0, -68.0)
        dbm[0] = -60.0  # one gateway below is loud: a hole in the ceiling
        tracker.put(np.zeros(6, dtype=int), heard, dbm)
        estimate = tracker.step(second + 1.0)
    assert plan.rooms[estimate.room[0]].id == "2.01"


def test_corrupt_levels_are_dropped(world, model):
    tracker = model.tracker()
    tracker.grow(1)
    tracker.put(np.zeros(2, dtype=int), np.array([0, 1]), np.array([127.0, -128.0]))
    assert not len(tracker.step(1.0).rows)


def test_belief_settings_travel_with_the_model(world, model):
    slow = msgspec.structs.replace(model, belief=Belief(settle_s=10.0, clear_after=1.0))
    assert (run(slow, world.recording(world.tag((12.5, 3, 12))))[:9] == -1).all()
