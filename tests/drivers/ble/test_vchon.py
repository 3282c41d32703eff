"""VCHON VCH6003, sold as XL0801: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/0901", "00f614aabbccddeeff", {"temperature": 24.6, "humidity": 20}),
        ("manufacturer/0901", "ff7e14aabbccddeeff", {"temperature": -13, "humidity": 20}),
        ("manufacturer/0901", "00", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
