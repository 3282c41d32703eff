"""Published messages of gateways, and every published message against every dialect at once: a dialect adds nothing to
another's messages, takes nothing from them, and finds nothing bad in them.

Expected values were read off the messages by hand, not computed by the decoders.
"""

import json
from pathlib import Path

import pytest

from collector.errors import BadFrame
from collector.reading import UNTIMED, Frame, Reading, Sighting
from drivers.dialects import Dialects, dialect, kinds
from drivers.links.mqtt import EVERYTHING

DATA = Path(__file__).parents[3] / "shared" / "data" / "mqtt" / "mqtt_conventions.jsonl"
GATEWAY = "mqtt:home/OpenMQTTGateway"
BEACON = "ble:iBeacon:1de4b189-115e-45f6-b44e-509352269977-0-0"

EXPECTED = {
    # line of the file: {tag: level}; the two beacons are one, under two addresses
    111: {"ble:45:E1:74:12:6E:00": -89},
    112: {BEACON: -79},
    113: {BEACON: -77},
}
OWN = {
    "chirpstack4": ["mqtt.chirpstack"],
    "espresense": ["mqtt.espresense"],
    "homie5": ["mqtt.homie"],
    "omg": ["mqtt.openmqttgateway", "ble.ibeacon"],
    "shelly2": ["mqtt.shelly"],
    "sparkplugB": ["mqtt.sparkplug"],
    "tasmota": ["mqtt.tasmota"],
    "zigbee2mqtt": ["mqtt.zigbee2mqtt", "mqtt.zigbee2mqtt zigbee"],
}
"""Whose a message is, by its convention; what is right of it, the conformance tests of that dialect say."""

SETTINGS = {
    "mqtt.home_assistant": {"topics": ["#"]},
    "mqtt.kontakt_gateway": {"topics": ["kontakt/#"]},
    "mqtt.shelly": {"prefixes": ["+", "home/+"]},
    "mqtt.zigbee2mqtt zigbee": {"base_topic": "zigbee"},
}


def messages():
    if not DATA.exists():
        return [pytest.param(0, {}, marks=pytest.mark.skip(reason=f"needs the conformance data: {DATA.name}"))]
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    assert {row["convention"] for row in rows} == set(OWN)
    return [pytest.param(line, row, id=f"{line}-{row['topic'][:40]}") for line, row in enumerate(rows, 1)]


def opened(names):
    return Dialects([dialect(name.split()[0], SETTINGS.get(name)) for name in names])


@pytest.fixture(scope="module")
def everything():
    return opened([*kinds("mqtt"), "mqtt.zigbee2mqtt zigbee", *kinds("ble")])


@pytest.fixture(scope="module")
def own():
    return {convention: opened(names) for convention, names in OWN.items()}


def frame(row):
    payload = row["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    return Frame("test", row["topic"], raw, UNTIMED)


def said(dialects, row):
    try:
        return list(dialects.decode(frame(row)) or ()), ""
    except BadFrame as trouble:
        return list(trouble.said), str(trouble)


@pytest.mark.parametrize("line, row", messages())
def test_nobody_adds_to_takes_from_or_complains_of_the_message_of_another(everything, own, line, row):
    items, trouble = said(everything, row)
    assert (items, trouble) == said(own[row["convention"]], row)
    if row["convention"] == "omg":
        assert {one.tag: one.rssi_dbm for one in items if isinstance(one, Sighting)} == EXPECTED[line]
        assert not [one for one in items if isinstance(one, Reading)]
        assert {one.gateway for one in items} == {GATEWAY}
        assert not trouble


def test_a_link_that_names_no_dialect_understands_every_convention_that_is_published_as_it_comes():
    named = {name for names in OWN.values() for name in names if name.startswith("mqtt.") and " " not in name}
    assert named < set(EVERYTHING)
    assert all(dialect(name).claims for name in EVERYTHING)
