"""Health thermometers: published values in, readings out."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from collector.reading import Quality
from drivers.gatt.health_thermometer import Config, HealthThermometer, claims

MEASURED, MEASURING = claims(Config())
FINGER = "06b00e00fedc070c050b321b04"
"""37.60 °C on 2012-12-05, of Nordic's Android-BLE-Common-Library."""
HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


def test_a_measurement(said):
    found = said(MEASURED, FINGER)
    assert (found.values, found.times) == ({"body_temp": 37.6}, {HEARD})
    assert found.qualities == {"body_temp": Quality.GOOD}


def test_what_is_still_being_measured_is_uncertain(said):
    assert said(MEASURING, "00b00e00fe").qualities == {"body_temp": Quality.UNCERTAIN}


def test_fahrenheit_is_given_in_celsius(said):
    assert said(MEASURED, "01da0300ff").values == {"body_temp": 37.0}  # 98.6


def test_the_time_counts_only_with_a_zone(said):
    value = "02b00e00fe" + "ea070b1807081e"  # 2026-11-24 07:08:30
    assert said(MEASURED, value, timezone="Europe/Vienna").times == {datetime(2026, 11, 24, 6, 8, 30, tzinfo=UTC)}
    assert said(MEASURED, value).times == {HEARD}


def test_a_clock_that_was_never_set_is_not_believed(said):
    assert said(MEASURED, FINGER, timezone="Europe/Vienna").times == {HEARD}


@pytest.mark.parametrize("value", ["00ffff7f00", "0000008000", "00feff7f00", "0002008000", "0001008000"])
def test_a_reserved_number_is_no_reading(said, value):
    assert said(MEASURED, value).items == []


def test_a_value_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(FINGER)
    for size in range(len(raw)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(MEASURED, raw[:size])
        assert trouble.value.offset == size


@given(st.sampled_from([MEASURED, MEASURING]), st.binary(max_size=16))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, topic, value):
    sound(HealthThermometer(Config(timezone="Europe/Vienna")), topic, value)


@given(st.integers(-10_000, 100_000), st.integers(-6, 2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_temperature_as_it_was_written(said, mantissa, exponent):
    value = b"\0" + mantissa.to_bytes(3, "little", signed=True) + exponent.to_bytes(1, signed=True)
    assert said(MEASURED, value).values == {"body_temp": float(f"{mantissa}e{exponent}")}
