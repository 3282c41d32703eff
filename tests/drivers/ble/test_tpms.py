"""Tyre pressure sensors: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/0100",
            "80eacaddeefff46503007c0c00003300",
            {"tyre_pressure": 222.708, "temperature": 31.96, "battery": 51, "technical_alarm": ""},
        ),
        (
            "manufacturer/0100",
            "82eacaddeeff11fc0300aa0600005301",
            {"tyre_pressure": 261.137, "temperature": 17.06, "battery": 83, "technical_alarm": "tyre"},
        ),
        ("name/BR", "401e1001a79692", {"tyre_pressure": 191.7241, "temperature": 16, "battery_voltage": 3}),
        ("name/BR", "281e14", {}),
        ("manufacturer/0100", "0102030405", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
