"""Sensirion's gadgets: a capture of Home Assistant's tests in, readings out; the others constructed."""

import pytest

from collector.errors import BadFrame

CLAIM = "manufacturer/06d5"
MYCO2 = "000884e33e5f3347d402"


def test_temperature_humidity_co2(said):
    assert said(CLAIM, MYCO2).values == {"temperature": 20.11, "humidity": 27.81, "co2": 724}


def test_an_sht4x_has_another_scale_of_humidity(said):
    assert said(CLAIM, "00063ac23c61f969").values == {"temperature": 21.47, "humidity": 45.75}


def test_everything_that_is_in_the_air(said):
    packet = "002c0001" + "3e5f" + "3347" + "6400" + "7b00" + "0100" + "7d00"
    assert said(CLAIM, packet).values == {
        "temperature": 20.11,
        "humidity": 27.81,
        "formaldehyde": 0.02456,
        "voc_index": 123,
        "nox_index": 1,
        "pm25": 12.5,
    }
    dust = said(CLAIM, "00220001" + "0a00" + "1400" + "1e00" + "2800").values
    assert dust == {"pm1": 1, "pm25": 2, "pm10": 4}


def test_a_sample_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said(CLAIM, MYCO2[:-2])
    assert trouble.value.offset == 9


@pytest.mark.parametrize("packet", ["", "00", "0108", "00ff0000"])
def test_other_forms_say_nothing(said, packet):
    assert said(CLAIM, packet).items == []
