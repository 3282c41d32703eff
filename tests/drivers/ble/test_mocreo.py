"""MOCREO sensors: advertisements in, readings out.

Of the tests of github.com/custom-components/ble_monitor.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("name/MOCREO", "0181290154b0920900000000006162000000", {"temperature": 24.5, "battery": 84}),
        (
            "name/MOCREO",
            "4183dd0262b0200af31400000150bf000000",
            {"temperature": 25.92, "humidity": 53.63, "battery": 98},
        ),
        ("name/MOCREO", "0187890181b092f70000000000da73000000", {"temperature": -21.58, "battery": 1}),
        (
            "name/MOCREO",
            "018d7b00e4b0370a6212000000002e000000",
            {"temperature": 26.15, "humidity": 47.06, "battery": 100},
        ),
        ("name/MOCREO", "01821580e4000000000000000086f6000000", {"leak": False, "battery": 100}),
        ("name/MOCREO", "01001580e4000000000000000086f6000000", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0181290154b09209000000")
    for size in range(11):
        with pytest.raises(BadFrame) as trouble:
            said("name/MOCREO", raw[:size])
        assert trouble.value.offset == size
