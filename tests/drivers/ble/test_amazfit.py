"""Mi Band and Amazfit: frames made after the public decoder in, readings out."""

import pytest

COMPANY, SERVICE = "manufacturer/0157", "service/fee0"
BAND = "020101" + "48" + "02" * 14 + "cbb8334c884f"
SCALE = "0102030405" + "3010" + "864b" + "010203" + "48" + "00" * 7


@pytest.mark.parametrize(
    "topic, frame, values",
    [
        (COMPANY, BAND, {"heart_rate": 72}),
        (COMPANY, BAND.replace("48", "ff", 1), {}),
        (COMPANY, BAND[:-2] + "50", {}),  # somebody else's address
        (COMPANY, BAND[:-2], {}),
        (SERVICE, "10270000", {"steps": 10000}),
        (SERVICE, SCALE, {"body_weight": 96.67, "body_impedance": 414.4, "heart_rate": 72}),
        (SERVICE, SCALE.replace("010203" + "48", "00000048"), {}),  # has not settled
        (SERVICE, "1027", {}),
    ],
)
def test_a_packet(said, topic, frame, values):
    assert said(topic, frame).values == values
