"""Shelly: bytes in, readings out. Payloads of its documentation, and of devices as quoted in public:
https://gist.github.com/NelsonMinar/494a0f53785c20290b395639548349fa (Plus H&T), https://pastebin.com/vjJubCm9 (Shelly 1
with the temperature add-on), EM and 3EM from public readers of their topics.
"""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame, ConfigError
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality
from drivers.dialects import dialect
from drivers.mqtt.shelly import CHANNEL, COMPONENTS, DEVICES, EMETER, EXTERNAL, MOTION, OWN, SENSOR

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
ONE = "mqtt:shellies/shelly1-XXXXXX"
SAID = datetime(2023, 4, 8, 14, 7, 59, 620000, tzinfo=UTC)
HT = {
    "src": "shellyplusht-b8d61a8b17cc",
    "dst": "shellyplusht-b8d61a8b17cc/events",
    "method": "NotifyFullStatus",
    "params": {
        "ts": 1680962879.62,
        "ble": {},
        "cloud": {"connected": False},
        "devicepower:0": {"id": 0, "battery": {"V": 0.43, "percent": 0}, "external": {"present": True}},
        "ht_ui": {},
        "humidity:0": {"id": 0, "rh": 42.2},
        "sys": {"mac": "B8D61A8B17CC", "uptime": 3, "available_updates": {}},
        "temperature:0": {"id": 0, "tC": 19.8, "tF": 67.6},
        "wifi": {"sta_ip": "192.168.3.183", "status": "got ip", "rssi": -54},
    },
}


@pytest.mark.parametrize(
    "topic, payload, values",
    [
        ("relay/0", "off", {"switch_on": False}),
        ("relay/0/power", "41.57", {"power": 41.57}),
        ("relay/0/energy", "60000", {"energy": 1}),  # watt-minutes
        ("relay/0", "overpower", {"switch_on": False, "technical_alarm": "overpower"}),
        ("temperature", "54.30", {"device_temperature": 54.3}),
        ("temperature_f", "129.74", {}),
        ("overtemperature", "1", {"technical_alarm": "overtemperature"}),
        ("overtemperature", "0", {"technical_alarm": ""}),
        ("ext_temperature/0", "47.69", {"temperature": 47.69}),
        ("ext_temperature_f/0", "117.84", {}),
        ("ext_temperature/0", "999", {}),
        ("input/0", "0", {}),
        ("input_event/0", '{"event":"SS","event_cnt":3}', {"action": "double"}),
        ("online", "true", {"available": True}),
        ("online", "false", {"available": False}),
        ("light/0/status", '{"ison": true, "brightness": 40, "mode": "white"}', {"light_on": True, "brightness": 40}),
        ("light/0", "off", {"light_on": False}),
        ("roller/0", "stop", {}),
        ("roller/0/pos", "50", {}),
        ("sensor/temperature", "21.62", {"temperature": 21.62}),
        ("sensor/humidity", "44.5", {"humidity": 44.5}),
        ("sensor/battery", "100", {"battery": 100}),
        ("sensor/battery", "-1", {}),
        ("sensor/ext_power", "false", {"mains": False}),
        ("sensor/error", "0", {"sensor_fault": False}),
        ("sensor/error", "2", {"sensor_fault": True}),
        ("sensor/act_reasons", '["periodic"]', {}),
        ("sensor/flood", "true", {"leak": True}),
        ("sensor/smoke", "false", {"smoke": False}),
        ("sensor/gas", "heavy", {"gas_detected": True}),
        ("sensor/gas", "test", {}),
        ("sensor/operation", "fault", {"sensor_fault": True}),
        ("sensor/operation", "warm-up", {}),
        ("sensor/state", "open", {"door_open": True}),
        ("sensor/lux", "-1", {}),
        ("command", "update", {}),
        ("relay/0/command", "on", {}),
    ],
)
def test_each_topic_of_generation_1(heard, topic, payload, values):
    said = heard(f"shellies/shelly1-XXXXXX/{topic}", payload)
    assert said.values == values
    assert said.devices <= {ONE}


def test_every_field_is_a_known_metric():
    tables = (SENSOR, EXTERNAL, CHANNEL, EMETER, OWN, MOTION, *COMPONENTS.values())
    assert {field.metric for table in tables for field in table.values()} <= set(METRICS)
    assert {metric for device in DEVICES for metric in device.measures} <= set(METRICS)


def test_channels_after_the_first_are_apart(heard):
    assert heard("shellies/shelly1-XXXXXX/ext_temperature/1", "35.75").by_device == {
        f"{ONE}/ext_temperature/1": {"temperature": 35.75}
    }
    meter = "mqtt:shellies/shellyem3-C45BBE6A8F1F"
    assert heard("shellies/shellyem3-C45BBE6A8F1F/emeter/0/power", "340.31").by_device == {meter: {"power": 340.31}}
    assert heard("shellies/shellyem3-C45BBE6A8F1F/emeter/1/total", "4177.1").by_device == {
        f"{meter}/emeter/1": {"energy": 4.1771}
    }
    assert heard("shellies/shellyem3-C45BBE6A8F1F/emeter/1/energy", "9").items == []  # the same in watt-minutes


def test_sensors_that_are_set_to_fahrenheit(heard):
    assert heard("shellies/shellyht-1/sensor/temperature", "70.7", fahrenheit=True).values == {"temperature": 21.5}
    assert heard("shellies/shelly1-1/temperature", "50", fahrenheit=True).values == {"device_temperature": 50}


def test_motion_says_everything_at_once(heard):
    payload = {"motion": True, "timestamp": 1680962879, "active": True, "vibration": False, "lux": 229, "bat": 99}
    said = heard("shellies/shellymotionsensor-60A4/status", payload)
    assert said.values == {"occupancy": True, "vibration": False, "illuminance": 229, "battery": 99}
    assert said.times == {datetime(2023, 4, 8, 14, 7, 59, tzinfo=UTC)}
    assert heard("shellies/shellymotionsensor-60A4/status", {"motion": False, "lux": -1, "bat": -1}).values == {
        "occupancy": False
    }


def test_the_status_of_generation_1(heard):
    payload = {"wifi_sta": {"ssid": "x", "ip": "10.0.0.9", "rssi": -61}, "uptime": 4711, "relays": [{"ison": True}]}
    assert heard("shellies/shelly1-XXXXXX/info", payload).values == {"uptime": 4711, "signal": -61}


@pytest.mark.parametrize("topic", ["shellies/announce", "shellies/shelly1-XXXXXX/announce"])
def test_generation_1_announces_itself(heard, topic):
    payload = {"id": "shelly1-XXXXXX", "model": "SHSW-1", "mac": "98F4", "ip": "10.0.0.9", "fw_ver": "v1.14.0"}
    facts = {
        "maker": "Shelly",
        "name": "shelly1-XXXXXX",
        "model": "SHSW-1",
        "firmware": "v1.14.0",
        "address": "10.0.0.9",
    }
    assert heard(topic, payload).items == [Announcement(ONE, facts, HEARD)]


def test_a_full_status_of_generation_2(heard):
    said = heard("shellyplusht-b8d61a8b17cc/events/rpc", HT)
    assert said.values == {"mains": True, "humidity": 42.2, "uptime": 3, "temperature": 19.8, "signal": -54}
    assert said.times == {SAID}
    facts = {"maker": "Shelly", "name": "shellyplusht-b8d61a8b17cc", "address": "B8D61A8B17CC"}
    assert said.others == [Announcement("mqtt:shellyplusht-b8d61a8b17cc", facts, HEARD)]


def test_a_battery_in_use(heard):
    payload = {"id": 0, "battery": {"V": 5.81, "percent": 88}, "external": {"present": False}}
    values = {"battery": 88, "battery_voltage": 5.81, "mains": False}
    assert heard("shellyplusht-1/status/devicepower:0", payload).values == values
    empty = {"id": 0, "battery": {"V": 3.9, "percent": 0}, "external": {"present": False}}
    assert heard("shellyplusht-1/status/devicepower:0", empty).values["battery"] == 0


def test_a_plug(heard):
    payload = {
        "id": 0,
        "source": "init",
        "output": True,
        "apower": 8.9,
        "voltage": 237.5,
        "current": 0.081,
        "pf": 0.46,
        "freq": 50.0,
        "aenergy": {"total": 6532.1, "by_minute": [45.2, 47.1, 88.4], "minute_ts": 1626935779},
        "temperature": {"tC": 23.6, "tF": 74.4},
    }
    assert heard("home/ward 3/plug/status/switch:0", payload, prefixes=["home/ward 3/plug"]).by_device == {
        "mqtt:home/ward 3/plug": {
            "switch_on": True,
            "power": 8.9,
            "voltage": 237.5,
            "current": 0.081,
            "power_factor": 0.46,
            "frequency": 50,
            "energy": 6.5321,
            "device_temperature": 23.6,
        }
    }
    second = heard("shellypro2pm-1/status/switch:1", {"id": 1, "output": False, "errors": ["overpower", "overtemp"]})
    assert second.by_device == {
        "mqtt:shellypro2pm-1/switch:1": {"switch_on": False, "technical_alarm": "overpower, overtemp"}
    }


def test_an_alarm_stands_until_its_own_source_is_well_again():
    decoder = dialect("mqtt.shelly").decoder

    def alarm(topic, payload):
        items = decoder.decode(Frame("test", topic, payload.encode(), HEARD))
        return [one.value for one in items if one.metric == "technical_alarm"]

    assert alarm("shellies/s-1/relay/0", "overpower") == ["overpower"]
    assert alarm("shellies/s-1/overtemperature", "0") == ["overpower"]
    assert alarm("shellies/s-1/relay/0", "on") == [""]
    assert alarm("shellies/s-1/relay/0", "on") == []
    assert alarm("shellyplus1-1/status/switch:0", '{"id": 0, "errors": ["overtemp"]}') == ["overtemp"]
    assert alarm("shellyplus1-1/status/temperature:0", '{"id": 0, "errors": ["read"]}') == ["overtemp, read"]
    change = '{"method": "NotifyStatus", "params": {"switch:0": {"id": 0, "output": true}}}'
    assert alarm("shellyplus1-1/events/rpc", change) == []  # a change says only what has changed
    assert alarm("shellyplus1-1/status/switch:0", '{"id": 0, "output": true}') == ["read"]
    assert alarm("shellyplus1-1/status/temperature:0", '{"id": 0, "tC": 20, "errors": null}') == [""]


def test_three_phases(heard):
    payload = {
        "id": 0,
        "a_current": 4.03,
        "a_voltage": 236.1,
        "a_act_power": 951.2,
        "a_pf": 0.98,
        "total_act_power": 1020.7,
    }
    assert heard("shellypro3em-1/status/em:0", payload).by_device == {
        "mqtt:shellypro3em-1": {"power": 1020.7},
        "mqtt:shellypro3em-1/a": {"current": 4.03, "voltage": 236.1, "power": 951.2, "power_factor": 0.98},
    }
    energy = {"id": 0, "a_total_act_energy": 1500, "total_act": 3000}
    assert heard("shellypro3em-1/status/emdata:0", energy).by_device == {
        "mqtt:shellypro3em-1": {"energy": 3},
        "mqtt:shellypro3em-1/a": {"energy": 1.5},
    }
    assert heard("shellypro3em-1/status/temperature:0", {"id": 0, "tC": 41}).values == {"device_temperature": 41}


def test_buttons(heard):
    event = {"component": "input:1", "id": 1, "event": "single_push", "ts": 1680962879.62}
    payload = {"src": "x", "method": "NotifyEvent", "params": {"ts": 1680962879.62, "events": [event]}}
    said = heard("shellyplusi4-1/events/rpc", payload)
    assert said.by_device == {"mqtt:shellyplusi4-1/input:1": {"action": "single"}}
    assert said.times == {SAID}
    assert heard("shellyplusi4-1/events/rpc", payload, retained=True).items == []  # nobody presses now


@pytest.mark.parametrize(
    "topic, payload",
    [
        ("shellyplus1-1/status/cloud", {"connected": True}),
        ("shellyplus1-1/status/input:0", {"id": 0, "state": True}),
        ("shellyplus1-1/status/temperature:0", {"id": 0, "tC": None, "tF": None}),
        ("shellyplus1-1/status/switch:0", "null"),
        ("boiler/status/burner", {"output": True}),
        ("boiler/online", "true"),
    ],
)
def test_what_says_nothing_gives_nothing(heard, topic, payload):
    assert heard(topic, payload).items == []


def test_generation_2_under_the_prefix_of_generation_1(heard):
    said = heard("shellies/shellyplus1pm-1/status/switch:0", {"id": 0, "output": True})
    assert said.by_device == {"mqtt:shellies/shellyplus1pm-1": {"switch_on": True}}


def test_a_retained_state_is_not_news(heard):
    assert heard("shellies/shelly1-1/relay/0", "on", retained=True).readings[0].quality is Quality.UNCERTAIN


@pytest.mark.parametrize(
    "topic, payload, offset",
    [("shellyplus1-1/status/switch:0", b'{"id":', 6), ("shellies/shelly1-1/relay/0/power", b"4\xff", 1)],
)
def test_a_bad_payload_is_a_bad_frame(heard, topic, payload, offset):
    with pytest.raises(BadFrame) as trouble:
        heard(topic, payload)
    assert trouble.value.offset == offset


@pytest.mark.parametrize("settings", [{"prefixes": ["#"]}, {"prefixes": ["a/"]}, {"prefixes": [""]}, {"x": 1}])
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="shelly"):
        dialect("mqtt.shelly", settings)
