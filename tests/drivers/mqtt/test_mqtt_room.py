"""Room presence: the message of the documentation and its forms in, sightings out."""

from datetime import UTC, datetime

import pytest

from collector.reading import Announcement, Sighting

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
BEACON = "1de4b189115e45f6b44e509352269977"


def test_a_distance_alone_is_no_level(heard):
    said = heard("room_presence/bedroom", {"id": "123TESTMAC", "name": "test_device", "distance": 1})
    assert said.items == [Announcement("ble:123TESTMAC", {"name": "test_device"}, HEARD)]


def test_a_tag_heard_in_a_room(heard):
    said = heard("room_presence/ward 3/4.12", {"id": "58782076bc24", "rssi": -78, "distance": 7.8, "battery": 90})
    assert said.others == [Sighting("ble:58:78:20:76:BC:24", "mqtt:room_presence/ward 3/4.12", -78, HEARD)]
    assert said.by_device == {"ble:58:78:20:76:BC:24": {"battery": 90}}


@pytest.mark.parametrize("mac", ["60:87:57:4C:9B:C2", "52:10:A8:46:90:AC"])
def test_a_beacon_whose_address_changes_is_one_tag(heard, mac):
    payload = {"id": BEACON, "mac_type": 1, "rssi": -78, "uuid": BEACON, "major": 0, "minor": 0, "mac": mac}
    said = heard("home/presence/OMG", payload, base_topic="home/presence")
    tag = "ble:iBeacon:1de4b189-115e-45f6-b44e-509352269977-0-0"
    assert said.items == [Sighting(tag, "mqtt:home/presence/OMG", -78, HEARD)]


@pytest.mark.parametrize(
    "said", [f"{BEACON}-7-9", f"{BEACON.upper()}-7-9", "iBeacon:1de4b189-115e-45f6-b44e-509352269977-7-9"]
)
def test_a_beacon_in_one_word_is_the_same_tag(heard, said):
    tag = "ble:iBeacon:1de4b189-115e-45f6-b44e-509352269977-7-9"
    assert heard("room_presence/a", {"id": said, "rssi": -60}).items == [
        Sighting(tag, "mqtt:room_presence/a", -60, HEARD)
    ]


def test_a_key_resolves_a_changing_address(heard):
    key = "ec0234a357c8ad05341010a60a397d9b"  # the Core Specification's sample data, Vol 3 Part H, D.7
    said = heard("room_presence/a", {"id": "70:81:94:0D:FB:AA", "rssi": -60}, identity_keys={"pump-17": key})
    assert said.items == [Sighting("ble:pump-17", "mqtt:room_presence/a", -60, HEARD)]


@pytest.mark.parametrize("payload", ["", "{}", {"rssi": -60}])
def test_what_says_nothing(heard, payload):
    assert heard("room_presence/a", payload).items == []


def test_what_the_broker_kept_is_no_sighting(heard):
    assert heard("room_presence/a", {"id": "x", "rssi": -60}, retained=True).items == []
