"""Pulse oximeters: published values in, readings out. Values with a source are of Stanford's SpeziBluetooth."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame, ConfigError
from collector.reading import Quality
from drivers.dialects import dialect
from drivers.gatt.pulse_oximeter import Config, PulseOximeter, claims

SPOT, CONTINUOUS = claims(Config())
SPOT_CHECK = "0facf3bef5e8070b1d170839204022000066e3"
HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


def status(measured=0, sensor=0):
    """A continuous measurement with both status fields."""
    return b"\x0c" + bytes.fromhex("6100 4800") + measured.to_bytes(2, "little") + sensor.to_bytes(3, "little")


@pytest.mark.parametrize("value", ["0064005a00", "00e8f384f3"])
def test_a_continuous_measurement(said, value):
    assert said(CONTINUOUS, value).values == {"spo2": 100, "pulse_rate": 90}


def test_a_continuous_measurement_with_everything(said):
    found = said(CONTINUOUS, "1fdef3caf3caf35af5d4f3b2f220010000007ae3")
    assert found.values == {
        "spo2": 99,
        "pulse_rate": 97,
        "perfusion_index": 8.9,
        "sensor_fault": False,
        "technical_alarm": "",
    }
    assert set(found.qualities.values()) == {Quality.GOOD}


def test_a_spot_check(said):
    found = said(SPOT, SPOT_CHECK)
    assert found.values == {
        "spo2": 94,
        "pulse_rate": 147,
        "perfusion_index": 8.7,
        "sensor_fault": True,
        "technical_alarm": "equipment malfunction",
    }
    assert found.qualities["spo2"] is Quality.UNCERTAIN  # it says itself that the measurement is questionable


def test_the_time_counts_only_with_a_zone_and_with_a_clock_that_is_set(said):
    assert said(SPOT, SPOT_CHECK, timezone="Europe/Vienna").times == {datetime(2024, 11, 29, 22, 8, 57, tzinfo=UTC)}
    assert said(SPOT, SPOT_CHECK).times == {HEARD}
    assert said(SPOT, "1f" + SPOT_CHECK[2:], timezone="Europe/Vienna").times == {HEARD}
    assert said(SPOT, "0161004800 0000000000" + "0000", timezone="Europe/Vienna").times == {HEARD}
    with pytest.raises(ConfigError, match="not a time zone"):
        dialect("gatt.pulse_oximeter", {"timezone": "Europe/Viena"})


@pytest.mark.parametrize("value", ["00ff074800", "0000084800", "00fe074800", "0002084800", "0001084800"])
def test_a_reserved_number_is_no_reading(said, value):
    assert said(CONTINUOUS, value).values == {"pulse_rate": 72}


@pytest.mark.parametrize("value", ["0000000000", "0065000000", "009cff0000"])
def test_what_no_blood_can_have_is_no_reading(said, value):
    assert said(CONTINUOUS, value).items == []


@pytest.mark.parametrize(
    "measured, quality",
    [
        (0x0020, Quality.GOOD),  # ongoing
        (0x0180, Quality.GOOD),  # validated, fully qualified
        (0x0040, Quality.UNCERTAIN),  # early estimate
        (0x1000, Quality.UNCERTAIN),  # calibrating
        (0x4000, Quality.UNCERTAIN),  # questionable
        (0x0200, Quality.UNCERTAIN),  # stored, nobody knows when
        (0x0400, Quality.BAD),  # demonstration
        (0x0840, Quality.BAD),  # testing
    ],
)
def test_the_status_of_the_measurement(said, measured, quality):
    qualities = said(CONTINUOUS, status(measured)).qualities
    assert qualities["spo2"] is qualities["pulse_rate"] is quality
    assert qualities["technical_alarm"] is Quality.GOOD


@pytest.mark.parametrize("measured", [0x2000, 0x8000])
def test_a_measurement_that_is_unavailable_or_invalid_has_no_values(said, measured):
    assert said(CONTINUOUS, status(measured)).values == {"sensor_fault": False, "technical_alarm": ""}


def test_a_stored_measurement_with_a_time_is_good(said):
    stored = "0361004800 ea070b180708000002"
    assert said(SPOT, stored, timezone="Europe/Vienna").qualities["spo2"] is Quality.GOOD
    assert said(SPOT, stored).qualities["spo2"] is Quality.UNCERTAIN


@pytest.mark.parametrize(
    "bit, fault, alarm, quality",
    [
        (0, False, "", Quality.GOOD),
        (1, True, "equipment malfunction", Quality.UNCERTAIN),
        (2, False, "", Quality.UNCERTAIN),
        (3, False, "sensor gives nothing usable", Quality.UNCERTAIN),
        *((bit, False, "", Quality.UNCERTAIN) for bit in range(4, 10)),
        (10, False, "interference", Quality.UNCERTAIN),
        (11, False, "sensor off", Quality.UNCERTAIN),
        (12, True, "unrecognized sensor", Quality.UNCERTAIN),
        (13, False, "sensor displaced", Quality.UNCERTAIN),
        (14, True, "defective sensor", Quality.UNCERTAIN),
        (15, True, "sensor disconnected", Quality.UNCERTAIN),
    ],
)
def test_the_status_of_device_and_sensor(said, bit, fault, alarm, quality):
    found = said(CONTINUOUS, status(sensor=1 << bit))
    assert (found.values["sensor_fault"], found.values["technical_alarm"]) == (fault, alarm)
    assert found.qualities["spo2"] is quality


@pytest.mark.parametrize("topic, value", [(SPOT, SPOT_CHECK), (CONTINUOUS, "1fdef3caf3caf35af5d4f3b2f220010000007ae3")])
def test_a_value_that_ends_too_early_is_bad(said, topic, value):
    raw = bytes.fromhex(value)
    for size in range(len(raw)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(topic, raw[:size])
        assert trouble.value.offset == size


@given(st.sampled_from([SPOT, CONTINUOUS]), st.binary(max_size=24))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, topic, value):
    sound(PulseOximeter(Config(timezone="Europe/Vienna")), topic, value)
