"""Huami (Amazfit, Mi Band) wrist bands: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/0157", "0202017dffffffffffffffffffffffffff02aabbccddeeff", {"heart_rate": 125}),
        ("manufacturer/0157", "02ffffffffffffffffffffffffffffffff02aabbccddeeff", {}),
        ("manufacturer/0157", "00dcdde701d61acdc010c59c77fad0bf8e02aabbccddeeff", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
