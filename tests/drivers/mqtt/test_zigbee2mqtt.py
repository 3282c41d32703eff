"""Zigbee2MQTT: bytes in, readings out. The payloads are those of its documentation and device pages."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality, Reading
from drivers.mqtt.zigbee2mqtt import FIELDS, Config, Zigbee2Mqtt

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
DEVICES = [
    {
        "ieee_address": "0x00158d00018255df",
        "type": "Router",
        "friendly_name": "ward 3/plug",
        "endpoints": {
            "1": {
                "configured_reportings": [
                    {"cluster": "genOnOff", "attribute": "onOff", "maximum_report_interval": 3600},
                    {"cluster": "haElectricalMeasurement", "maximum_report_interval": 300},
                ]
            }
        },
        "definition": {"model": "ZNCZ02LM", "vendor": "Xiaomi", "description": "Mi power plug ZigBee"},
        "software_build_id": "1.3.009",
        "model_id": "lumi.plug",
    },
    {"ieee_address": "0x2", "type": "EndDevice", "friendly_name": "my_sensor", "definition": None, "endpoints": {}},
    {"ieee_address": "0x3", "type": "Coordinator", "friendly_name": "Coordinator", "definition": None},
    {"ieee_address": "0x4", "type": "EndDevice", "friendly_name": "off", "disabled": True},
]


def test_a_room_sensor(heard):
    said = heard(
        "zigbee2mqtt/OR-2/air",
        {"temperature": 27.34, "humidity": 44.72, "pressure": 1013.2, "co2": 640, "pm25": 3, "voc": 120},
    )
    assert said.values == {
        "temperature": 27.34,
        "humidity": 44.72,
        "air_pressure": 1013.2,
        "co2": 640,
        "pm25": 3,
        "voc": 120,
    }
    assert said.devices == {"mqtt:zigbee2mqtt/OR-2/air"}
    assert said.times == {HEARD}


@pytest.mark.parametrize(
    "payload, metric, value",
    [
        ({"occupancy": True}, "occupancy", True),
        ({"presence": False}, "occupancy", False),
        ({"contact": True}, "door_open", False),
        ({"contact": False}, "door_open", True),
        ({"water_leak": True}, "leak", True),
        ({"smoke": False}, "smoke", False),
        ({"carbon_monoxide": True}, "carbon_monoxide", True),
        ({"gas": False}, "gas_detected", False),
        ({"soil_moisture": 31}, "moisture", 31),
        ({"tamper": True}, "tamper", True),
        ({"vibration": True}, "vibration", True),
        ({"battery_low": True}, "battery_low", True),
        ({"action": "single"}, "action", "single"),
        ({"lock_state": "not_fully_locked"}, "locked", False),
        ({"running_state": "heat"}, "running", True),
        ({"running_state": "idle"}, "running", False),
        ({"local_temperature": 21.5}, "temperature", 21.5),
        ({"occupied_heating_setpoint": 22}, "setpoint_temperature", 22),
        ({"pi_heating_demand": 40}, "valve_position", 40),
        ({"linkquality": 99}, "link_quality", 99),
        ({"battery": "100.00"}, "battery", 100),
        ({"ac_frequency": 50.1}, "frequency", 50.1),
        ({"power_apparent": 12}, "apparent_power", 12),
        ({"state": "LOCK"}, "locked", True),
    ],
)
def test_each_field_is_its_metric(heard, payload, metric, value):
    assert heard("zigbee2mqtt/a", payload).values == {metric: value}


def test_every_field_is_a_known_metric():
    assert {field.metric for field in FIELDS.values()} <= set(METRICS)


def test_a_light_is_a_light_and_a_plug_a_switch(heard):
    light = heard("zigbee2mqtt/ward3/bed_light", {"state": "ON", "brightness": 127, "color_temp": 250})
    assert light.values == {"light_on": True, "brightness": 50, "color_temperature": 4000}
    plug = heard("zigbee2mqtt/plug", {"state": "OFF", "power": 41.5, "voltage": 231, "current": 0.18, "energy": 12.04})
    assert plug.values == {"switch_on": False, "power": 41.5, "voltage": 231, "current": 0.18, "energy": 12.04}


@pytest.mark.parametrize(
    "payload, expected",
    [
        ({"voltage": 3045}, {"battery_voltage": 3.045}),
        ({"voltage": 2900, "battery": 80}, {"battery": 80, "battery_voltage": 2.9}),
        ({"voltage": 900, "battery": 1}, {"battery": 1, "battery_voltage": 0.9}),
        ({"voltage": 3, "battery": 80}, {"battery": 80, "battery_voltage": 3}),
        ({"voltage": 231.4, "power": 5}, {"power": 5, "voltage": 231.4}),
        ({"voltage": None}, {}),
    ],
)
def test_voltage_is_of_the_battery_or_of_the_mains(heard, payload, expected):
    assert heard("zigbee2mqtt/a", payload).values == expected


def test_a_device_with_several_switches(heard):
    said = heard("zigbee2mqtt/wall", {"state_left": "ON", "state_right": "OFF", "power_left": 12, "linkquality": 90})
    assert said.by_device == {
        "mqtt:zigbee2mqtt/wall": {"link_quality": 90},
        "mqtt:zigbee2mqtt/wall/left": {"switch_on": True, "power": 12},
        "mqtt:zigbee2mqtt/wall/right": {"switch_on": False},
    }


def test_one_quantity_in_two_units_is_one_reading(heard):
    assert heard("zigbee2mqtt/a", {"illuminance": 27000, "illuminance_lux": 501}).values == {"illuminance": 501}
    assert heard("zigbee2mqtt/a", {"illuminance": 501}).values == {"illuminance": 501}


def test_what_is_missing_invalid_or_unknown_gives_nothing(heard):
    payload = {
        "temperature": None,
        "humidity": "unknown",
        "co2": True,
        "update": {"state": "idle"},
        "x": [1],
        "pm25": "",
    }
    assert heard("zigbee2mqtt/a", payload).items == []
    assert heard("zigbee2mqtt/a", {}).items == []
    assert heard("zigbee2mqtt/a", "").items == []  # how a retained message is deleted


@pytest.mark.parametrize("last_seen", ["2024-03-05T06:07:08.123Z", "2024-03-05T08:07:08.123+02:00", 1709618828123])
def test_last_seen_is_the_time_of_the_device(heard, last_seen):
    said = heard("zigbee2mqtt/a", {"temperature": 4.5, "last_seen": last_seen}, retained=True)
    assert said.times == {datetime(2024, 3, 5, 6, 7, 8, 123000, tzinfo=UTC)}
    assert said.readings[0].quality is Quality.GOOD


@pytest.mark.parametrize("last_seen", [None, "yesterday", "2024-03-05T06:07:08", 0, 1e300, True])
def test_a_time_that_says_nothing_is_no_time(heard, last_seen):
    assert heard("zigbee2mqtt/a", {"temperature": 4.5, "last_seen": last_seen}).times == {HEARD}


def test_a_retained_message_without_time_is_state_not_news(heard):
    assert heard("zigbee2mqtt/a", {"temperature": 4.5}, retained=True).readings[0].quality is Quality.UNCERTAIN


@pytest.mark.parametrize("name", ["ward 3/bed 4/air", "Über/größe", "0x00158d00018255df", "bridgehead", "set aside"])
def test_names_hold_slashes_spaces_and_letters(heard, name):
    assert heard(f"zigbee2mqtt/{name}", {"co2": 1}).devices == {f"mqtt:zigbee2mqtt/{name}"}


@pytest.mark.parametrize(
    "payload, available",
    [('{"state":"online"}', True), ('{"state":"offline"}', False), ("online", True), ("offline", False)],
)
def test_availability_in_both_versions(heard, payload, available):
    said = heard("zigbee2mqtt/ward 3/air/availability", payload)
    assert said.by_device == {"mqtt:zigbee2mqtt/ward 3/air": {"available": available}}
    assert heard("zigbee2mqtt/bridge/state", payload).by_device == {"mqtt:zigbee2mqtt/bridge": {"available": available}}


@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt/a/set",
        "zigbee2mqtt/a/set/state",
        "zigbee2mqtt/ward/a/get",
        "zigbee2mqtt/a/get/temperature",
        "zigbee2mqtt/bridge/logging",
        "zigbee2mqtt/bridge/event",
        "zigbee2mqtt/bridge/groups",
        "zigbee2mqtt/bridge/request/permit_join",
        "zigbee2mqtt/bridge/response/device/rename",
    ],
)
def test_commands_and_the_bridges_own_talk_give_nothing(heard, topic):
    assert heard(topic, {"temperature": 1, "state": "ON"}).items == []


def test_attributes_as_topics(heard):
    assert heard("zigbee2mqtt/ward 3/air/temperature", "21.5").by_device == {
        "mqtt:zigbee2mqtt/ward 3/air": {"temperature": 21.5}
    }
    assert heard("zigbee2mqtt/plug/state", "ON").by_device == {"mqtt:zigbee2mqtt/plug": {"switch_on": True}}


def test_the_list_of_devices_announces_them(heard):
    first, second = heard("zigbee2mqtt/bridge/devices", DEVICES, retained=True).items
    assert first == Announcement(
        "mqtt:zigbee2mqtt/ward 3/plug",
        {
            "name": "ward 3/plug",
            "maker": "Xiaomi",
            "model": "ZNCZ02LM",
            "firmware": "1.3.009",
            "kind": "Mi power plug ZigBee",
            "address": "0x00158d00018255df",
            "interval_s": "300",
        },
        HEARD,
    )
    assert second.facts == {"name": "my_sensor", "address": "0x2"}


def test_the_bridge_announces_itself(heard):
    payload = {"version": "2.1.0", "coordinator": {"ieee_address": "0x12345678", "type": "zStack30x"}, "config": {}}
    (said,) = heard("zigbee2mqtt/bridge/info", payload).items
    assert said.device == "mqtt:zigbee2mqtt/bridge"
    assert said.facts["firmware"] == "2.1.0"


def test_another_base_topic(heard):
    payload = {"battery": "100.00", "voltage": 3045, "linkquality": 99, "water_leak": False}
    said = heard("site/zigbee/czujnik", payload, base_topic="site/zigbee")
    assert said.by_device == {
        "mqtt:site/zigbee/czujnik": {"battery": 100, "battery_voltage": 3.045, "link_quality": 99, "leak": False}
    }
    assert not heard.claimed("zigbee2mqtt/a", base_topic="site/zigbee")


@pytest.mark.parametrize("base", ["", "a/#", "+", "a/"])
def test_a_base_topic_that_cannot_be_one(base):
    with pytest.raises(ValidationError):
        Config(base_topic=base)


def test_fields_that_only_this_site_has(heard):
    mapping = {
        "pressure_diff": {"metric": "differential_pressure", "scale": 0.1},
        "filter_ok": {"metric": "sensor_fault", "inverted": True},
        "temperature": {"metric": "probe_temperature"},
    }
    said = heard("zigbee2mqtt/a", {"pressure_diff": -25, "filter_ok": True, "temperature": 4}, mapping=mapping)
    assert said.values == {"differential_pressure": -2.5, "sensor_fault": False, "probe_temperature": 4}


@pytest.mark.parametrize(
    "payload, offset",
    [
        (b'{"temperature": NaN}', 16),
        (b'{"temperature": 2', 17),
        (b'{"temperature": "\xff"}', 17),
        (b"[1, 2]", 0),
        (b"hello", 0),
        (b"21.5", 0),
        (b"[" * 100_000, 0),
        (b'{"temperature": 1e999}', 0),
    ],
)
def test_a_bad_payload_is_a_bad_frame(heard, payload, offset):
    with pytest.raises(BadFrame) as trouble:
        heard("zigbee2mqtt/a", payload)
    assert trouble.value.offset == offset


@given(
    st.sampled_from(["a", "a/availability", "bridge/devices", "bridge/info", "bridge/state", "a/temperature", "", "/"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_readings_or_a_bad_frame(trouble_at, name, payload):
    assert 0 <= trouble_at(Zigbee2Mqtt(Config()), Frame("test", f"zigbee2mqtt/{name}", payload, HEARD)) <= len(payload)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "state", "voltage"]), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "state", "voltage", "last_seen", "endpoints"]), ANYTHING), ANYTHING)
def test_any_json_is_readings_of_the_metrics_kind(values, other):
    for topic, said in (
        ("zigbee2mqtt/a", values),
        ("zigbee2mqtt/bridge/devices", [values, other, {"friendly_name": other}]),
    ):
        items = Zigbee2Mqtt(Config()).decode(Frame("test", topic, json.dumps(said).encode(), HEARD))
        for one in items:
            if isinstance(one, Reading):
                assert type(one.value) is METRICS[one.metric].kind
