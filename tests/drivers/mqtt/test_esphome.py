"""ESPHome: discovery and states in, readings out. The messages are built as its `mqtt_component.cpp` builds them."""

import json
from datetime import UTC, datetime

import pytest

from collector.errors import ConfigError
from collector.reading import Announcement, Frame
from drivers.dialects import Dialects, dialect
from tests.drivers.mqtt.conftest import Said

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
NODE = "mqtt:ward3-air"


def config(kind, name, object_id, node="ward3-air", **more):
    return {
        "name": name,
        "stat_t": f"{node}/{kind}/{object_id}/state",
        "avty_t": f"{node}/status",
        "uniq_id": f"ESP{kind}{object_id}",
        "dev": {
            "ids": "a0b1c2d3e4f5",
            "name": "Ward 3 air",
            "sw": "2024.10.2 (config hash 0x1234abcd)",
            "mdl": "esp32dev",
            "mf": "Espressif",
            "cns": [["mac", "a0b1c2d3e4f5"]],
        },
        **more,
    }


TEMPERATURE = config(
    "sensor", "Temperature", "temperature", dev_cla="temperature", unit_of_meas="°C", stat_cla="measurement"
)


@pytest.fixture
def node():
    return Node()


class Node:
    """One link, with what it remembers."""

    def __init__(self, **settings):
        self._dialects = Dialects([dialect("mqtt.esphome", settings)])

    def __call__(self, topic, payload):
        raw = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        items = self._dialects.decode(Frame("test", topic, raw, HEARD))
        assert items is not None, "nobody listens there"
        return Said(items)

    def knows(self, kind, name, object_id, **more):
        return self(f"homeassistant/{kind}/ward3-air/{object_id}/config", config(kind, name, object_id, **more))


def test_a_sensor_says_its_unit_in_its_discovery(node):
    said = node("homeassistant/sensor/ward3-air/temperature/config", TEMPERATURE)
    facts = {
        "name": "Ward 3 air",
        "maker": "Espressif",
        "model": "esp32dev",
        "firmware": "2024.10.2 (config hash 0x1234abcd)",
        "address": "a0b1c2d3e4f5",
    }
    assert said.items == [Announcement(NODE, facts, HEARD)]
    assert node("ward3-air/sensor/temperature/state", "21.5").by_device == {NODE: {"temperature": 21.5}}
    assert node("ward3-air/sensor/temperature/state", "nan").items == []


@pytest.mark.parametrize(
    "kind, name, object_id, more, state, found",
    [
        ("sensor", "CO2", "co2", {"dev_cla": "carbon_dioxide", "unit_of_meas": "ppm"}, "640", {NODE: {"co2": 640}}),
        (
            "sensor",
            "WiFi Signal",
            "wifi_signal",
            {"dev_cla": "signal_strength", "unit_of_meas": "dBm", "ent_cat": "diagnostic"},
            "-61",
            {NODE: {"signal": -61}},
        ),
        ("sensor", "Uptime", "uptime", {"dev_cla": "duration", "unit_of_meas": "s"}, "4711", {NODE: {"uptime": 4711}}),
        ("sensor", "Filter", "filter", {"dev_cla": "duration", "unit_of_meas": "s"}, "4711", {}),
        (
            "sensor",
            "Fridge probe temperature",
            "fridge_probe_temperature",
            {"dev_cla": "temperature", "unit_of_meas": "°C"},
            "4.2",
            {f"{NODE}/fridge_probe": {"temperature": 4.2}},
        ),
        ("binary_sensor", "Door", "door", {"dev_cla": "door"}, "ON", {NODE: {"door_open": True}}),
        ("switch", "Pump", "pump", {}, "OFF", {f"{NODE}/pump": {"switch_on": False}}),
        ("light", "Light", "light", {"schema": "json"}, '{"state":"ON"}', {NODE: {"light_on": True}}),
    ],
)
def test_each_kind_of_object(node, kind, name, object_id, more, state, found):
    node.knows(kind, name, object_id, **more)
    assert node(f"ward3-air/{kind}/{object_id}/state", state).by_device == found


@pytest.mark.parametrize("payload, available", [("online", True), ("offline", False)])
def test_the_status_of_a_node(node, payload, available):
    assert node("ward3-air/status", payload).by_device == {NODE: {"available": available}}
    assert node("ward3-air/status", "booting").items == []


def test_a_node_that_does_not_say_its_units_is_not_guessed_at(node):
    assert node("ward3-air/sensor/temperature/state", "21.5").items == []
    told = Node(mapping={"temperature": {"metric": "temperature"}})
    assert told("ward3-air/sensor/temperature/state", "21.5").by_device == {NODE: {"temperature": 21.5}}


def test_the_site_knows_better_than_the_node():
    node = Node(mapping={"temperature": {"metric": "probe_temperature", "scale": 0.1}})
    node("homeassistant/sensor/ward3-air/temperature/config", TEMPERATURE)
    assert node("ward3-air/sensor/temperature/state", "42").values == {"probe_temperature": 4.2}


def test_two_objects_that_the_site_calls_alike_are_apart():
    node = Node(mapping={"p1": {"metric": "probe_temperature"}, "p2": {"metric": "probe_temperature"}})
    assert node("ward3-air/sensor/p1/state", "4").devices == {f"{NODE}/p1"}
    assert node("ward3-air/sensor/p2/state", "-20").devices == {f"{NODE}/p2"}


def test_prefixes_with_slashes_and_spaces():
    node = Node(prefixes=["site/ward 3/+"])
    node("homeassistant/sensor/x/t/config", TEMPERATURE | {"stat_t": "site/ward 3/air/sensor/t/state"})
    assert node("site/ward 3/air/sensor/t/state", "21.5").devices == {"mqtt:site/ward 3/air"}


def test_what_others_announce_is_not_of_a_node(node):
    assert node("homeassistant/sensor/0x1/temperature/config", TEMPERATURE | {"stat_t": "zigbee2mqtt/air"}).items == []


@pytest.mark.parametrize("settings", [{"prefixes": ["#"]}, {"mapping": {"a": {"metric": "warmth"}}}])
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="esphome"):
        dialect("mqtt.esphome", settings)
