"""Tilt and Tilt Pro: advertisements in, readings out.

The first of the tests of github.com/theengs/decoder; that of a Pro is written after the document.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/004c", "0215a495bb10c5b14b44b5121370f02d74de004403f8c5", {"temperature": 20}),
        ("manufacturer/004c", "0215a495bb30c5b14b44b5121370f02d74de02a827b0c5", {"temperature": 20}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0215a495bb10c5b14b44b5121370f02d74de004403f8c5")
    for size in range(18, 22):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/004c", raw[:size])
        assert trouble.value.offset == size
