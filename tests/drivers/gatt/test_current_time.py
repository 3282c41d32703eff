"""Clocks of devices: values built after the document in, readings out. The frames are heard at 6:42:00 UTC."""

import pytest

from collector.errors import BadFrame
from drivers.gatt.current_time import Config, claims

[TIME] = claims(Config(timezone="Europe/Vienna"))
FUZZED = {"timezone": "Europe/Vienna"}
RIGHT = "ea070b18072a00 02 00 00"  # 24 November 2026, 7:42:00


@pytest.mark.parametrize(
    "value, ahead",
    [
        (RIGHT, 0),
        ("ea070b18072a00 02 80 00", 0.5),
        ("ea070b18072d00 02 00 01", 180),
        ("ea070b18062a00 02 00 00", -3600),
        ("d007010100000000 0000", -848821320),
    ],
)
def test_how_far_a_clock_is_ahead(said, value, ahead):
    assert said(TIME, value, timezone="Europe/Vienna").values == {"clock_offset": ahead}


def test_without_a_zone_or_a_day_nobody_knows(said):
    assert claims(Config()) == ()
    assert said(TIME, "00000000072a00 00 00 00", timezone="Europe/Vienna").items == []


def test_a_value_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(RIGHT)
    for size in range(len(raw)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(TIME, raw[:size], timezone="Europe/Vienna")
        assert trouble.value.offset == size
