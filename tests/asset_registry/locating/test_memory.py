import numpy as np
import pytest

from asset_registry.locating.arrays import milliwatts
from asset_registry.locating.memory import SLOTS, Memory, Pace


@pytest.fixture
def memory():
    memory = Memory(40, Pace())
    memory.grow(2)
    return memory


def hear(memory, now, *sightings, dt=1.0):
    tags, gateways, dbm = zip(*sightings, strict=True)
    memory.put(np.array(tags), np.array(gateways), milliwatts(np.array(dbm, dtype=float)))
    return memory.step(now, dt)


def level(memory, tag, gateway, which=0):
    return memory.levels()[which][tag, np.flatnonzero(memory.gateway[tag] == gateway)[0]]


def test_the_level_is_the_mean_of_linear_power(memory):
    hear(memory, 1.0, (0, 7, -50), (0, 7, -70))
    assert level(memory, 0, 7) == pytest.approx(-52.97, abs=0.01)


def test_the_fast_memory_follows_and_the_slow_one_stays(memory):
    for second in range(60):
        hear(memory, second, *[(0, 7, -50)] * 2)
    for second in range(60, 68):
        hear(memory, second, *[(0, 7, -70)] * 2)
    assert level(memory, 0, 7, 0) < -63
    assert level(memory, 0, 7, 1) > -52


def test_a_slow_beacon_gets_a_longer_fast_memory(memory):
    for second in range(120):
        quick = [(0, 7, -60)] * 2
        slow = [(1, 7, -60)] if second % 7 == 0 else []
        hear(memory, second, *quick, *slow)
    assert memory.fast_s[0] == pytest.approx(2, abs=0.2)
    assert 15 < memory.fast_s[1] <= 40


def test_the_loudest_gateways_are_kept(memory):
    for second in range(5):
        hear(memory, second, *[(0, gateway, -90 + gateway) for gateway in range(SLOTS)])
    hear(memory, 5.0, (0, 39, -40), (0, 38, -41))
    kept = set(memory.gateway[0].tolist())
    assert {38, 39} < kept
    assert not {0, 1} & kept


def test_what_a_moved_tag_sounded_like_is_forgotten(memory):
    for second in range(60):
        hear(memory, second, (0, 7, -50), (1, 7, -50))
    memory.forget_place(np.array([True, False]))
    for second in range(60, 66):
        hear(memory, second, (0, 7, -70), (1, 7, -70))
    assert level(memory, 0, 7, 1) < level(memory, 1, 7, 1) - 5


def test_a_step_says_which_gateways_heard_how_much(memory):
    heard, packets = hear(memory, 1.0, (0, 7, -50), (1, 7, -50), (0, 9, -60))
    assert (heard.tolist(), packets.tolist()) == ([7, 9], [2, 1])


def test_a_cleared_row_is_as_new(memory):
    hear(memory, 1.0, (0, 7, -50))
    memory.clear(np.array([0]))
    assert (memory.gateway[0] == -1).all()
    assert not memory.fresh(1.0)[0].any()
