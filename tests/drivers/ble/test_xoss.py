"""XOSS X2 heart rate sensor: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/ff04", "0161063f", {"battery": 97, "heart_rate": 63}),
        ("manufacturer/ff04", "02610600", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
