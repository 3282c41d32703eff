"""Amphiro showers, such as Oras Hydractiva Digital: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/faee",
            "0000240015000015001a0029000c194f000000",
            {"water_volume": 2.6, "temperature": 41, "energy": 0.12},
        ),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0000240015000015001a0029000c")
    for size in range(14):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/faee", raw[:size])
        assert trouble.value.offset == size
