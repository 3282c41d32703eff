"""Oria T201 and T301: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/aa55",
            "0105aabbccddeeff01070a0015e0630001",
            {"temperature": 25.6, "humidity": 56, "battery": 99},
        ),
        (
            "manufacturer/aa55",
            "0101a4c13874b08501070a1d10f064000100",
            {"temperature": 25.89, "humidity": 43.36, "battery": 100},
        ),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0105aabbccddeeff01070a0015e063")
    for size in range(15):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/aa55", raw[:size])
        assert trouble.value.offset == size
