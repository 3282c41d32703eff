"""Radioland RDL52832 beacons: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/1803", "183a2f33010000020000000100000907", {"temperature": 24.2265625, "humidity": 47.19921875}),
        ("service/0318", "194c3a39000001040000000901000908", {"temperature": 25.296875, "humidity": 58.22265625}),
        ("service/1803", "02", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)
