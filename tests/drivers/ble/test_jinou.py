"""Jinou BEC07-5: advertisements in, readings out.

Of the tests of github.com/custom-components/ble_monitor.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("uuid/aa20", "00120700360264f881d2be0693", {"temperature": 18.7, "humidity": 54.2}),
        ("uuid/aa20", "01120700360264f881d2be0693", {"temperature": -18.7, "humidity": 54.2}),
        ("uuid/aa20", "0012", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
