"""Battery monitors BM2 and BM6: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/004c", "0215655f83caae16a10a702e31f30d58dd82f644000064", {"battery": 100}),
        ("manufacturer/004c", "0215655f83caae16a10a702e31f30d58dd82f441423144", {"battery": 68}),
        ("manufacturer/004c", "02153ba29cd9a42c894856badaf2606ef777114d0000cd", {"battery": 77}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0215655f83caae16a10a702e31f30d58dd82f644000064")
    for size in range(18, 23):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/004c", raw[:size])
        assert trouble.value.offset == size
