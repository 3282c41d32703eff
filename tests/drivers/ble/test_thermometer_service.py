"""A temperature as service data of the Health Thermometer, of whatever device: advertisements in, readings out.

As a Freetec PX-1737 sent it (stackoverflow.com, question 25713995).
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/1809", "470800fe", {"temperature": 21.19}),
        ("service/1809", "ffff7f00", {}),
        ("service/1809", "00", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
