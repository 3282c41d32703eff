"""Polar heart rate sensors: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/006b", "3b164446", {"heart_rate": 70}),
        ("manufacturer/006b", "2f166b68", {"heart_rate": 104}),
        ("manufacturer/006b", "3b164400", {}),
        ("manufacturer/006b", "3b16", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
