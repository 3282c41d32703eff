"""UNI-T UT363 BT: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/bbaa", "1005372020362e35384d2f533430800475", {"air_speed": 6.58}),
        ("manufacturer/bbaa", "1005372020312e35324d2f533430800472", {"air_speed": 1.52}),
        ("manufacturer/bbaa", "1005372020312e35324b2f483430800472", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
