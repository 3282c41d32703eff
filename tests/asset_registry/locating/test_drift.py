import numpy as np

from asset_registry.locating.drift import Drift, Offsets
from asset_registry.locating.model import Model

MOVED = 3


def heard(world, louder_db, minutes=2):
    """A tracker after so many minutes with 40 still tags, one gateway of which hears louder than it did."""
    tracker = Model(world.plan).tracker()
    tags = [world.tag((x, y, minutes * 60), name=f"{x}/{y}") for x in range(1, 20, 2) for y in range(1, 12, 3)]
    recording = world.recording(*tags)
    tracker.grow(len(tags))
    rssi = recording.rssi + np.where(recording.gateway == MOVED, louder_db, 0.0)
    for second in range(minutes * 60):
        now = (recording.t >= second) & (recording.t < second + 1)
        tracker.put(recording.tag[now], recording.gateway[now], rssi[now])
        tracker.step(second + 1.0)
    return tracker.residuals(minutes * 60.0)


def test_a_gateway_that_was_moved_shows_and_the_others_do_not(world):
    drift, taken = Drift(len(world.plan.gateways)), heard(world, -7.0)
    for _ in range(6):
        drift.take(*taken)
    found = drift.found()
    assert found[MOVED] < -4
    assert max(abs(louder) for gateway, louder in found.items() if gateway != MOVED) < 3


def test_a_few_tags_or_a_single_look_say_nothing(world):
    drift, few = Drift(2), np.zeros(7, dtype=int)
    for _ in range(10):
        drift.take(few, np.full(7, 9.0))
    assert drift.found() == {}
    drift.take(np.ones(20, dtype=int), np.full(20, 9.0))
    assert drift.found() == {}


def test_it_is_a_mean_over_a_day(world):
    drift, many = Drift(1), np.zeros(20, dtype=int)
    for _ in range(144):
        drift.take(many, np.zeros(20))
    for _ in range(144):
        drift.take(many, np.full(20, 6.0))
    assert 3 < drift.found()[0] < 5


def test_what_a_few_rooms_say_of_a_gateway_is_not_taken_off():
    crowd = np.zeros(30, dtype=int)
    offsets = Offsets(2)
    offsets.take(crowd, crowd, np.full(30, 6.0))  # thirty tags in one room count as four
    assert offsets.louder.tolist() == [0.0, 0.0, 0.0]


def test_what_many_rooms_say_is_taken_off_but_never_all_of_it():
    rooms = np.arange(20)
    offsets = Offsets(2)
    for _ in range(10):
        offsets.take(np.ones(20, dtype=int), rooms, np.full(20, 6.0))
    assert offsets.louder[0] == 0.0
    assert 4.0 < offsets.louder[1] < 6.0
