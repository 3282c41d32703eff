"""Otodata tank monitors, also as Rotarex and Neevo: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/03b1", "4f544f54454c45020010270000366e0f000000", {"tank_level": 100}),
        ("manufacturer/03b1", "4f544f54454c4502006b260000366e0f000000", {"tank_level": 98.35}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("4f544f54454c4502001027")
    for size in range(7, 11):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/03b1", raw[:size])
        assert trouble.value.offset == size


def test_its_serial_number(said):
    introduced = said("manufacturer/03b1", "4f544f3332383148845603132111010400022af20304")
    assert introduced.facts == {"maker": "Otodata", "serial": "56001608"}
