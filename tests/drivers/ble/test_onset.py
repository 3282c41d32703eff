"""Onset HOBO MX2001: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/00c5", "0740d54f01062402000008005231029e8708cb3d", {"water_level": 9.9137}),
        ("manufacturer/00c5", "0744d54f01062402000008001250028af4b20abe", {"water_level": -13.5448}),
        ("manufacturer/00c5", "0744d54f0106", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
