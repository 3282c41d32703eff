"""The command `decode`: readings as JSON lines, bad frames on the error stream, never a stop."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import ConfigError
from drivers.decode import decode


def run(kind, *lines, device=""):
    out, err = io.StringIO(), io.StringIO()
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines]
    bad = decode(kind, raw, out, err, device)
    return bad, [json.loads(line) for line in out.getvalue().split("\n")[:-1]], err.getvalue().splitlines()


def test_the_family_chooses_as_a_link_does():
    bad, out, err = run(
        "mqtt",
        {"topic": "zigbee2mqtt/OR-2/air", "payload": {"temperature": 21.5, "last_seen": "2024-01-01T00:00:00Z"}},
        {"topic": "tele/pump/LWT", "payload": "Online"},
        {"topic": "espresense/devices/pump-17/office", "payload": '{"id": "pump-17", "rssi": -70}'},
        {"topic": "somebody/else", "payload": "hello"},
        {"topic": "zigbee2mqtt/bridge/devices", "payload": [{"friendly_name": "a"}]},
    )
    assert (bad, err) == (0, [])
    assert out == [
        {
            "device": "mqtt:zigbee2mqtt/OR-2/air",
            "metric": "temperature",
            "value": 21.5,
            "unit": "Cel",
            "quality": "GOOD",
            "at": "2024-01-01T00:00:00Z",
        },
        {
            "device": "mqtt:tasmota/pump",
            "metric": "available",
            "value": True,
            "unit": "",
            "quality": "GOOD",
            "at": None,
        },
        {"tag": "ble:pump-17", "gateway": "mqtt:espresense/office", "rssi_dbm": -70.0},
    ]


def test_one_part_takes_any_base_topic_and_nothing_of_the_others():
    lines = [
        {"topic": "zigbee/leak", "payload": {"battery": "100.00"}},
        {"topic": "tele/pump/STATE", "payload": {"UptimeSec": 5}},
    ]
    assert [one["metric"] for one in run("mqtt.zigbee2mqtt", lines[0])[1]] == ["battery"]
    assert [one["metric"] for one in run("mqtt.tasmota", *lines)[1]] == ["uptime"]


def test_one_part_that_must_be_told_where_to_listen_takes_every_topic():
    config = {"state_topic": "f/1", "device_class": "temperature", "unit_of_measurement": "°C", "device": {"ids": "x"}}
    lines = [{"topic": "homeassistant/sensor/t/config", "payload": config}, {"topic": "f/1", "payload": "4.5"}]
    bad, out, _ = run("mqtt.home_assistant", *lines)
    assert (bad, [(one["device"], one["value"]) for one in out]) == (0, [("mqtt:homeassistant/x", 4.5)])


def test_a_bad_frame_is_named_and_the_others_go_on():
    bad, out, err = run(
        "mqtt",
        {"topic": "zigbee2mqtt/a", "payload": '{"temperature": NaN}'},
        b"nonsense\n",
        b"\n",
        {"payload": 1},
        b'{"topic": "zigbee2mqtt/a", "payload": "\xff"}\n',
        {"topic": "zigbee2mqtt/a", "payload": {"co2": 640}},
    )
    assert bad == 4
    assert [one["value"] for one in out] == [640]
    assert err[0] == "line 1, byte 16: JSON is malformed: invalid character"
    assert [line.partition(",")[0] for line in err] == ["line 1", "line 2", "line 4", "line 5"]


def test_a_frame_that_names_its_device_keeps_it():
    line = {"topic": "zigbee2mqtt/a", "payload": {"co2": 640}}
    assert run("mqtt", line, device="bench")[1][0]["device"] == "mqtt:zigbee2mqtt/a"


def test_a_retained_message_is_uncertain():
    line = {"topic": "zigbee2mqtt/a", "payload": {"co2": 640}, "retained": True}
    assert run("mqtt", line)[1][0]["quality"] == "UNCERTAIN"


RUUVI = {
    "address": "cb:b8:33:4c:88:4f",
    "rssi": -61,
    "name": "Ruuvi 884F",
    "manufacturer_data": {"1177": "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"},
    "service_data": {},
    "service_uuids": [],
}
BTHOME = {
    "address": "54:48:E6:8F:80:A5",
    "rssi": -60,
    "service_data": {"0000fcd2-0000-1000-8000-00805f9b34fb": "41e445f3c9962b332211006c7c4519"},
    "bindkey": "231d39c1d7cc1ab1aee224cd096db932",
}


def test_an_advertisement_gives_readings_and_who_was_seen():
    bad, out, _ = run("ble", RUUVI, device="ble:hci0")
    assert bad == 0
    assert out[0] == {
        "device": "ble:CB:B8:33:4C:88:4F",
        "metric": "temperature",
        "value": 24.3,
        "unit": "Cel",
        "quality": "GOOD",
        "at": None,
    }
    assert [one.get("metric", "sighting") for one in out] == [
        "temperature",
        "humidity",
        "air_pressure",
        "battery_voltage",
        "sighting",
    ]
    assert out[-1] == {"tag": "ble:CB:B8:33:4C:88:4F", "gateway": "ble:hci0", "rssi_dbm": -61.0}


def test_a_device_that_nobody_knows_was_seen_all_the_same():
    stranger = RUUVI | {"manufacturer_data": {"65535": "00"}}
    assert run("ble", stranger)[1] == [{"tag": "ble:CB:B8:33:4C:88:4F", "gateway": "", "rssi_dbm": -61.0}]
    assert run("ble", stranger | {"rssi": None})[1] == []


def test_a_beacon_is_seen_by_its_own_name_alone():
    beacon = RUUVI | {"manufacturer_data": {"76": "0215b5b182c7eab14988aa99b5c1517008d9000100ffc6"}}
    assert [one["tag"] for one in run("ble", beacon)[1]] == ["ble:iBeacon:b5b182c7-eab1-4988-aa99-b5c1517008d9-1-255"]


def test_the_key_of_an_encrypted_device_stands_in_its_line():
    found = [(one.get("metric"), one.get("value")) for one in run("ble.bthome", BTHOME)[1]]
    assert found[:2] == [("temperature", 25.06), ("humidity", 50.55)]
    for wrong in ({"bindkey": "0" * 32}, {"bindkey": "short"}, {"bindkey": ""}):
        bad, _, err = run("ble", BTHOME | wrong)
        assert bad == 1
        assert "key" in err[0]
        assert "0" * 32 not in err[0]


def test_a_bad_element_takes_nothing_away_from_the_others():
    both = BTHOME | {"manufacturer_data": RUUVI["manufacturer_data"], "bindkey": ""}
    bad, out, err = run("ble", both)
    assert [one["value"] for one in out if one.get("metric") == "temperature"] == [24.3]
    assert (bad, len(err)) == (1, 1)


def test_one_part_of_a_family_is_deaf_to_the_others():
    assert [one.get("metric") for one in run("ble.bthome", RUUVI)[1]] == [None]


def test_a_value_of_a_characteristic():
    lines = [
        {"characteristic": "2A5F", "hex": "0064005a00"},
        {"characteristic": "00002a37-0000-1000-8000-00805f9b34fb", "hex": "0048"},
        {"characteristic": "2A29", "hex": "4e6f6e696e"},
        {"characteristic": "2A00", "hex": "00"},
    ]
    bad, out, _ = run("gatt", *lines, device="ble:C4:7C:8D:6A:11:02")
    assert bad == 0
    assert [(one["device"], one["metric"], one["value"]) for one in out] == [
        ("ble:C4:7C:8D:6A:11:02", "spo2", 100),
        ("ble:C4:7C:8D:6A:11:02", "pulse_rate", 90),
        ("ble:C4:7C:8D:6A:11:02", "heart_rate", 72),
    ]


@pytest.mark.parametrize(
    "kind, line, why",
    [
        ("ble", {"rssi": -60}, "Expected"),
        ("ble", RUUVI | {"manufacturer_data": {"1177": "0g"}}, "'0g' is not hexadecimal"),
        ("ble", RUUVI | {"manufacturer_data": {"0x499": "05"}}, "'0x499' is no company id"),
        ("ble", RUUVI | {"manufacturer_data": {"1177": "0512"}}, "has 24 bytes, these are 2"),
        ("gatt", {"characteristic": "2A5F"}, "Expected"),
        ("gatt", {"characteristic": "2A5F", "hex": None}, "not hexadecimal"),
        ("gatt", {"characteristic": "2A5F", "hex": "0064"}, "ends inside its SpO2"),
    ],
)
def test_a_line_that_makes_no_sense_says_why(kind, line, why):
    bad, _, err = run(kind, line)
    assert bad == 1
    assert why in err[0]


@pytest.mark.parametrize("kind", ["mqtt.tasmotta", "smoke", "", "mqtt.", "ble.", "gatt.blood"])
def test_an_unknown_kind_is_refused(kind):
    with pytest.raises(ConfigError):
        run(kind)


@given(st.sampled_from(["mqtt", "ble", "gatt"]), st.lists(st.binary(max_size=60), max_size=5))
def test_any_lines_at_all(kind, lines):
    assert 0 <= run(kind, *lines)[0] <= len(lines)


LEAF = st.none() | st.integers() | st.text() | st.floats() | st.binary(max_size=20).map(bytes.hex)
ELEMENTS = st.dictionaries(st.sampled_from(["1177", "76", "-1", "x"]) | st.text(), LEAF, max_size=3)


@given(st.fixed_dictionaries({"address": LEAF, "rssi": LEAF, "manufacturer_data": ELEMENTS | LEAF, "bindkey": LEAF}))
def test_any_advertisement_at_all(line):
    assert run("ble", line)[0] in (0, 1)
