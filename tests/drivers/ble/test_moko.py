"""MokoSmart beacons: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/ff01", "64000000005085a000f0ffe003", {"battery": 100}),
        (
            "service/feab",
            "70000a011201ee0caf03def14635998a",
            {"temperature": 27.4, "humidity": 49.4, "battery_voltage": 3.247},
        ),
        ("service/feab", "60000a010007154039c0fa000bf901f40c93fe3487", {"battery_voltage": 3.065}),
        ("service/feab", "00", {}),
        ("service/ff01", "01", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("70000a011201ee0caf")
    for size in range(1, 9):
        with pytest.raises(BadFrame) as trouble:
            said("service/feab", raw[:size])
        assert trouble.value.offset == size
