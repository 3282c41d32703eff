"""Names and units in, metrics out; what is not certain is none."""

import pytest

from collector.metrics import METRICS
from drivers.codecs.well_known import NAMES, SURE, field, told_apart

LORAWAN = SURE | {"temperature", "battery"}


@pytest.mark.parametrize(
    "name, unit, raw, metric, value",
    [
        ("Temperature", "°C", 21.5, "temperature", 21.5),
        ("Room Temp", "degF", 68, "temperature", 20),
        ("roomTemperature", "K", 293.15, "temperature", 20),
        ("supply-air-temperature", "C", 17, "supply_temperature", 17),
        ("relative_humidity", "%RH", 40, "humidity", 40),
        ("Humidity", "", 40, "humidity", 40),
        ("CO2", "", 600, "co2", 600),
        ("Barometric Pressure", "kPa", 101.3, "air_pressure", 1013),
        ("Differential Pressure", "Pa", -8.2, "differential_pressure", -8.2),
        ("Air Flow", "CFM", 100, "air_flow", 169.90108),
        ("Supply Voltage", "", 12.1, "voltage", 12.1),
        ("Active Power", "kW", 1.5, "power", 1500),
        ("Battery", "V", 3.1, "battery_voltage", 3.1),
        ("Battery", "%", 81, "battery", 81),
        ("temp_f", "", 68, "temperature", 20),
        ("TempC_SHT", "", "25.1", "temperature", 25.1),
        ("BatV", "", 3.05, "battery_voltage", 3.05),
        ("battery_mV", "", 3050, "battery_voltage", 3.05),
        ("PM2.5", "µg/m³", 9, "pm25", 9),
        ("LeakDetected", "", 1, "leak", True),
    ],
)
def test_a_name_and_a_unit(name, unit, raw, metric, value):
    found = field(name, unit)
    assert (found.metric, found.value(raw)) == (metric, value)


@pytest.mark.parametrize(
    "name, unit",
    [
        ("Temperature", ""),  # of either kind of degrees
        ("Temperature", "%"),
        ("Temperature Setpoint", "°C"),
        ("Pressure", "kPa"),  # of the air, a gas, a pump?
        ("Power", "MW"),  # or mW: case does not survive everywhere
        ("Current A", ""),  # of the phase A
        ("Voltage C", ""),
        ("", ""),
        ("level", "%"),
    ],
)
def test_what_is_not_certain_is_none(name, unit):
    assert field(name, unit) is None


@pytest.mark.parametrize("folder", ["Setpoints", "Alarm Limits", "config", "TargetValues/max"])
def test_what_is_set_is_not_measured(folder):
    assert field("Temperature", "°C", folder.split("/")) is None
    assert field("Temperature", "°C", ["Room 4.12"]) is not None


def test_a_unit_may_be_assumed_where_all_speak_alike():
    assert field("temperature", assumed=LORAWAN).value(21.5) == 21.5


@pytest.mark.parametrize("raw, value", [(98, 98), (98.0, 98), (6, 6), (3.6, None), (3, None), (12.6, None)])
def test_a_battery_that_may_be_volts_is_none(raw, value):
    assert field("battery", assumed=LORAWAN).value(raw) == value


def test_every_metric_is_known():
    assert set(NAMES.values()) | SURE <= set(METRICS)


@pytest.mark.parametrize(
    "names, apart",
    [
        (["a/temp_c", "a/humidity"], {"a/temp_c": "", "a/humidity": ""}),
        (["a/temp_c", "b/temp_c", "temp_c"], {"a/temp_c": "a", "b/temp_c": "b", "temp_c": ""}),
        (["a/temp_c", "a/temp_f"], {"a/temp_c": ""}),  # the same in another unit
        (["a/temp_f"], {"a/temp_f": ""}),
        (["a/temp_c", "a/air_temp_c"], {"a/temp_c": "a/temp_c", "a/air_temp_c": "a/air_temp_c"}),
    ],
)
def test_several_of_one_quantity(names, apart):
    assert told_apart({name: field(name.rpartition("/")[2]) for name in names}, "/") == apart


def test_what_the_site_names_is_never_left_out():
    fields = {"temp_c": field("temp_c"), "probe_f": field("temp_f")}
    assert told_apart(fields, "/", ["probe_f"]) == {"temp_c": "temp_c", "probe_f": "probe_f"}
