"""Oras faucets: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/0131", "006400323131313030373933350020202020", {"battery": 100}),
        ("manufacturer/0131", "004800546865656e67734142430020202020", {"battery": 72}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_its_serial_number(said):
    assert said("manufacturer/0131", "006400323131313030373933350020202020").facts == {
        "maker": "Oras",
        "serial": "2111007935",
    }
