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
    return bad, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().splitlines()


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


@pytest.mark.parametrize("kind", ["mqtt.tasmotta", "smoke", "", "mqtt."])
def test_an_unknown_kind_is_refused(kind):
    with pytest.raises(ConfigError):
        run(kind)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_lines_at_all(lines):
    assert 0 <= run("mqtt", *lines)[0] <= len(lines)
