"""A battery's level as service data, of whatever device: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/180f", "21", {"battery": 33}),
        ("service/180f", "64", {"battery": 100}),
        ("service/180f", "ff", {}),
        ("service/180f", "", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
