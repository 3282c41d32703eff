"""April Brother ABTemp and ABSensor N03: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/004c", "0215b5b182c7eab14988aa99b5c1517008d90001641ac5", {"battery": 100, "temperature": 26}),
        (
            "service/feaa",
            "ab03aabbccddeeff64ebff7f005e01",
            {"battery": 100, "temperature": -2.625, "humidity": 63.5, "illuminance": 350},
        ),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet, called="ABTemp").values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("ab03aabbccddeeff64ebff7f005e01")
    for size in range(2, 15):
        with pytest.raises(BadFrame) as trouble:
            said("service/feaa", raw[:size])
        assert trouble.value.offset == size


def test_a_beacon_of_the_maker_is_no_thermometer(said):
    assert said("manufacturer/004c", "0215b5b182c7eab14988aa99b5c1517008d9000100ffc5").values == {}
