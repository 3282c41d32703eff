"""Almendo bluSensor: advertisements in, readings out.

Of the tests of github.com/custom-components/ble_monitor.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("manufacturer/06e8", "010a0a08011800fb09e511a6030f0203", {"temperature": 25.55, "humidity": 45.81}),
        ("manufacturer/06e8", "020a0a08011800fb09e511a6030f0203", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("010a0a08011800fb09e511")
    for size in range(11):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/06e8", raw[:size])
        assert trouble.value.offset == size
