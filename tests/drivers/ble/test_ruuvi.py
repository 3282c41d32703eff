"""Ruuvi sensors: the test vectors of docs.ruuvi.com in, readings out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from collector.reading import Quality
from drivers.ble.ruuvi import Config, Ruuvi, claims

[RUUVI] = claims(Config())
V3 = "03291A1ECE1EFC18F94202CA0B53"
V5 = "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"
C5 = "C512FC5394C37CAC364200CDCBB8334C884F"
V6 = "06170C5668C79E007000C90501D9FFCD004C884F"
E1 = "E1170C5668C79E0065007004BD11CA00C90A0213E0ACFFFFFFDECDEE10FFFFFFFFFFCBB8334C884F"


def test_format_3(said):
    assert said(RUUVI, V3).values == {
        "temperature": 26.3,
        "humidity": 20.5,
        "air_pressure": 1027.66,
        "battery_voltage": 2.899,
    }


@pytest.mark.parametrize("raw, celsius", [("0000", 0), ("8145", -1.69), ("0145", 1.69), ("FF63", -127.99)])
def test_format_3_writes_the_sign_of_a_temperature_beside_its_size(said, raw, celsius):
    assert said(RUUVI, V3[:4] + raw + V3[8:]).values["temperature"] == celsius


def test_format_3_with_a_fraction_of_more_than_99_has_no_temperature(said):
    assert "temperature" not in said(RUUVI, V3[:4] + "1A64" + V3[8:]).values


def test_format_3_without_a_battery_voltage(said):
    assert said(RUUVI, "0300FF6300008001800180010000").values == {
        "temperature": -127.99,
        "humidity": 0,
        "air_pressure": 500,
    }


def test_format_5(said):
    assert said(RUUVI, V5).values == {
        "temperature": 24.3,
        "humidity": 53.49,
        "air_pressure": 1000.44,
        "battery_voltage": 2.977,
    }


def test_format_5_at_its_limits(said):
    assert said(RUUVI, "057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F").values == {
        "temperature": 163.835,
        "humidity": 163.835,
        "air_pressure": 1155.34,
        "battery_voltage": 3.646,
    }
    assert said(RUUVI, "058001000000008001800180010000000000CBB8334C884F").values == {
        "temperature": -163.835,
        "humidity": 0,
        "air_pressure": 500,
        "battery_voltage": 1.6,
    }


def test_format_c5_is_5_without_acceleration(said):
    """As the document lays it out; its own vectors begin with 5, which by its table they do not."""
    assert said(RUUVI, C5).values == said(RUUVI, V5).values
    assert [one.motion for one in said(RUUVI, C5, rssi_dbm=-70).sightings] == [66]


def test_format_6(said):
    assert said(RUUVI, V6).values == {
        "temperature": 29.5,
        "humidity": 55.3,
        "air_pressure": 1011.02,
        "pm25": 11.2,
        "co2": 201,
        "voc_index": 10,
        "nox_index": 2,
        "illuminance": 13026.67,
    }


@pytest.mark.parametrize("code, lux", [("00", 0), ("01", 0.04), ("10", 1.01), ("7E", 244.06), ("FE", 65535)])
def test_format_6_writes_light_as_a_logarithm(said, code, lux):
    """As the formula of the document has it; its own example of 244.06 says 0x80, which is 266.43."""
    assert said(RUUVI, V6[:26] + code + V6[28:]).values["illuminance"] == lux


def test_format_6_at_its_limits(said):
    high = said(RUUVI, "067FFF9C40FFFE27109C40FAFAFEFFFF074C884F")
    assert high.values == {
        "temperature": 163.835,
        "humidity": 100,
        "air_pressure": 1155.34,
        "pm25": 1000,
        "co2": 40000,
        "voc_index": 500,
        "nox_index": 500,
        "illuminance": 65535,
    }
    low = said(RUUVI, "0680010000000000000000000000FF00004C884F").values
    assert (low.pop("temperature"), low.pop("air_pressure")) == (-163.835, 500)
    assert set(low.values()) == {0}


def test_format_e1(said):
    assert said(RUUVI, E1).values == {
        "temperature": 29.5,
        "humidity": 55.3,
        "air_pressure": 1011.02,
        "pm1": 10.1,
        "pm25": 11.2,
        "pm10": 455.4,
        "co2": 201,
        "voc_index": 20,
        "nox_index": 4,
        "illuminance": 13027,
    }


def test_format_e1_at_its_limits(said):
    high = said(RUUVI, "E17FFF9C40FFFE27102710271027109C40FAFADC28F0FFFFFFFFFFFE3FFFFFFFFFFFCBB8334C884F").values
    assert (high["pm10"], high["voc_index"], high["illuminance"]) == (1000, 500, 144284)


@pytest.mark.parametrize(
    "unknown",
    [
        "058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF",
        "C58000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "068000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "E18000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFFFFFFFF",
    ],
)
def test_what_is_not_available_gives_no_reading(said, unknown):
    assert said(RUUVI, unknown, rssi_dbm=-70).items == []


def test_while_it_calibrates_itself_values_are_uncertain(said):
    assert set(said(RUUVI, E1[:56] + "11" + E1[58:]).qualities.values()) == {Quality.UNCERTAIN}
    assert set(said(RUUVI, E1).qualities.values()) == {Quality.GOOD}


def test_a_humidity_above_100_percent_is_a_fault_of_the_sensor(said):
    qualities = said(RUUVI, "03FF" + V3[4:]).qualities
    assert (qualities["humidity"], qualities["temperature"]) == (Quality.BAD, Quality.GOOD)


def test_the_counter_of_movements_goes_with_the_sighting(said):
    [seen] = said(RUUVI, V5, rssi_dbm=-70).sightings
    assert (seen.tag, seen.gateway, seen.rssi_dbm, seen.motion) == ("ble:CB:B8:33:4C:88:4F", "ble:hci0", -70, 66)
    assert said(RUUVI, V5).sightings == []


@pytest.mark.parametrize(
    "packet, number",
    [
        (V3, None),
        (V5, 205),
        (V5[:32] + "FFFF" + V5[36:], None),
        (C5, 205),
        (V6, 205),
        (V6[:30] + "FF004C884F", 255),
        (E1, 0xEE),
    ],
)
def test_the_number_of_the_measurement(said, packet, number):
    assert Ruuvi().sequence(said.frame(RUUVI, packet)) == number


@pytest.mark.parametrize("packet", [V3, V5, V6, C5, E1])
def test_a_packet_that_ends_too_early_is_bad(said, packet):
    raw = bytes.fromhex(packet)
    for size in range(1, len(raw)):
        with pytest.raises(BadFrame) as trouble:
            said(RUUVI, raw[:size])
        assert trouble.value.offset == size


@pytest.mark.parametrize("packet", ["", "04", "08" * 24])
def test_other_formats_say_nothing(said, packet):
    assert said(RUUVI, packet, rssi_dbm=-70).items == []


@given(st.binary(max_size=50) | st.builds(bytes.__add__, st.sampled_from([b"\3", b"\5", b"\6", b"\xe1"]), st.binary()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, said, payload):
    sound(Ruuvi(), RUUVI, payload)
    assert Ruuvi().sequence(said.frame(RUUVI, payload)) in {None, *range(65536)}


@given(st.integers(-32767, 32767), st.integers(0, 65534), st.integers(0, 65534), st.integers(0, 2046))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_format_5_as_it_was_written(said, temperature, humidity, pressure, millivolts):
    raw = bytearray.fromhex(V5)
    raw[1:7] = b"".join(value.to_bytes(2, signed=value < 0) for value in (temperature, humidity, pressure))
    raw[13:15] = (millivolts << 5 | raw[14] & 31).to_bytes(2)
    values = said(RUUVI, bytes(raw)).values
    assert round(values["temperature"] * 200) == temperature
    assert round(values["humidity"] * 400) == humidity
    assert round(values["air_pressure"] * 100) - 50_000 == pressure
    assert round(values["battery_voltage"] * 1000) - 1600 == millivolts
