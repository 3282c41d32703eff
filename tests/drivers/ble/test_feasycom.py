"""Feasycom beacons: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/fff0", "27021992aabbccddeeff64", {"battery": 100, "mains": False}),
        ("service/fff0", "29021992aabbccddeeff65", {"mains": True}),
        ("service/fff0", "00021992aabbccddeeff65", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_which_it_is(said):
    assert said("service/fff0", "27021992aabbccddeeff64").facts == {"maker": "Feasycom", "model": "BP108"}
