"""HolyIOT beacons: advertisements in, readings out.

The first of the tests of github.com/theengs/decoder, the others written after the decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/5242", "4164aabbccddeeff0405040000", {"battery": 100, "vibration": False}),
        ("service/5242", "4164aabbccddeeff0405011742", {"battery": 100, "temperature": 23.66}),
        ("service/5242", "4164aabbccddeeff0405032d00", {"battery": 100, "humidity": 45}),
        ("service/5242", "4164aabbccddeeff0405060100", {"battery": 100, "action": "press"}),
        ("service/5242", "4164aabbccddeeff040501f542", {"battery": 100}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("4164aabbccddeeff0405040000")
    for size in range(1, 13):
        with pytest.raises(BadFrame) as trouble:
            said("service/5242", raw[:size])
        assert trouble.value.offset == size
