"""Homie: messages in, readings out. The super car is the convention's own example, in all three versions."""

import json
from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality
from drivers.dialects import Dialects, dialect
from drivers.mqtt.homie import QUANTITIES, STATES, STATS
from tests.drivers.mqtt.conftest import Said

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
CAR, CAR_5 = "mqtt:homie/super-car", "mqtt:homie/5/super-car"
SPEED = {"id": "speed", "name": "Speed", "datatype": "integer", "unit": "km/h"}
TEMPERATURE = {"name": "Engine temperature", "unit": "°C", "datatype": "float", "format": "-20:120"}


@pytest.fixture
def homie():
    dialects = Dialects([dialect("mqtt.homie")])

    def hear(topic, payload, *, retained=False):
        raw = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        return Said(dialects.decode(Frame("test", f"homie/{topic}", raw, HEARD, retained)) or ())

    return hear


def described(homie, which, **attributes):
    for key, value in attributes.items():
        homie(f"super-car/engine/{which}/${key}", value)


def test_a_property_says_its_unit_and_datatype(homie):
    described(homie, "temperature", name="Engine temperature", unit="°C", datatype="float")
    assert homie("super-car/engine/temperature", "21.5").by_device == {f"{CAR}/engine": {"temperature": 21.5}}
    assert homie("super-car/engine/temperature", "NaN").items == []
    assert homie("super-car/engine/temperature", "").items == []


def test_what_comes_before_its_description_is_read_afterwards(homie):
    assert homie("super-car/engine/temperature", "21.5", retained=True).items == []
    assert homie("super-car/engine/temperature/$unit", "°F", retained=True).items == []
    said = homie("super-car/engine/temperature/$datatype", "float", retained=True)
    assert said.by_device == {f"{CAR}/engine": {"temperature": pytest.approx(-5.833333)}}
    assert said.readings[0].quality is Quality.UNCERTAIN  # retained: state, not news


@pytest.mark.parametrize("listed", [False, True])
def test_version_5_describes_a_device_at_once(homie, listed):
    properties = {"temperature": TEMPERATURE, "speed": SPEED}
    nodes = {"engine": {"name": "Car engine", "type": "V8", "properties": properties}}
    if listed:  # as the drafts had it
        nodes = [{"id": "engine", "properties": [{"id": "temperature", **TEMPERATURE}, SPEED]}]
    said = homie("5/super-car/$description", {"homie": "5.0", "version": 7, "name": "Super car", "nodes": nodes})
    assert said.items == [Announcement(CAR_5, {"name": "Super car"}, HEARD)]
    assert homie("5/super-car/engine/temperature", "21.5").by_device == {f"{CAR_5}/engine": {"temperature": 21.5}}
    assert homie("5/super-car/engine/speed", "70").items == []
    assert homie("5/super-car/engine/temperature/$target", "23").items == []
    assert homie("5/super-car/engine/temperature/set", "23").items == []


@pytest.mark.parametrize(
    "name, unit, datatype, payload, found",
    [
        ("humidity", "%", "integer", "44", {f"{CAR}/engine": {"humidity": 44}}),
        ("pressure", "hPa", "float", "1013.2", {f"{CAR}/engine": {"air_pressure": 1013.2}}),
        ("pressure", "psi", "float", "14", {}),
        ("voltage", "V", "float", "12.1", {f"{CAR}/engine": {"voltage": 12.1}}),
        ("battery-voltage", "V", "float", "3.1", {f"{CAR}/engine/battery-voltage": {"battery_voltage": 3.1}}),
        ("outdoor-temperature", "°C", "float", "-4", {f"{CAR}/engine/outdoor-temperature": {"temperature": -4}}),
        ("target-temperature", "°C", "float", "21", {}),
        ("temperature", "°C", "string", "21", {}),
        ("temperature", "°", "float", "21", {}),
        ("intensity", "%", "integer", "70", {}),
        ("door", "", "boolean", "true", {f"{CAR}/engine": {"door_open": True}}),
        ("smoke", "", "boolean", "false", {f"{CAR}/engine": {"smoke": False}}),
        ("on", "", "boolean", "true", {f"{CAR}/engine": {"switch_on": True}}),
        ("temperature", "", "boolean", "true", {}),
        ("color", "", "color", "255,0,0", {}),
    ],
)
def test_each_property(homie, name, unit, datatype, payload, found):
    described(homie, name, **({"unit": unit} if unit else {}), datatype=datatype)
    assert homie(f"super-car/engine/{name}", payload).by_device == found


def test_every_metric_is_known():
    metrics = {metric for metric, _ in QUANTITIES.values()} | set(STATES.values())
    assert metrics | {field.metric for field in STATS.values()} <= set(METRICS)


def test_arrays_of_version_3(homie):
    homie("super-car/lights/temperature/$unit", "°C")
    homie("super-car/lights/temperature/$datatype", "float")
    assert homie("super-car/lights_0/temperature", "40").by_device == {f"{CAR}/lights_0": {"temperature": 40}}


@pytest.mark.parametrize(
    "state, values, values_5",
    [
        ("init", {}, {}),
        ("ready", {"available": True, "technical_alarm": ""}, {"available": True}),
        ("sleeping", {"available": True}, {"available": True}),
        ("disconnected", {"available": False}, {"available": False}),
        ("lost", {"available": False}, {"available": False}),
        ("alert", {"available": True, "technical_alarm": "alert"}, {"available": True}),
    ],
)
def test_the_state_of_a_device(homie, state, values, values_5):
    assert homie("super-car/$state", state).by_device == ({CAR: values} if values else {})
    assert homie("5/super-car/$state", state).by_device == ({CAR_5: values_5} if values_5 else {})


def test_alerts_stay_until_each_is_taken_back(homie):
    def alarm(which, text):
        return homie(f"5/mydevid/$alert/{which}", text).by_device["mqtt:homie/5/mydevid"]["technical_alarm"]

    assert alarm("battery", "Battery is low, at 8%") == "Battery is low, at 8%"
    assert alarm("filter", "Filter is due") == "Battery is low, at 8%; Filter is due"
    assert alarm("battery", "") == "Filter is due"
    assert alarm("filter", "") == ""


@pytest.mark.parametrize(
    "stat, payload, values",
    [
        ("uptime", "120", {"uptime": 120}),
        ("cputemp", "48", {"device_temperature": 48}),
        ("signal", "24", {"link_quality": 24}),
        ("battery", "80", {"battery": 80}),
        ("supply", "3.3", {"voltage": 3.3}),
        ("freeheap", "1000", {}),
    ],
)
def test_statistics(homie, stat, payload, values):
    assert homie(f"super-car/$stats/{stat}", payload).values == values


@pytest.mark.parametrize(
    "attribute, payload, facts",
    [
        ("$name", "Super car", {"name": "Super car"}),
        ("$mac", "DE:AD:BE:EF:FE:ED", {"address": "DE:AD:BE:EF:FE:ED"}),
        ("$fw/version", "1.0.0", {"firmware": "1.0.0"}),
        ("$implementation", "esp8266", {"model": "esp8266"}),
        ("$stats/interval", "60", {"interval_s": "60"}),
    ],
)
def test_who_a_device_is(homie, attribute, payload, facts):
    assert homie(f"super-car/{attribute}", payload).items == [Announcement(CAR, facts, HEARD)]


@pytest.mark.parametrize(
    "topic", ["super-car/$nodes", "super-car/engine/$properties", "super-car/$homie", "super-car", "5"]
)
def test_what_says_nothing_gives_nothing(homie, topic):
    assert homie(topic, "wheels,engine").items == []


def test_a_description_that_is_none(homie):
    with pytest.raises(BadFrame):
        homie("5/super-car/$description", "{")
