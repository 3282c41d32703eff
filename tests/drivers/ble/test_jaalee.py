"""Jaalee JHT: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/004c",
            "0215ebefd08370a247c89837e7b5634df52567f857becb64",
            {"temperature": 26.07347, "humidity": 34.27481, "battery": 100},
        ),
        (
            "manufacturer/004c",
            "0215ebefd08370a247c89837e7b5634df52565823d1acc64",
            {"temperature": 24.39117, "humidity": 23.86816, "battery": 100},
        ),
        ("service/f51c", "64ffeeddccbbaa67f857be", {"temperature": 26.07347, "humidity": 34.27481, "battery": 100}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("64ffeeddccbbaa67f857be")
    for size in range(11):
        with pytest.raises(BadFrame) as trouble:
            said("service/f51c", raw[:size])
        assert trouble.value.offset == size
