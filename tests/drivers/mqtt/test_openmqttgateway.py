"""OpenMQTTGateway and Theengs Gateway: messages of their documentation in, readings and sightings out."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame, ConfigError
from collector.reading import Announcement, Quality, Sighting

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
GATEWAY = "mqtt:home/OpenMQTTGateway"
TOPIC = "home/OpenMQTTGateway/BTtoMQTT/"
BEACON = "ble:iBeacon:1de4b189-115e-45f6-b44e-509352269977-0-0"
IBEACON = {
    "id": "58:78:20:76:BC:24",
    "mac_type": 1,
    "rssi": -79,
    "model_id": "IBEACON",
    "mfid": "4c00",
    "uuid": "1de4b189115e45f6b44e509352269977",
    "major": 0,
    "minor": 0,
}
RUUVI = "99040512fc5394c37c0004fffc040cac364200cdcbb8334c884f"
"""Company id and the payload of Ruuvi's documentation of data format 5, at address CB:B8:33:4C:88:4F."""

FIRST_KEY = "ec0234a357c8ad05341010a60a397d9b"
FIRST_ADDRESS = "70:81:94:0D:FB:AA"
"""The Core Specification's sample data of `ah`, Vol 3 Part H, D.7: prand 708194, hash 0dfbaa."""


def test_an_advertisement_without_its_data_says_that_the_tag_was_heard(heard):
    said = heard(
        f"{TOPIC}45E174126E00", {"id": "45:e1:74:12:6e:00", "rssi": -89, "distance": 21.51847, "servicedata": "fe00"}
    )
    assert said.items == [Sighting("ble:45:E1:74:12:6E:00", GATEWAY, -89, HEARD)]


@pytest.mark.parametrize("mac", ["58:78:20:76:BC:24", "52:10:A8:46:90:AC"])
def test_an_ibeacon_under_rotating_addresses_is_one_tag(heard, mac):
    assert heard(f"{TOPIC}{mac.replace(':', '')}", IBEACON | {"id": mac}).items == [
        Sighting(BEACON, GATEWAY, -79, HEARD)
    ]


def test_the_same_beacon_as_bytes_is_the_same_tag(heard):
    data = "4c0002151de4b189115e45f6b44e50935226997700000000be"
    payload = {"id": "58:78:20:76:BC:24", "mac_type": 1, "rssi": -79, "manufacturerdata": data}
    assert heard(f"{TOPIC}587820", payload, also=["ble.ibeacon"]).items == [Sighting(BEACON, GATEWAY, -79, HEARD)]


def test_the_bytes_count_and_not_what_the_gateway_made_of_them(heard):
    payload = {"id": "CB:B8:33:4C:88:4F", "mac_type": 1, "rssi": -60, "manufacturerdata": RUUVI, "tempc": 99}
    said = heard(f"{TOPIC}CBB8334C884F", payload, also=["ble.ruuvi"])
    assert said.values["temperature"] == 24.3
    assert {one.gateway for one in said.readings} == {GATEWAY}
    assert Sighting("ble:CB:B8:33:4C:88:4F", GATEWAY, -60, HEARD) in [
        one if one.motion is None else Sighting(one.tag, one.gateway, one.rssi_dbm, one.received)
        for one in said.others
        if isinstance(one, Sighting)
    ]


def test_fields_that_the_gateway_decoded(heard):
    said = heard(f"{TOPIC}4C33A6603C79", {"hum": "52.6", "tempc": "19.2", "tempf": "66.56"})
    assert said.by_device == {"ble:4C:33:A6:60:3C:79": {"temperature": 19.2, "humidity": 52.6}}
    assert said.others == []


def test_a_service_by_its_uuid_and_a_name(heard):
    payload = {
        "id": "A4:C1:38:8D:18:B2",
        "rssi": -60,
        "servicedatauuid": "0xfcd2",
        "servicedata": "4002c409",
        "name": "Shed",
    }
    said = heard(f"{TOPIC}A4C1388D18B2", payload, also=["ble.bthome"])
    assert said.values == {"temperature": 25.0}
    assert Announcement("ble:A4:C1:38:8D:18:B2", {"name": "Shed", "address": "A4:C1:38:8D:18:B2"}, HEARD) in said.others


def test_an_address_that_changes_is_no_tag_but_one_that_a_key_resolves(heard):
    payload = {"id": FIRST_ADDRESS, "mac_type": 1, "rssi": -70}
    assert heard(f"{TOPIC}x", payload).items == []
    known = heard(f"{TOPIC}x", payload, identity_keys={"pump-17": FIRST_KEY})
    assert known.items == [Sighting("ble:pump-17", GATEWAY, -70, HEARD)]


def test_a_key_that_is_none_is_named(heard):
    with pytest.raises(ConfigError, match="32 hex digits"):
        heard(f"{TOPIC}x", {}, identity_keys={"pump-17": "abc"})


def test_a_retained_message_is_no_sighting(heard):
    said = heard(f"{TOPIC}4C33A6603C79", {"tempc": 19.2, "rssi": -60}, retained=True)
    assert said.others == []
    assert said.readings[0].quality is Quality.UNCERTAIN


def test_the_gateway_itself(heard):
    assert heard("home/OpenMQTTGateway/LWT", "offline").by_device == {GATEWAY: {"available": False}}
    said = heard("home/OpenMQTTGateway/SYStoMQTT", {"uptime": 120, "version": "v1.7.0", "rssi": -58, "ip": "10.0.0.7"})
    assert said.by_device == {GATEWAY: {"uptime": 120, "signal": -58}}
    facts = {"name": "OpenMQTTGateway", "maker": "OpenMQTTGateway", "kind": "gateway"}
    assert said.others == [Announcement(GATEWAY, facts | {"firmware": "v1.7.0", "address": "10.0.0.7"}, HEARD)]


@pytest.mark.parametrize("payload", ["", {"id": "no address", "rssi": -60}, {"id": "45:e1:74:12:6e:00"}])
def test_what_says_nothing(heard, payload):
    assert heard(f"{TOPIC}x", payload).items == []


def test_data_that_is_not_hexadecimal_is_bad(heard):
    with pytest.raises(BadFrame, match="manufacturerdata is not hexadecimal"):
        heard(f"{TOPIC}x", {"id": "45:e1:74:12:6e:00", "manufacturerdata": "xyz"})


def test_one_bad_element_takes_nothing_else_with_it(heard):
    payload = {"id": "45:e1:74:12:6e:00", "rssi": -60, "manufacturerdata": RUUVI[:12]}
    with pytest.raises(BadFrame, match="manufacturer/0499") as trouble:
        heard(f"{TOPIC}x", payload, also=["ble.ruuvi"])
    assert list(trouble.value.said) == [Sighting("ble:45:E1:74:12:6E:00", GATEWAY, -60, HEARD)]
