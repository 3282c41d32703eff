"""Minew tags: the frames of the tests of reelyActive's advlib-ble-services in, readings out; two built after it."""

import pytest

from collector.errors import BadFrame
from drivers.ble.minew import Config, claims

[MINEW] = claims(Config())
CLIMATE = "a1016315803200aabbccddeeff"


@pytest.mark.parametrize(
    "frame, values",
    [
        (CLIMATE, {"battery": 99, "temperature": 21.5, "humidity": 50}),
        ("a10163f6803200aabbccddeeff", {"battery": 99, "temperature": -9.5, "humidity": 50}),
        ("a1024501aabbccddeeff", {"battery": 69}),
        ("a10364ff8000000080aabbccddeeff", {"battery": 100}),
        ("a111640001aabbccddeeff", {"battery": 100, "occupancy": True}),  # built
        ("a111640000aabbccddeeff", {"battery": 100, "occupancy": False}),  # built
        ("a118320000000001aabbccddeeff", {"battery": 50, "vibration": True}),  # built
    ],
)
def test_a_frame(said, frame, values):
    assert said(MINEW, frame).values == values


def test_a_tag_says_its_name(said):
    found = said(MINEW, "a10801aabbccddeeff504c5553")
    assert found.values == {"battery": 1}
    assert found.facts == {"maker": "Minew", "name": "PLUS"}


def test_impossible_values_are_no_readings(said):
    assert said(MINEW, "a101ff1580ff00aabbccddeeff").values == {"temperature": 21.5}


@pytest.mark.parametrize("frame", ["", "a1", "ff", "a2016315803200aabbccddeeff", "a1f06315803200"])
def test_frames_of_others_and_unknown_ones_say_nothing(said, frame):
    assert said(MINEW, frame).items == []


@pytest.mark.parametrize("size", range(2, 13))
def test_a_frame_that_ends_too_early_is_bad(said, size):
    with pytest.raises(BadFrame, match="has 13 bytes") as trouble:
        said(MINEW, bytes.fromhex(CLIMATE)[:size])
    assert trouble.value.offset == size
