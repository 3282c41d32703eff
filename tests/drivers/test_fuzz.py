"""No bytes break a decoder or hang it: some hundred frames each in the normal run, an hour a family in the long."""

import random

import pytest

from drivers.dialects import kinds
from tests.drivers.fuzz import FAMILIES, Broken, Target, fuzz

_FRAMES = 200
_LONG_S = 3600.0


@pytest.mark.parametrize("kind", [kind for family in FAMILIES for kind in kinds(family)])
def test_whatever_comes_is_sound_or_a_bad_frame(kind):
    target, chance = Target(kind), random.Random(kind)
    for _ in range(_FRAMES):
        target.check(chance)


@pytest.mark.long
@pytest.mark.timeout(_LONG_S + 120)
@pytest.mark.parametrize("family", FAMILIES)
def test_an_hour_of_it(family):
    seed = random.SystemRandom().randrange(1 << 32)
    try:
        assert fuzz(family, _LONG_S, seed) > 0
    except Broken as found:
        pytest.fail(f"seed {seed}: {found}")
