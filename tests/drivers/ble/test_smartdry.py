"""SmartDry laundry sensor: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/01ae",
            "56d708420000c84252006907",
            {"temperature": 34.210289, "humidity": 100, "battery_voltage": 2.952, "vibration": True},
        ),
        (
            "manufacturer/01ae",
            "ca9dec4160fc5f424a005206",
            {"temperature": 29.577, "humidity": 55.99646, "battery_voltage": 2.929, "vibration": False},
        ),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("56d708420000c84252006907")
    for size in range(12):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/01ae", raw[:size])
        assert trouble.value.offset == size


def test_what_is_no_number_is_bad(said):
    with pytest.raises(BadFrame):
        said("manufacturer/01ae", "0000c07f0000c84252006907")
