"""The Battery Level."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from drivers.gatt.battery import Battery, Config, claims

[LEVEL] = claims(Config())


@pytest.mark.parametrize("level", [0, 97, 100])
def test_the_level(said, level):
    assert said(LEVEL, bytes([level])).values == {"battery": level}


def test_more_than_100_percent_is_reserved(said):
    assert said(LEVEL, "65").items == []


def test_no_level_is_bad(said):
    with pytest.raises(BadFrame, match="battery level"):
        said(LEVEL, "")


@given(st.binary(max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, value):
    sound(Battery(), LEVEL, value)
