"""Relsib EClerk Eco: advertisements in, readings out.

Of the tests of github.com/custom-components/ble_monitor.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "service/aa20",
            "84000000b20a200a15030080f04700c2eb0b010b0300",
            {"temperature": 27.38, "humidity": 25.92, "co2": 789, "battery": 71, "mains": False},
        ),
        (
            "service/aa22",
            "210a7509430300804f4f4f2052656c73696200000000",
            {"temperature": 25.93, "humidity": 24.21, "co2": 835},
        ),
        ("service/aa20", "040000000080008000800080f04600c2eb0b010b0300", {"battery": 70, "mains": False}),
        (
            "service/aa20",
            "24080000200a750943030080f08000c2eb0b010b0300",
            {"temperature": 25.92, "humidity": 24.21, "co2": 835, "mains": True},
        ),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("84000000b20a200a15030080f047")
    for size in range(14):
        with pytest.raises(BadFrame) as trouble:
            said("service/aa20", raw[:size])
        assert trouble.value.offset == size
