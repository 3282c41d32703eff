"""Home Assistant discovery: configs and states in, readings out.

The configs of the bedroom and of the kitchen are those of Home Assistant's documentation; of OpenMQTTGateway, of
Zigbee2MQTT and of ESPHome the forms that they publish.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import BadFrame, ConfigError
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality
from drivers.codecs.discovery import BINARY, OTHERS, SENSORS
from drivers.dialects import Dialects, dialect
from tests.drivers.mqtt.conftest import Said

FUZZED = {"topics": ["#"]}
HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
BEDROOM = "mqtt:homeassistant/bedroom01ae"
DEVICE = {
    "identifiers": ["bedroom01ae"],
    "name": "Bedroom",
    "manufacturer": "Example sensors Ltd.",
    "model": "Example Sensor",
    "model_id": "K9",
    "serial_number": "12AE3010545",
    "hw_version": "1.01a",
    "sw_version": "2024.1.0",
    "configuration_url": "https://example.com/sensor_portal/config",
}
TEMPERATURE = {
    "device_class": "temperature",
    "state_topic": "homeassistant/sensor/sensorBedroom/state",
    "unit_of_measurement": "°C",
    "value_template": "{{ value_json.temperature}}",
    "unique_id": "temp01ae",
    "device": DEVICE,
}
HUMIDITY = {
    "device_class": "humidity",
    "state_topic": "homeassistant/sensor/sensorBedroom/state",
    "unit_of_measurement": "%",
    "value_template": "{{ value_json.humidity}}",
    "unique_id": "hum01ae",
    "device": {"identifiers": ["bedroom01ae"]},
}
KITCHEN = {
    "dev": {
        "ids": "ea334450945afc",
        "name": "Kitchen",
        "mf": "Bla electronics",
        "mdl": "xya",
        "sw": "1.0",
        "sn": "ea33",
    },
    "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
    "cmps": {
        "some_unique_component_id1": {
            "p": "sensor",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature}}",
            "unique_id": "temp01ae_t",
        },
        "some_unique_id2": {
            "p": "sensor",
            "device_class": "humidity",
            "unit_of_measurement": "%",
            "value_template": "{{ value_json.humidity}}",
            "unique_id": "temp01ae_h",
        },
    },
    "state_topic": "sensorBedroom/state",
    "qos": 2,
}


class Home:
    """One link, with what it remembers."""

    def __init__(self, **settings):
        self._dialects = Dialects([dialect("mqtt.home_assistant", {"topics": ["#"], **settings})])

    def __call__(self, topic, payload, *, retained=False, at=HEARD):
        raw = payload if isinstance(payload, bytes) else payload if isinstance(payload, str) else json.dumps(payload)
        raw = raw.encode() if isinstance(raw, str) else raw
        return Said(self._dialects.decode(Frame("test", topic, raw, at, retained)) or ())

    def entity(self, component="sensor", state="21.5", **config):
        """What one entity says that is announced like this, of device `x`."""
        config = {"state_topic": "x/state", "device": {"identifiers": "x"}, **config}
        self(f"homeassistant/{component}/x/e/config", config)
        return self("x/state", state)


@pytest.fixture
def home():
    return Home()


def test_a_sensor_with_two_entities(home):
    said = home("homeassistant/sensor/sensorBedroomT/config", TEMPERATURE, retained=True)
    facts = {
        "name": "Bedroom",
        "maker": "Example sensors Ltd.",
        "model": "Example Sensor",
        "firmware": "2024.1.0",
        "serial": "12AE3010545",
    }
    assert said.items == [Announcement(BEDROOM, facts, HEARD)]
    assert home("homeassistant/sensor/sensorBedroomT/config", TEMPERATURE, retained=True).items == []  # nothing new
    home("homeassistant/sensor/sensorBedroomH/config", HUMIDITY, retained=True)
    said = home("homeassistant/sensor/sensorBedroom/state", {"temperature": 23.2, "humidity": "43.70"})
    assert said.by_device == {BEDROOM: {"temperature": 23.2, "humidity": 43.7}}
    assert said.times == {HEARD}


def test_a_device_that_announces_all_its_entities_at_once(home):
    said = home("homeassistant/device/ea334450945afc/config", KITCHEN)
    facts = {"name": "Kitchen", "maker": "Bla electronics", "model": "xya", "firmware": "1.0", "serial": "ea33"}
    assert said.items == [Announcement("mqtt:homeassistant/ea334450945afc", facts, HEARD)]
    assert home("sensorBedroom/state", {"temperature": 4.5, "humidity": 61}).by_device == {
        "mqtt:homeassistant/ea334450945afc": {"temperature": 4.5, "humidity": 61}
    }


def test_states_that_came_before_their_config(home):
    """After a restart the broker first sends what it kept of the session, then the retained configs."""
    earlier = HEARD - timedelta(minutes=2)
    assert home("homeassistant/sensor/sensorBedroom/state", {"temperature": 5.0}, at=earlier).items == []
    assert home("something/else", "1", at=earlier).items == []
    said = home("homeassistant/sensor/sensorBedroomT/config", TEMPERATURE, retained=True)
    assert said.by_device == {BEDROOM: {"temperature": 5.0}}
    assert said.times == {earlier}
    assert home("homeassistant/sensor/sensorBedroomT/config", TEMPERATURE).items == []  # and only once


def test_a_config_can_change_and_go(home):
    topic = "homeassistant/sensor/sensorBedroomT/config"
    home(topic, TEMPERATURE)
    home(topic, TEMPERATURE | {"unit_of_measurement": "°F"})
    state = "homeassistant/sensor/sensorBedroom/state"
    assert home(state, {"temperature": 70.7}).values == {"temperature": 21.5}
    home(topic, "")
    assert home(state, {"temperature": 70.7}).items == []


@pytest.mark.parametrize(
    "template, state, value",
    [
        (None, "21.5", 21.5),
        ("{{ value }}", "21.5", 21.5),
        ("{{ value | float }}", "21.5", 21.5),
        ("{{ value|float(0)|round(1) }}", "21.54", 21.54),  # not rounded: as it was sent
        ("{{value_json.a.b}}", '{"a": {"b": 3}}', 3),
        ("{{ value_json['a b']['c-d'] | float | round(2) }}", '{"a b": {"c-d": "3"}}', 3),
        ('{{ value_json["a"][1].b | is_defined }}', '{"a": [0, {"b": 3}]}', 3),
        ("{{ value_json.a | default(0) }}", '{"b": 1}', None),  # nothing is invented
        ("{{ value_json.a }}", '{"a": null}', None),
        ("{{ value_json.a }}", '{"a": "unavailable"}', None),
        ("{{ value_json.a }}", "[1]", None),
        ("{{ value_json.a * 10 }}", '{"a": 1}', None),
        ("{{ value_json.a / 10 | float }}", '{"a": 1}', None),
        ("{% if value_json.a %}1{% else %}2{% endif %}", '{"a": 1}', None),
        ("{{ states('sensor.x') }}", '{"a": 1}', None),
        ("{{ value.split(',')[0] }}", "1,2", None),
        ({"a": 1}, '{"a": 1}', None),
    ],
)
def test_templates(home, template, state, value):
    config = {} if template is None else {"value_template": template}
    said = home.entity(device_class="temperature", unit_of_measurement="°C", state=state, **config)
    assert said.values == ({} if value is None else {"temperature": value})


@pytest.mark.parametrize(
    "kind, unit, state, values",
    [
        ("temperature", "K", "294.65", {"temperature": 21.5}),
        ("atmospheric_pressure", "Pa", "101320", {"air_pressure": 1013.2}),
        ("pressure", "hPa", "1013.2", {"air_pressure": 1013.2}),
        ("pressure", "Pa", "12", {}),  # of the air, or between two rooms?
        ("pressure", "kPa", "400", {}),
        ("temperature", None, "21.5", {}),
        ("temperature", "°", "21.5", {}),
        ("volatile_organic_compounds_parts", "ppb", "120", {"voc": 120}),
        ("volatile_organic_compounds", "µg/m³", "120", {"tvoc": 120}),
        ("power_factor", None, "0.98", {"power_factor": 0.98}),
        ("power_factor", "%", "98", {"power_factor": 0.98}),
        ("energy", "Wh", "1500", {"energy": 1.5}),
        ("voltage", "mV", "3045", {"voltage": 3.045}),
        ("signal_strength", "dBm", "-61", {"signal": -61}),
        (None, "lqi", "99", {"link_quality": 99}),
        ("gas", "m³", "7", {}),
        ("timestamp", None, "2026-11-24T06:42:00+00:00", {}),
        ("enum", None, "auto", {}),
        ("battery", "%", "nan", {}),
    ],
)
def test_a_class_and_a_unit_make_a_metric(home, kind, unit, state, values):
    assert home.entity(device_class=kind, unit_of_measurement=unit, state=state).values == values


@pytest.mark.parametrize(
    "component, config, state, values",
    [
        ("binary_sensor", {"device_class": "door"}, "ON", {"door_open": True}),
        ("binary_sensor", {"device_class": "door"}, "OFF", {"door_open": False}),
        ("binary_sensor", {"device_class": "door"}, "open", {}),
        (
            "binary_sensor",
            {
                "device_class": "door",
                "payload_on": False,
                "payload_off": True,
                "value_template": "{{ value_json.contact }}",
            },
            '{"contact": false}',
            {"door_open": True},
        ),
        ("binary_sensor", {"device_class": "moisture", "pl_on": "1", "pl_off": "0"}, "1", {"leak": True}),
        ("binary_sensor", {"device_class": "battery"}, "ON", {"battery_low": True}),
        ("binary_sensor", {"device_class": "problem"}, "ON", {"sensor_fault": True}),
        ("binary_sensor", {"device_class": "opening"}, "ON", {}),
        ("binary_sensor", {}, "ON", {}),
        ("switch", {}, "ON", {"switch_on": True}),
        ("switch", {"payload_off": "off", "payload_on": "on"}, "off", {"switch_on": False}),
        ("switch", {"state_on": "1", "state_off": "0"}, "1", {"switch_on": True}),
        ("light", {"schema": "json"}, '{"state": "ON", "brightness": 5}', {"light_on": True}),
        ("lock", {}, "LOCKED", {"locked": True}),
        ("lock", {}, "UNLOCKING", {}),
        ("climate", {}, "21.5", {}),
        ("device_automation", {}, "21.5", {}),
        (
            "sensor",
            {"device_class": "temperature", "unit_of_measurement": "°C", "ent_cat": "diagnostic"},
            "51",
            {"device_temperature": 51},
        ),
    ],
)
def test_components(home, component, config, state, values):
    assert home.entity(component, state, **config).values == values


def test_every_class_is_a_known_metric():
    metrics = {metric for metric, _ in SENSORS.values()} | set(BINARY.values()) | set(OTHERS.values())
    assert metrics <= set(METRICS)


def gateway_config(object_id, unit, key):
    """As OpenMQTTGateway announces a thermometer, whose temperature it says in two units."""
    return {
        "stat_t": "+/+/BTtoMQTT/A4C138112233",
        "~": "home/gateway",
        "state_topic": "~/BTtoMQTT/A4C138112233",
        "name": object_id,
        "dev_cla": "temperature",
        "unit_of_meas": unit,
        "val_tpl": f"{{{{ value_json.{key} | is_defined }}}}",
        "device": {"ids": ["A4C138112233"], "cns": [["mac", "A4C138112233"]], "mf": "Xiaomi", "mdl": "LYWSD03MMC"},
    }


@pytest.mark.parametrize("order", [("tempc", "tempf"), ("tempf", "tempc")])
def test_one_quantity_in_two_units_is_one_reading(home, order):
    configs = {"tempc": gateway_config("tempc", "°C", "tempc"), "tempf": gateway_config("tempf", "°F", "tempf")}
    for name in order:
        config = {key: value for key, value in configs[name].items() if key != "stat_t"}
        home(f"homeassistant/sensor/A4C138112233-{name}/config", config)
    said = home("home/gateway/BTtoMQTT/A4C138112233", {"id": "A4:C1:38:11:22:33", "tempc": 4.57, "tempf": 40.226})
    assert said.by_device == {"mqtt:homeassistant/A4C138112233": {"temperature": 4.57}}


def probe(**config):
    return {"dev_cla": "temperature", "unit_of_meas": "°C", "dev": {"ids": "fridge", "name": "Fridge 3"}, **config}


def test_parts_of_a_device_are_told_apart_by_their_names(home):
    home("homeassistant/sensor/fridge/air/config", probe(stat_t="f/1", name="Fridge 3 Temperature"))
    home("homeassistant/sensor/fridge/top/config", probe(stat_t="f/2", name="Top shelf temperature"))
    home(
        "homeassistant/sensor/fridge/bat/config",
        probe(stat_t="f/3", name="Top shelf battery", dev_cla="battery", unit_of_meas="%"),
    )
    assert home("f/1", "4.0").devices == {"mqtt:homeassistant/fridge"}
    assert home("f/2", "4.1").by_device == {"mqtt:homeassistant/fridge/top_shelf": {"temperature": 4.1}}
    assert home("f/3", "90").by_device == {"mqtt:homeassistant/fridge/top_shelf": {"battery": 90}}


@pytest.mark.parametrize("order", [("p1", "p2"), ("p2", "p1")])
def test_two_probes_without_names_are_told_apart_whichever_comes_first(home, order):
    for name in order:
        home(f"homeassistant/sensor/fridge/{name}/config", probe(stat_t=f"f/{name}"))
    assert home("f/p1", "4.0").by_device == {"mqtt:homeassistant/fridge/p1": {"temperature": 4.0}}
    assert home("f/p2", "-80").by_device == {"mqtt:homeassistant/fridge/p2": {"temperature": -80}}


def test_availability(home):
    home("homeassistant/sensor/fridge/t/config", probe(stat_t="f/1", avty_t="f/status", pl_not_avail="gone"))
    assert home("f/status", "online").by_device == {"mqtt:homeassistant/fridge": {"available": True}}
    assert home("f/status", "gone").values == {"available": False}
    assert home("f/status", "offline").items == []


def test_availability_that_takes_the_bridge_too(home):
    both = [{"t": "bridge/state", "val_tpl": "{{ value_json.state }}"}, {"topic": "f/availability"}]
    home("homeassistant/sensor/fridge/t/config", probe(stat_t="f/1", avty=both, avty_mode="all"))
    assert home("f/availability", "online").items == []  # who knows of the bridge?
    assert home("bridge/state", {"state": "online"}).values == {"available": True}
    assert home("bridge/state", {"state": "offline"}).values == {"available": False}
    assert home("f/availability", "online").values == {"available": False}


def test_devices_that_have_a_dialect_of_their_own_are_left_to_it(home):
    config = TEMPERATURE | {"origin": {"name": "Zigbee2MQTT", "sw": "2.1.0"}}
    assert home("homeassistant/sensor/0x1/temperature/config", config).items == []
    assert home(config["state_topic"], {"temperature": 1}).items == []
    other = Home(except_origins=[])
    assert other("homeassistant/sensor/0x1/temperature/config", config).items


def test_what_is_retained_is_not_news(home):
    said = home.entity(device_class="temperature", unit_of_measurement="°C")
    assert said.readings[0].quality is Quality.GOOD
    assert home("x/state", "21.5", retained=True).readings[0].quality is Quality.UNCERTAIN


def test_nothing_but_configs_is_asked_for_until_it_is_said_where():
    assert dialect("mqtt.home_assistant").claims == ("homeassistant/+/+/config", "homeassistant/+/+/+/config")
    claims = dialect("mqtt.home_assistant", {"discovery_prefix": "ha", "topics": ["home/#"]}).claims
    assert claims == ("ha/+/+/config", "ha/+/+/+/config", "home/#")


@pytest.mark.parametrize("settings", [{"topics": ["a/#/b"]}, {"topics": ["a+"]}, {"discovery_prefix": "#"}])
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="home_assistant"):
        dialect("mqtt.home_assistant", settings)


@pytest.mark.parametrize("payload", ["[]", "{", "1", b"\xff"])
def test_a_config_that_is_none(home, payload):
    with pytest.raises(BadFrame):
        home("homeassistant/sensor/a/config", payload)


def test_a_state_that_is_no_json_where_its_config_says_so(home):
    home("homeassistant/sensor/sensorBedroomT/config", TEMPERATURE)
    with pytest.raises(BadFrame):
        home("homeassistant/sensor/sensorBedroom/state", "23.2 °C")
