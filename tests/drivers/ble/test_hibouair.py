"""HibouAir of Smart Sensor Devices: advertisements in, readings out.

Of the tests of github.com/reelyactive/advlib-ble-manufacturers.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/075b",
            "0503471a0c7f022627d300b701f1011c001f003300023a02",
            {"illuminance": 639, "air_pressure": 1002.2, "temperature": 21.1, "humidity": 43.9},
        ),
        (
            "manufacturer/075b",
            "0504471a0c7f022627d300b701f101000000000000023a02",
            {"illuminance": 639, "air_pressure": 1002.2, "temperature": 21.1, "humidity": 43.9, "co2": 570},
        ),
        ("manufacturer/075b", "04", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0504471a0c7f022627d300b701f101000000000000023a")
    for size in range(1, 23):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/075b", raw[:size])
        assert trouble.value.offset == size
