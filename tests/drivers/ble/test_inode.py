"""iNode Energy Meter: advertisements in, readings out.

Of the tests of github.com/custom-components/ble_monitor (the first) and github.com/theengs/decoder; that of water is
written after the document.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/8290",
            "0400cfe40000dc05b0ed10",
            {"power": 160, "energy": 39.05, "battery": 100, "battery_low": False},
        ),
        (
            "manufacturer/8290",
            "6300f0cf0000c409820080",
            {"power": 2376, "energy": 21.2928, "battery": 70, "battery_low": False},
        ),
        (
            "manufacturer/8294",
            "6300f0cf0000c409260080",
            {"power": 2376, "energy": 21.2928, "battery": 10, "battery_low": True},
        ),
        (
            "manufacturer/8292",
            "6300f0cf0000c409160080",
            {"power": 2376, "energy": 21.2928, "battery": 100, "battery_low": False},
        ),
        (
            "manufacturer/8290",
            "dd0061b80000c4096b0080",
            {"power": 5304, "energy": 18.8804, "battery": 50, "battery_low": False},
        ),
        (
            "manufacturer/8290",
            "6300f0cf0000c449760080",
            {"water_flow": 39.6, "water_volume": 21292.8, "battery": 60, "battery_low": False},
        ),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("6300f0cf0000c40982")
    for size in range(9):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/8290", raw[:size])
        assert trouble.value.offset == size
