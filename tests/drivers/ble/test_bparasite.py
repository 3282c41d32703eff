"""b-parasite 1.0 to 1.2: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "service/181a",
            "10c30c1c6400e6667fffaabbccddeeff",
            {"temperature": 25.6, "humidity": 90.00076, "moisture": 49.99924, "battery_voltage": 3.1},
        ),
        (
            "service/181a",
            "21c30b8608dea6666b85aabbccddeeff30d4",
            {
                "temperature": 22.7,
                "humidity": 65.00038,
                "moisture": 42.00046,
                "battery_voltage": 2.95,
                "illuminance": 12500,
            },
        ),
        ("service/181a", "a4c138d5d49801453e510b7b62", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
