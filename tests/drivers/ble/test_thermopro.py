"""ThermoPro's sensors: captures of the tests of thermopro-ble and Home Assistant in, readings out."""

import pytest

from collector.errors import BadFrame


def test_a_hygrometer(said):
    found = said("name/TP357 (2142)", "c2f1001d022c")
    assert found.values == {"temperature": 24.1, "humidity": 29, "battery": 100}
    assert found.facts == {"maker": "ThermoPro", "model": "TP357"}


def test_below_zero(said):
    assert said("name/TP393", "c2f3ff1d022c").values["temperature"] == -1.3


def test_an_invalid_value_gives_no_reading(said):
    assert said("name/TP357S", "c2ffffff022c").values == {"battery": 100}


@pytest.mark.parametrize("more", ["", "a1b2c3d4e5f6"])
def test_a_probe_and_the_air_around_it(said, more):
    found = said("name/TP962R (0000)", "0137003b0b3700" + more).by_device
    assert list(found.values()) == [{"temperature": 25, "battery_voltage": 2.875}, {"temperature": 25}]
    assert [device[-2:] for device in found] == ["/3", "/4"]


def test_a_hygrometer_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said("name/TP357", "c2f1001d02")
    assert trouble.value.offset == 5
    assert said("name/TP962R", "01").items == []
