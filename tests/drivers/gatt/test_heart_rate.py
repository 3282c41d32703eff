"""Heart rate sensors: published values in, readings out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from collector.reading import Quality
from drivers.gatt.heart_rate import Config, HeartRate, claims

[MEASUREMENT] = claims(Config())


def test_a_rate_of_16_bits_with_contact_energy_and_intervals(said):
    """Of Nordic's Android-BLE-Common-Library."""
    assert said(MEASUREMENT, "1f0101320101000201ffff").values == {"heart_rate": 257, "technical_alarm": ""}


@pytest.mark.parametrize("captured, rate", [("1634e404", 52), ("1633ea04", 51), ("103b5304", 59)])
def test_what_chest_straps_really_send(said, captured, rate):
    """stackoverflow.com/questions/60599696 (unbranded) and 67024800 (Polar H10)."""
    assert said(MEASUREMENT, captured).values["heart_rate"] == rate


@pytest.mark.parametrize("flags", ["00", "02"])
def test_a_rate_of_8_bits_of_a_sensor_that_does_not_feel_contact(said, flags):
    found = said(MEASUREMENT, flags + "48")
    assert (found.values, found.qualities) == ({"heart_rate": 72}, {"heart_rate": Quality.GOOD})


def test_without_contact_a_rate_is_uncertain(said):
    found = said(MEASUREMENT, "0448")
    assert found.values == {"heart_rate": 72, "technical_alarm": "sensor off"}
    assert found.qualities == {"heart_rate": Quality.UNCERTAIN, "technical_alarm": Quality.GOOD}


def test_a_rate_of_0_is_none(said):
    assert said(MEASUREMENT, "0600").values == {"technical_alarm": ""}


@pytest.mark.parametrize(
    "value, offset",
    [("", 0), ("00", 1), ("0148", 2), ("084801", 3), ("1048", 2), ("104800", 3), ("170101", 3), ("1048000102", 5)],
)
def test_a_value_that_ends_too_early_is_bad(said, value, offset):
    with pytest.raises(BadFrame, match="ends inside its") as trouble:
        said(MEASUREMENT, value)
    assert trouble.value.offset == offset


@given(st.binary(max_size=24))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, value):
    sound(HeartRate(), MEASUREMENT, value)
