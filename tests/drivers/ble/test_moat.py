"""Moat S2: advertisements in, readings out.

Of the tests of github.com/custom-components/ble_monitor.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/1000",
            "aabbccddeeff11111111d46103cbbe0a0000",
            {"temperature": 20.3, "humidity": 93.127, "battery_voltage": 2.75},
        ),
        ("manufacturer/1000", "00", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
