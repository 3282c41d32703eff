"""NodOn NIU buttons: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/0000", "02599c37d90287a521520006635ab801", {"battery": 99, "action": "press"}),
        ("service/0000", "02599c37d90287a52152000660259003", {"battery": 96, "action": "hold_press"}),
        ("service/0000", "02599c37d90287a521520004595eb905", {"battery": 89, "action": "triple_press"}),
        ("service/0000", "00", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
