"""Glucose meters. Values with a source are of Nordic's Android-BLE-Common-Library; the others put it right."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame, ConfigError
from collector.reading import Quality
from drivers.dialects import dialect
from drivers.gatt.glucose import Config, claims

[MEASURED] = claims(Config())
CONTROL_POINT = claims(Config(stored_records=True, timezone="UTC"))[1]
NORDIC = "1b0100e307021b0b0a1efbff1e00120501"  # 30 kg/L, 27 February 2019, 11:10:30, 5 minutes earlier
CAPILLARY = "03 0700 ea070b18062a00 0000 7bb0 11".replace(" ", "")  # 123 mg/dL
MOLES = "06 0700 ea070b18062a00 37c0 11".replace(" ", "")  # 5.5 mmol/L
FUZZED = {"stored_records": True, "timezone": "UTC"}
HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


def status(bits):
    """A measurement with a sensor status."""
    return bytes.fromhex("0a0700ea070b18062a007bb011") + bits.to_bytes(2, "little")


def test_a_record_of_nordics(said):
    found = said(MEASURED, NORDIC, timezone="UTC")
    assert found.values == {
        "glucose": 3_000_000,
        "battery_low": True,
        "sensor_fault": False,
        "technical_alarm": "too little blood, sensor too cold",
    }
    assert found.times == {datetime(2019, 2, 27, 11, 5, 30, tzinfo=UTC)}
    assert found.qualities["glucose"] is Quality.UNCERTAIN


@pytest.mark.parametrize("value, glucose", [(CAPILLARY, 123), (MOLES, 99.086)])
def test_mass_and_moles_become_milligrams_in_a_decilitre(said, value, glucose):
    found = said(MEASURED, value, timezone="Europe/Vienna")
    assert found.values == {"glucose": glucose}
    assert found.qualities == {"glucose": Quality.GOOD}
    assert found.times == {datetime(2026, 11, 24, 5, 42, tzinfo=UTC)}


@pytest.mark.parametrize("value, zone", [(CAPILLARY, None), (status(0x0800), "Europe/Vienna")])
def test_a_record_without_a_time_is_uncertain(said, value, zone):
    found = said(MEASURED, value, timezone=zone)
    assert found.times == {HEARD}
    assert found.qualities["glucose"] is Quality.UNCERTAIN


@pytest.mark.parametrize("kind", ["1a", "41"])
def test_control_solution_is_no_blood(said, kind):
    assert said(MEASURED, CAPILLARY[:-2] + kind, timezone="UTC").qualities["glucose"] is Quality.BAD


@pytest.mark.parametrize("bit", [5, 6])
def test_what_the_meter_cannot_measure_is_no_value(said, bit):
    assert said(MEASURED, status(1 << bit), timezone="UTC").values == {
        "battery_low": False,
        "sensor_fault": False,
        "technical_alarm": "",
    }


@pytest.mark.parametrize("value", ["020700ea070b18062a00ff0711", "000700ea070b18062a00"])
def test_no_concentration_is_no_reading(said, value):
    assert said(MEASURED, value, timezone="UTC").items == []


@pytest.mark.parametrize(
    "bit, fault, alarm, quality",
    [
        (0, False, "", Quality.GOOD),
        (1, True, "sensor malfunction", Quality.UNCERTAIN),
        (3, False, "strip inserted wrongly", Quality.UNCERTAIN),
        (4, False, "wrong type of strip", Quality.UNCERTAIN),
        (7, False, "sensor too warm", Quality.UNCERTAIN),
        (9, False, "strip pulled too early", Quality.UNCERTAIN),
        (10, True, "device fault", Quality.UNCERTAIN),
    ],
)
def test_the_status_of_the_sensor(said, bit, fault, alarm, quality):
    found = said(MEASURED, status(1 << bit), timezone="UTC")
    assert (found.values["sensor_fault"], found.values["technical_alarm"]) == (fault, alarm)
    assert found.qualities["glucose"] is quality
    assert found.values["battery_low"] is (bit == 0)


def test_a_value_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(NORDIC)
    for size in range(len(raw)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(MEASURED, raw[:size])
        assert trouble.value.offset == size


@pytest.mark.parametrize("answer", ["06000101", "06000106", "06000104"])
def test_an_answer_to_the_request_is_no_reading(said, answer):
    assert said(CONTROL_POINT, answer, stored_records=True, timezone="UTC").items == []


def test_what_is_no_answer_to_it_is_bad(said):
    with pytest.raises(BadFrame, match="no answer"):
        said(CONTROL_POINT, "06000201", stored_records=True, timezone="UTC")


def test_a_meter_is_asked_only_where_the_settings_say_so_and_then_with_a_zone():
    assert dialect("gatt.glucose").claims == (MEASURED,)
    assert dialect("gatt.glucose", {"stored_records": True, "timezone": "UTC"}).claims == (MEASURED, CONTROL_POINT)
    with pytest.raises(ConfigError, match="needs a timezone"):
        dialect("gatt.glucose", {"stored_records": True})
