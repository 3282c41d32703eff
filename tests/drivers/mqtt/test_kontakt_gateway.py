"""Kontakt.io gateways: the events of Kontakt.io's own examples in, tags and what they say out."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import BadFrame
from collector.reading import Announcement, Sighting

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
FUZZED = {"topics": ["kontakt/#"]}
GATEWAY = "mqtt:kontakt/ward-3"
TAG = "ble:F9:10:E1:40:D4:F1"
BEACON = "ble:iBeacon:8387fccd-9db5-4163-8618-e8587155d44e-65535-0"
IBEACON = {
    "rssi": -50,
    "data": "AgEGGv9MAAIVg4f8zZ21QWOGGOhYcVXUTv//AAD0",
    "srData": "ChYN0HlhdW00MjI=",
    "timestamp": 1688335200,
    "scanType": "BLE",
    "deviceAddress": "f9:10:e1:40:d4:f1",
}
TELEMETRY = "DxZq/gMGAQDh9WVXAwUyFg=="
"""A Telemetry packet with system health (87%) and a temperature of 22 °C, after Kontakt.io's page of the packet."""


@pytest.fixture
def events(heard):
    def said(*events, version=3, also=("ble.ibeacon", "ble.kontakt"), **more):
        payload = {"version": version, "timestamp": 1688335200, "sourceId": "ward-3", "events": events}
        return heard("kontakt/ward-3", payload, also=also, topics=["kontakt/#"], **more)

    return said


def sightings(said):
    return [one for one in said.others if isinstance(one, Sighting)]


def test_an_ibeacon_is_its_tag_whatever_its_address(events):
    said = events(IBEACON)
    assert sightings(said) == [Sighting(BEACON, GATEWAY, -50, HEARD)]
    told = {"name": "ward-3", "maker": "Kontakt.io", "kind": "gateway"}
    assert Announcement(GATEWAY, told, HEARD) in said.others


def test_version_4_says_the_same_under_ble(events):
    keys = ("deviceAddress", "data", "srData")
    event = {key: IBEACON[key] for key in ("rssi", "timestamp")} | {"ble": {key: IBEACON[key] for key in keys}}
    assert events(event, version=4).items == events(IBEACON).items


def test_telemetry_of_a_tag(events):
    said = events({"rssi": -60, "data": TELEMETRY, "deviceAddress": "f9:10:e1:40:d4:f1"})
    assert said.by_device == {TAG: {"battery": 87, "temperature": 22}}
    assert {one.gateway for one in said.readings} == {GATEWAY}
    assert sightings(said) == [Sighting(TAG, GATEWAY, -60, HEARD)]


def test_the_published_packet_that_ends_too_late_is_bad_and_the_tag_was_heard(events):
    with pytest.raises(BadFrame, match="F9:10:E1:40:D4:F1: An element of 14 bytes ends 1 bytes too late") as trouble:
        events({"rssi": -51, "data": "DhZq/gIIBAEBBHlhdW0=", "deviceAddress": "f9:10:e1:40:d4:f1"})
    assert list(trouble.value.said) == [Sighting(TAG, GATEWAY, -51, HEARD)]


@pytest.mark.parametrize("unit", [1, 1000])
def test_an_event_is_as_old_as_the_gateway_says_in_seconds_and_milliseconds(events, unit):
    first, second = (
        {**IBEACON, "data": "", "srData": None, "timestamp": at * unit, "deviceAddress": f"f9:10:e1:40:d4:0{n}"}
        for n, at in enumerate((1688335201, 1688335200))
    )
    assert [(one.tag[-2:], one.received) for one in sightings(events(first, second))] == [
        ("01", HEARD - timedelta(seconds=1)),
        ("00", HEARD),
    ]


def test_a_key_resolves_a_changing_address(events):
    key = "ec0234a357c8ad05341010a60a397d9b"  # the Core Specification's sample data, Vol 3 Part H, D.7
    said = events({"rssi": -60, "deviceAddress": "70:81:94:0D:FB:AA"}, identity_keys={"pump-17": key})
    assert sightings(said) == [Sighting("ble:pump-17", GATEWAY, -60, HEARD)]


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        {"version": 5, "sourceId": "a", "events": [IBEACON]},
        {"version": 3, "events": [IBEACON]},
        {"version": 3, "sourceId": "a", "events": 7},
    ],
)
def test_what_is_no_such_message_says_nothing(heard, payload):
    assert heard("kontakt/a", payload, topics=["kontakt/#"]).items == []


@pytest.mark.parametrize("event", [7, {}, {"deviceAddress": "here"}, {"deviceAddress": 7, "rssi": -60}])
def test_an_event_without_an_address_says_nothing(events, event):
    assert sightings(events(event)) == []


def test_it_listens_only_where_it_is_told(heard):
    assert not heard.claimed("kontakt/ward-3")
