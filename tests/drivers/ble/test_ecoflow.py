"""EcoFlow power stations: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/b5b5", "13523631314142433158595a313233343558000100003e08", {"battery": 88}),
        ("manufacturer/b5b5", "13523333314142433158595a31323334354b000100003e08", {"battery": 75}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_which_it_is(said):
    facts = said("manufacturer/b5b5", "13523631314142433158595a313233343558000100003e08").facts
    assert facts == {"maker": "EcoFlow", "model": "RIVER 2 Max", "serial": "R611ABC1XYZ12345"}
