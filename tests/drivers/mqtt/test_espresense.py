"""ESPresense: bytes in, sightings and readings out."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality, Reading, Sighting
from drivers.mqtt.espresense import ROOM, TAG, TELEMETRY, Config, Espresense

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
BEACON = "iBeacon:426c7565-4368-6172-6d42-6561636f6e73-3838-4949"
HEARING = {
    "mac": "dd8800003777",
    "id": BEACON,
    "rssi@1m": -59,
    "rssi": -81.1,
    "rxAdj": 0,
    "rssiVar": 7.42,
    "distance": 6.58,
    "var": 4.0,
    "int": 2028,
}


def test_a_tag_heard_in_a_room(heard):
    said = heard(f"espresense/devices/{BEACON}/office", HEARING)
    assert said.items == [Sighting(f"ble:{BEACON}", "mqtt:espresense/office", -81.1, HEARD)]


KEY = "ec0234a357c8ad05341010a60a397d9b"
"""The Core Specification's sample data of `ah`, Vol 3 Part H, D.7; 70:81:94:0D:FB:AA is made with it."""


@pytest.mark.parametrize("called, mac", [(f"irk:{KEY}", "5210a84690ac"), ("7081940dfbaa", "7081940dfbaa")])
def test_a_tag_under_changing_addresses_is_one_tag_also_where_the_room_knows_no_key(heard, called, mac):
    payload = {"mac": mac, "id": called, "rssi": -70}
    said = heard(f"espresense/devices/{called}/office", payload, identity_keys={"pump-17": KEY})
    assert said.items == [Sighting("ble:pump-17", "mqtt:espresense/office", -70, HEARD)]


def test_a_sensor_is_the_same_device_as_at_an_adapter(heard):
    payload = {"mac": "a4c1388d18b2", "id": "miTherm:a4c1388d18b2", "rssi": -70, "batt": 80}
    said = heard("espresense/devices/miTherm:a4c1388d18b2/office", payload)
    assert said.by_device == {"ble:A4:C1:38:8D:18:B2": {"battery": 80}}


def test_a_passing_phone_is_no_tag(heard):
    payload = {"mac": "5210a84690ac", "id": "apple:1005:9-24", "rssi": -70}
    assert heard("espresense/devices/apple:1005:9-24/office", payload).items == []


def test_what_the_tag_says_of_itself(heard):
    payload = {"id": "pump-17", "rssi": "-70.25", "batt": 87, "mV": 2950, "temp": "21.40", "rh": 44.5}
    said = heard("espresense/devices/pump-17/ward 3", payload)
    assert said.by_device == {
        "ble:pump-17": {"battery": 87, "battery_voltage": 2.95, "temperature": 21.4, "humidity": 44.5}
    }
    assert {one.gateway for one in said.readings} == {"mqtt:espresense/ward 3"}
    assert said.others == [Sighting("ble:pump-17", "mqtt:espresense/ward 3", -70.25, HEARD)]


def test_a_retained_sighting_is_none(heard):
    said = heard("espresense/devices/pump-17/office", {"id": "pump-17", "rssi": -60, "batt": 87}, retained=True)
    assert said.others == []
    assert said.readings[0].quality is Quality.UNCERTAIN


@pytest.mark.parametrize("payload", [{"id": "x", "distance": 2}, {"id": "x", "rssi": None}, {"rssi": "far"}, ""])
def test_without_a_level_there_is_no_sighting(heard, payload):
    assert heard("espresense/devices/x/office", payload).items == []


def test_a_gateway(heard):
    payload = {"ip": "10.1.2.3", "uptime": 71234, "firm": "esp32", "rssi": -58, "ver": "v3.3.1", "freeHeap": 101112}
    said = heard("espresense/rooms/ward 3/telemetry", payload)
    assert said.by_device == {"mqtt:espresense/ward 3": {"uptime": 71234, "signal": -58}}
    facts = {"name": "ward 3", "maker": "ESPresense", "kind": "gateway", "firmware": "v3.3.1", "model": "esp32"}
    assert said.others == [Announcement("mqtt:espresense/ward 3", facts | {"address": "10.1.2.3"}, HEARD)]


@pytest.mark.parametrize(
    "topic, payload, values",
    [
        ("status", "online", {"available": True}),
        ("status", "offline", {"available": False}),
        ("motion", "ON", {"occupancy": True}),
        ("temperature", "21.5", {"temperature": 21.5}),
        ("lux", "120", {"illuminance": 120}),
        ("bme280_pressure", "1013.2", {"air_pressure": 1013.2}),
        ("max_distance", "16.00", {}),
        ("absorption", "3.50", {}),
        ("temperature", "nan", {}),
    ],
)
def test_plain_topics_of_a_room(heard, topic, payload, values):
    assert heard(f"espresense/rooms/office/{topic}", payload).values == values


def test_the_name_given_to_a_tag(heard):
    said = heard(f"espresense/settings/{BEACON}/config", {"id": "pump-17", "name": "Infusion pump 17"})
    assert said.items == [Announcement("ble:pump-17", {"name": "Infusion pump 17"}, HEARD)]
    assert heard(f"espresense/settings/{BEACON}/config", {"id": "pump-17"}).items == []


def test_another_base_topic(heard):
    said = heard(f"ble/devices/{BEACON}/office", HEARING, base_topic="ble")
    assert said.items == [Sighting(f"ble:{BEACON}", "mqtt:ble/office", -81.1, HEARD)]


def test_other_topics_are_not_claimed(heard):
    assert not heard.claimed("espresense/companion/status")
    assert not heard.claimed("espresense/rooms/office/max_distance/set")


def test_every_field_is_a_known_metric():
    assert {field.metric for table in (TAG, TELEMETRY, ROOM) for field in table.values()} <= set(METRICS)


TOPICS = ["devices/x/office", "rooms/office/telemetry", "rooms/office/status", "rooms/office/lux", "settings/x/config"]


@pytest.mark.parametrize("topic", TOPICS)
def test_broken_utf8_is_a_bad_frame(heard, topic):
    with pytest.raises(BadFrame) as trouble:
        heard(f"espresense/{topic}", b'{"a":"\xff"}')
    assert trouble.value.offset == 6


@given(st.sampled_from(TOPICS), st.binary(max_size=200))
def test_any_bytes_are_items_or_a_bad_frame(trouble_at, topic, payload):
    assert 0 <= trouble_at(Espresense(Config()), Frame("test", f"espresense/{topic}", payload, HEARD)) <= len(payload)


LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(st.sampled_from(TOPICS), st.dictionaries(st.sampled_from([*TAG, *TELEMETRY, "id", "rssi", "name", "ver"]), LEAF))
def test_any_json_is_readings_of_the_metrics_kind(topic, said):
    for one in Espresense(Config()).decode(Frame("test", f"espresense/{topic}", json.dumps(said).encode(), HEARD)):
        if isinstance(one, Reading):
            assert type(one.value) is METRICS[one.metric].kind
