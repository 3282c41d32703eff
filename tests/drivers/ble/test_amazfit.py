"""Mi Band and Amazfit: frames as the public decoder has them in, readings out."""

import pytest

FEE0 = "service/fee0"
SCALE = "ba82e6c7fc3414a442bf46ec68000462bba30100"
"""Captured (tests of https://github.com/custom-components/ble_monitor)."""


@pytest.mark.parametrize(
    "frame, values",
    [
        ("10270000", {"steps": 10000}),
        (SCALE, {"body_weight": 85.3, "body_impedance": 517.2, "heart_rate": 104}),
        (SCALE.replace("bf46ec", "000000"), {}),  # has not settled
        ("1027", {}),
    ],
)
def test_a_packet(said, frame, values):
    assert said(FEE0, frame).values == values
