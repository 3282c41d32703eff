"""SensorPush's sensors: captures of the tests of sensorpush-ble in, readings out."""

import pytest

from collector.errors import BadFrame

FIRST, LATER = "uuid/ef090000-11d6-42ba-93b8-9dd7ec090aa9", "uuid/ef090000-11d6-42ba-93b8-9dd7ec090ab0"
HTW = "049ac9a546"


def test_all_values_are_one_number(said):
    found = said("name/SensorPush HT.w 0CA1", HTW)
    assert found.values == said(LATER, HTW).values == {"temperature": 20.53, "humidity": 44.895}
    assert found.facts == {"maker": "SensorPush", "model": "HT.w"}


def test_with_air_pressure(said):
    """Captured; its values are not published, but they are those of the same room."""
    values = said("name/SensorPush HTP.xw F4D", "001ccd3d21d1b9").values
    assert values == {"temperature": 20.105, "humidity": 46.9425, "air_pressure": 1009.37}


def test_a_thermocouple(said):
    """Constructed: 3600 steps of a sixteenth above -200 °C."""
    assert said(LATER, "08" + (3600).to_bytes(3, "little").hex()).values == {"temperature": 25}


def test_the_first_model(said):
    """Constructed: 14 bits of temperature above 12 of humidity, as its sensor sends them."""
    raw = 1 << 26 | 6650 << 12 | 1835
    assert said(FIRST, raw.to_bytes(4, "little")).values == {"temperature": 24.47, "humidity": 50}


@pytest.mark.parametrize("packet", ["07 2c fe 00 01", "", "f0", "03"])
def test_other_pages_say_nothing(said, packet):
    assert said(LATER, packet).items == []


def test_a_page_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said(LATER, HTW[:8])
    assert trouble.value.offset == 4
