"""Efento loggers with firmware 5: advertisements in, readings out.

Of the tests of github.com/reelyactive/advlib-ble-manufacturers (the first and the last); the others are written after
the document.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/026c",
            "0205090100002c07803c0001020645c1003d0e8000005d5d",
            {"temperature": 28.57, "humidity": 61, "battery_low": False},
        ),
        (
            "manufacturer/026c",
            "0205090000002c07803c0003040027958014000000005d5d",
            {"air_pressure": 1013.3, "differential_pressure": 20, "battery_low": True},
        ),
        ("manufacturer/026c", "0205090100002c07803c000102067fff00ff0e8000005d5d", {"battery_low": False}),
        ("manufacturer/026c", "0205090300002c07803c0001020645c1003d0e8000005d5d", {}),
        ("manufacturer/026c", "040145c102003d0327955d5d", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0205090100002c07803c0001020645c1003d0e80")
    for size in range(1, 20):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/026c", raw[:size])
        assert trouble.value.offset == size
