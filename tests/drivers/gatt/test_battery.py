"""The Battery Level. 15, 100, 101 and two bytes are of Nordic's Android-BLE-Common-Library."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from drivers.gatt.battery import Battery, Config, claims

[LEVEL] = claims(Config())


@pytest.mark.parametrize("level", [0, 15, 100])
def test_the_level(said, level):
    assert said(LEVEL, bytes([level])).values == {"battery": level}


def test_more_than_100_percent_is_reserved(said):
    assert said(LEVEL, "65").items == []


@pytest.mark.parametrize("value, offset", [("", 0), ("6400", 1)])
def test_no_level_and_more_than_one_are_bad(said, value, offset):
    with pytest.raises(BadFrame, match="battery level") as trouble:
        said(LEVEL, value)
    assert trouble.value.offset == offset


@given(st.binary(max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, value):
    sound(Battery(), LEVEL, value)
