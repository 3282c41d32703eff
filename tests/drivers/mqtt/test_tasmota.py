"""Tasmota: bytes in, readings out. The payloads are those of its documentation."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BadFrame, ConfigError
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality, Reading, Sighting
from drivers.dialects import dialect
from drivers.mqtt.tasmota import ENERGY, LIGHT, SENSOR, STATE, WIFI, ZIGBEE, Config, Tasmota

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
POW = {
    "Time": "2018-02-15T17:37:10",
    "ENERGY": {
        "TotalStartTime": "2018-11-14T18:39:40",
        "Total": 6.294,
        "Yesterday": 5.34,
        "Today": 0.954,
        "Period": 217,
        "Power": 2635,
        "ApparentPower": 2650,
        "ReactivePower": 282,
        "Factor": 0.99,
        "Voltage": 227,
        "Current": 11.661,
    },
}
POW_VALUES = {
    "energy": 6.294,
    "power": 2635,
    "apparent_power": 2650,
    "reactive_power": 282,
    "power_factor": 0.99,
    "voltage": 227,
    "current": 11.661,
}
PUMP = "mqtt:tasmota/pump"


def test_energy(heard):
    assert heard("tele/pump/SENSOR", POW).by_device == {PUMP: POW_VALUES}
    assert heard("stat/pump/STATUS8", {"StatusSNS": POW}).by_device == {PUMP: POW_VALUES}
    assert heard("stat/pump/STATUS10", {"StatusSNS": POW}).by_device == {PUMP: POW_VALUES}


@pytest.mark.parametrize(
    "sensor, values, expected",
    [
        ("AM2301", {"Temperature": 21.5, "Humidity": 45.1}, {"temperature": 21.5, "humidity": 45.1}),
        (
            "BME280",
            {"Temperature": 23.3, "Humidity": 42, "DewPoint": 9.8, "Pressure": 1010.2},
            {"temperature": 23.3, "humidity": 42, "dew_point": 9.8, "air_pressure": 1010.2},
        ),
        ("DS18B20", {"Id": "030597946B04", "Temperature": 20.9}, {"temperature": 20.9}),
        ("SCD40", {"CarbonDioxide": 746, "eCO2": 712, "Temperature": 22}, {"co2": 746, "temperature": 22}),
        ("PMS5003", {"PM1": 1, "PM2.5": 2, "PM10": 3, "PB0.3": 99}, {"pm1": 1, "pm25": 2, "pm10": 3}),
        ("ANALOG", {"Illuminance": 8}, {"illuminance": 8}),
        ("MLX90614", {"OBJTMP": 23.8, "AMBTMP": 22.7}, {"temperature": 22.7}),
        ("ESP32", {"Temperature": 36.1}, {"device_temperature": 36.1}),
        ("TIC", {"ADCO": "021528603314", "IINST": 1, "PAPP": 170}, {"apparent_power": 170}),
        ("ANALOG", {"A0": 1024}, {}),
        ("APDS9960", {"Red": 282, "Ambient": 169, "CCT": 4217}, {}),
        ("BME280", {"Temperature": None, "Humidity": "nan"}, {}),
    ],
)
def test_each_sensor(heard, sensor, values, expected):
    said = heard("tele/room/SENSOR", {"Time": "2019-10-31T18:55:09", sensor: values, "TempUnit": "C"})
    assert said.values == expected
    assert said.devices <= {"mqtt:tasmota/room"}


def test_every_field_is_a_known_metric():
    tables = (SENSOR, ENERGY, STATE, WIFI, LIGHT, ZIGBEE)
    assert {field.metric for table in tables for field in table.values()} <= set(METRICS)


def test_units_as_the_device_was_told(heard):
    payload = {
        "BME280": {"Temperature": 70.7, "DewPoint": 50, "Pressure": 29.92},
        "TempUnit": "F",
        "PressureUnit": "inHg",
    }
    assert heard("tele/room/SENSOR", payload).values == {
        "temperature": 21.5,
        "dew_point": 10,
        "air_pressure": pytest.approx(1013.2, abs=0.05),
    }
    payload = {"BMP280": {"Pressure": 760}, "PressureUnit": "mmHg"}
    assert heard("tele/room/SENSOR", payload).values == {"air_pressure": pytest.approx(1013.25, abs=0.01)}


def test_several_sensors_of_one_metric_are_told_apart(heard):
    payload = {
        "DS18B20-1": {"Temperature": 4.1},
        "DS18B20-2": {"Temperature": 5.2},
        "SI7021": {"Temperature": 21.5, "Humidity": 40},
        "ESP32": {"Temperature": 50},
    }
    assert heard("tele/fridge/SENSOR", payload).by_device == {
        "mqtt:tasmota/fridge/DS18B20-1": {"temperature": 4.1},
        "mqtt:tasmota/fridge/DS18B20-2": {"temperature": 5.2},
        "mqtt:tasmota/fridge": {"temperature": 21.5, "humidity": 40, "device_temperature": 50},
    }
    payload = {"AM2301": {"Temperature": 1}, "SI7021": {"Temperature": 2}, "BH1750": {"Illuminance": 3}}
    assert heard("tele/room/SENSOR", payload).by_device == {
        "mqtt:tasmota/room/AM2301": {"temperature": 1},
        "mqtt:tasmota/room/SI7021": {"temperature": 2},
        "mqtt:tasmota/room": {"illuminance": 3},
    }


def test_phases(heard):
    payload = {"ENERGY": {"Total": 10.5, "Power": [100, 200], "Voltage": 230, "Current": [0.5, 0.9]}}
    assert heard("tele/pump/SENSOR", payload).by_device == {
        PUMP: {"energy": 10.5, "voltage": 230},
        f"{PUMP}/ENERGY-1": {"power": 100, "current": 0.5},
        f"{PUMP}/ENERGY-2": {"power": 200, "current": 0.9},
    }


def test_state(heard):
    payload = {
        "Time": "2020-05-26T23:09:23",
        "Uptime": "0T18:36:12",
        "UptimeSec": 66972,
        "Vcc": 3.423,
        "POWER": "OFF",
        "Wifi": {"AP": 1, "SSId": "x", "RSSI": 44, "Signal": -78},
    }
    values = {"uptime": 66972, "link_quality": 44, "signal": -78, "switch_on": False}
    assert heard("tele/pump/STATE", payload).by_device == {PUMP: values}
    assert heard("stat/pump/STATUS11", {"StatusSTS": payload}).by_device == {PUMP: values}


def test_relays(heard):
    assert heard("stat/pump/RESULT", {"POWER": "ON"}).by_device == {PUMP: {"switch_on": True}}
    assert heard("stat/strip/RESULT", {"POWER1": "OFF", "POWER2": "ON"}).by_device == {
        "mqtt:tasmota/strip": {"switch_on": False},
        "mqtt:tasmota/strip/POWER2": {"switch_on": True},
    }


def test_the_plain_copy_of_a_relays_state_is_not_counted_twice(heard):
    with pytest.raises(BadFrame):
        heard("stat/pump/RESULT", "ON")
    assert heard("stat/pump/POWER", "ON").items == []
    assert heard("stat/pump/POWER", '{"POWER":"ON"}').values == {"switch_on": True}  # SetOption4


def test_a_light(heard):
    said = heard("tele/lamp/STATE", {"POWER": "ON", "Dimmer": 10, "CT": 400, "HSBColor": "0,0,10"})
    assert said.values == {"light_on": True, "brightness": 10, "color_temperature": 2500}


def test_a_button(heard):
    assert heard("stat/call/RESULT", {"Button1": {"Action": "DOUBLE"}}).values == {"action": "double"}
    assert heard("stat/call/RESULT", {"Button3": {"Action": "HOLD"}}).devices == {"mqtt:tasmota/call/Button3"}


@pytest.mark.parametrize("payload, available", [("Online", True), ("Offline", False)])
def test_the_last_will(heard, payload, available):
    assert heard("tele/pump/LWT", payload).by_device == {PUMP: {"available": available}}


@pytest.mark.parametrize(
    "payload",
    [
        {"Event": "Done"},
        {"SetOption3": "ON"},
        {"IrReceived": {"Protocol": "NEC", "Bits": 32, "IRHVAC": {"Power": "on", "Temp": 22}}},
        {"Ping": {"192.168.1.203": {"Reachable": True, "MinTime": 59}}},
        {"Time": "2018-08-19T16:04:50", "MCP230XX_INT": {"D0": 1, "MS": 301}},
        {"ZbState": {"Status": 20}},
    ],
)
def test_answers_to_commands_give_nothing(heard, payload):
    assert heard("stat/pump/RESULT", payload).items == []


def test_a_beacon_heard(heard):
    beacon = {"MAC": "A4C1387FC1E1", "RSSI": -56, "STATE": "ON"}
    assert heard("tele/hall/SENSOR", {"IBEACON": beacon}).items == [
        Sighting("ble:A4:C1:38:7F:C1:E1", "mqtt:tasmota/hall", -56, HEARD)
    ]
    assert heard("tele/hall/SENSOR", {"IBEACON": beacon | {"STATE": "OFF"}}).items == []
    assert heard("tele/hall/SENSOR", {"IBEACON": beacon}, retained=True).items == []


def test_devices_behind_a_zigbee_bridge(heard):
    info = {
        "0xECD0": {"Name": "Bulb", "Power": 1, "Dimmer": 127, "CT": 400, "LastSeenEpoch": 1658349178, "LinkQuality": 79}
    }
    said = heard("tele/bridge/SENSOR", {"ZbInfo": info})
    assert said.by_device == {
        "mqtt:tasmota/bridge/Bulb": {"light_on": True, "brightness": 50, "color_temperature": 2500, "link_quality": 79}
    }
    assert said.times == {datetime(2022, 7, 20, 20, 32, 58, tzinfo=UTC)}
    plug = {"ZbReceived": {"0x4773": {"Power": True, "LinkQuality": 52}}}
    assert heard("tele/bridge/SENSOR", plug).values == {"switch_on": True, "link_quality": 52}
    remote = {"ZbReceived": {"IKEA_remote": {"0006!01": "", "Power": 1, "LinkQuality": 75}}}
    assert heard("tele/bridge/SENSOR", remote).values == {"link_quality": 75}  # a command is not a state


def test_who_a_device_behind_a_zigbee_bridge_is(heard):
    info = {"Device": "0xECD0", "Name": "IKEA_Bulb", "IEEEAddr": "0x90FD9FFFFE03B051", "Manufacturer": "IKEA of Sweden"}
    (said,) = heard("tele/xxx/SENSOR", {"ZbInfo": {"0xECD0": info | {"ModelId": "TRADFRI bulb E27"}}}).items
    facts = {"name": "IKEA_Bulb", "maker": "IKEA of Sweden", "model": "TRADFRI bulb E27", "address": info["IEEEAddr"]}
    assert said == Announcement("mqtt:tasmota/xxx/IKEA_Bulb", facts, HEARD)


def test_who_the_device_is(heard):
    first = {"Module": "Sonoff Pow", "Version": "8.3.1(tasmota)", "FallbackTopic": "cmnd/DVES_fb/"}
    second = {"WebServerMode": "Admin", "Hostname": "pump-0230", "IPAddress": "192.168.1.77"}
    for one, two in ((first, second), ({"Info1": first}, {"Info2": second})):
        assert heard("tele/pump/INFO1", one).items == [
            Announcement(PUMP, {"model": "Sonoff Pow", "firmware": "8.3.1(tasmota)"}, HEARD)
        ]
        assert heard("tele/pump/INFO2", two).items == [
            Announcement(PUMP, {"name": "pump-0230", "address": "192.168.1.77"}, HEARD)
        ]
    assert heard("tele/pump/INFO3", {"RestartReason": "Deep-Sleep Wake"}).items == []
    firmware = {"StatusFWR": {"Version": "12.1.0"}}
    assert heard("stat/pump/STATUS2", firmware).items == [Announcement(PUMP, {"firmware": "12.1.0"}, HEARD)]


def test_discovery(heard):
    payload = {"ip": "10.0.0.5", "dn": "Pump plug", "md": "Gosund", "sw": "12.1.0", "t": "pump", "mac": "A0B1C2D3E4F5"}
    facts = {"name": "Pump plug", "model": "Gosund", "firmware": "12.1.0", "address": "10.0.0.5"}
    assert heard("tasmota/discovery/A0B1C2D3E4F5/config", payload).items == [Announcement(PUMP, facts, HEARD)]


def test_time_without_a_zone_needs_one(heard):
    payload = {"Time": "2024-07-01T12:00:00", "AM2301": {"Temperature": 21.5}}
    assert heard("tele/room/SENSOR", payload, retained=True).readings[0].quality is Quality.UNCERTAIN
    assert heard("tele/room/SENSOR", payload).times == {HEARD}
    vienna = heard("tele/room/SENSOR", payload, timezone="Europe/Vienna", retained=True)
    assert vienna.times == {datetime(2024, 7, 1, 10, tzinfo=UTC)}
    assert vienna.readings[0].quality is Quality.GOOD


@pytest.mark.parametrize(
    "time, at",
    [
        ({"Time": "2024-07-01T12:00:00+02:00"}, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ({"Time": "2024-07-01T12:00:00", "Epoch": 1719828000}, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ({"Time": "1970-01-01T00:00:14+00:00"}, HEARD),
    ],
)
def test_time_with_a_zone(heard, time, at):
    assert heard("tele/room/SENSOR", time | {"AM2301": {"Temperature": 21.5}}).times == {at}


@pytest.mark.parametrize(
    "full_topic, topic, device",
    [
        ("%prefix%/%topic%/", "tele/ward 3/bed 4/SENSOR", "mqtt:tasmota/ward 3/bed 4"),
        ("%prefix%/%topic%/", "tele/SENSOR", "mqtt:tasmota"),
        ("%topic%/%prefix%", "room/tele/SENSOR", "mqtt:tasmota/room"),
        ("site/%topic%/%prefix%/", "site/room/tele/SENSOR", "mqtt:tasmota/room"),
        ("%prefix%/site/cellar/%topic%/", "tele/site/cellar/room/SENSOR", "mqtt:tasmota/room"),
        ("%prefix%/%id%/%topic%/", "tele/5C/room/SENSOR", "mqtt:tasmota/room"),
    ],
)
def test_the_full_topic(heard, full_topic, topic, device):
    assert heard.claimed(topic, full_topic=full_topic)
    assert heard(topic, {"X": {"Temperature": 1}}, full_topic=full_topic).devices == {device}


def test_topics_of_another_order_are_not_ours():
    decoder = Tasmota(Config(full_topic="%prefix%/site/%topic%/"))
    assert decoder.decode(Frame("test", "tele/other/room/SENSOR", b"{}", HEARD)) == ()
    assert decoder.decode(Frame("test", "cmnd/site/room/SENSOR", b"{}", HEARD)) == ()


@pytest.mark.parametrize(
    "settings",
    [{"full_topic": "%topic%/"}, {"full_topic": "%prefix%/#/"}, {"timezone": "Mars/Olympus"}, {"zone": "UTC"}],
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="tasmota"):
        dialect("mqtt.tasmota", settings)


def test_fields_that_only_this_site_has(heard):
    mapping = {
        "Switch1": {"metric": "door_open"},
        "DS18B20.Temperature": {"metric": "probe_temperature"},
        "MLX90614.OBJTMP": {"metric": "supply_temperature"},
        "STATE.Vcc": {"metric": "battery_voltage"},
    }
    payload = {"Switch1": "ON", "DS18B20": {"Temperature": 4.2}, "MLX90614": {"OBJTMP": 16}}
    said = heard("tele/fridge/SENSOR", payload, mapping=mapping)
    assert said.values == {"door_open": True, "probe_temperature": 4.2, "supply_temperature": 16}
    assert heard("tele/fridge/STATE", {"Vcc": 3.4}, mapping=mapping).values == {"battery_voltage": 3.4}


LEAVES = ["SENSOR", "STATE", "RESULT", "LWT", "INFO1", "STATUS2", "STATUS8", "STATUS11", "POWER"]


@given(st.sampled_from(LEAVES), st.binary(max_size=200))
def test_any_bytes_are_readings_or_a_bad_frame(trouble_at, leaf, payload):
    assert 0 <= trouble_at(Tasmota(Config()), Frame("test", f"tele/a/{leaf}", payload, HEARD)) <= len(payload)


WORDS = """ENERGY ZbReceived ZbInfo StatusSNS StatusSTS POWER POWER2 Wifi Info1 Button1 Action MAC RSSI STATE
    TempUnit PressureUnit Time Epoch DS18B20-1"""
KEYS = st.sampled_from([*SENSOR, *ENERGY, *ZIGBEE, *WORDS.split()])
LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANYTHING = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=30
)


@given(st.sampled_from(LEAVES), st.dictionaries(KEYS, ANYTHING))
def test_any_json_is_readings_of_the_metrics_kind(leaf, said):
    if leaf == "LWT":
        return
    for one in Tasmota(Config()).decode(Frame("test", f"stat/a/{leaf}", json.dumps(said).encode(), HEARD)):
        if isinstance(one, Reading):
            assert type(one.value) is METRICS[one.metric].kind
