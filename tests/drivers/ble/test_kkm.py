"""KKM sensor beacons K6, K9, and BlueCharm BC04, BC08, BC021, which are made by KKM: advertisements in, readings out.

Of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        ("service/feaa", "21010b0c1318000021fffdfc12", {"battery_voltage": 3.091, "temperature": 24}),
        ("service/feaa", "21010b0c0df540ff95fe69fc80", {"battery_voltage": 3.085, "temperature": -10.75}),
        ("service/feaa", "21000b0bea15400004fff4fffc", {"battery_voltage": 3.05, "temperature": 21.25}),
        (
            "service/feaa",
            "2101070e5b154f2169",
            {"battery_voltage": 3.675, "temperature": 21.308594, "humidity": 33.410156},
        ),
        (
            "service/feaa",
            "21010f0e5befbb42d1ffc200000407",
            {"battery_voltage": 3.675, "temperature": -16.269531, "humidity": 66.816406},
        ),
        ("service/feaa", "20000bb8", {}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("2101070e5b154f2169")
    for size in range(1, 9):
        with pytest.raises(BadFrame) as trouble:
            said("service/feaa", raw[:size])
        assert trouble.value.offset == size
