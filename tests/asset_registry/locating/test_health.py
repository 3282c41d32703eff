import numpy as np
import pytest

from asset_registry.locating.health import Health

BUSY, QUIET, IDLE = 0, 1, 2


@pytest.fixture
def health():
    """After two minutes: one gateway hears ten packets a second, one hears one in five, one never heard anything."""
    health = Health(3)
    for second in range(1, 121):
        heard = [BUSY] if second % 5 else [BUSY, QUIET]
        health.step(np.array(heard), np.array([10.0, 1.0][: len(heard)]), float(second), 1.0)
    return health


def silence(health, seconds, start=120):
    """The seconds after which each gateway was found to be lost."""
    none = np.zeros(0, dtype=int), np.zeros(0)
    lost = {}
    for second in range(1, seconds + 1):
        for gateway in np.flatnonzero(health.step(*none, start + float(second), 1.0)):
            lost[int(gateway)] = second
    return lost


def test_the_busier_a_gateway_the_sooner_its_silence_is_noticed(health):
    lost = silence(health, 120)
    assert 8 <= lost[BUSY] <= 10
    assert 45 < lost[QUIET] < 80


def test_what_never_heard_anything_lives_while_it_speaks(health):
    assert not health.alive[IDLE]
    health.speak(IDLE, 120.0)
    silence(health, 30)
    assert health.alive[IDLE]
    silence(health, 40, start=150)
    assert not health.alive[IDLE]


def test_it_lives_again_as_soon_as_it_hears(health):
    silence(health, 60)
    health.step(np.array([BUSY]), np.array([3.0]), 181.0, 1.0)
    assert health.alive[BUSY]
