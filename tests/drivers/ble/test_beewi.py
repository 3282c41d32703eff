"""BeeWi (Otio) door and window sensor: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/000d", "080c000664", {"door_open": False, "battery": 100}),
        ("manufacturer/000d", "080c010664", {"door_open": True, "battery": 100}),
        ("manufacturer/000d", "0600ff", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("080c000664")
    for size in range(2, 5):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/000d", raw[:size])
        assert trouble.value.offset == size
