"""The three dialects against published messages: every physical value is found, and nothing else.

Expected values were read off the messages by hand, not computed by the decoders.
"""

import json
from pathlib import Path

import pytest

from collector.errors import BadFrame
from collector.reading import UNTIMED, Frame, Reading, Sighting
from drivers.dialects import Dialects, dialect

DATA = Path(__file__).parents[3] / "shared" / "data" / "mqtt" / "mqtt_conventions.jsonl"
OURS = {"zigbee2mqtt", "tasmota", "espresense"}
BEACON = "iBeacon:426c7565-4368-6172-6d42-6561636f6e73-3838-4949"
POW = {
    "energy": 6.294,
    "power": 2635,
    "apparent_power": 2650,
    "reactive_power": 282,
    "power_factor": 0.99,
    "voltage": 227,
    "current": 11.661,
}
LATER = {
    "energy": 6.404,
    "power": 2629,
    "apparent_power": 2645,
    "reactive_power": 288,
    "voltage": 226,
    "current": 11.677,
}
BULB = {"light_on": True, "brightness": 62.99, "color_temperature": 2857, "link_quality": 79, "available": True}

EXPECTED = {
    # line of the file: {device under mqtt:tasmota/ or native id: {metric: value}}
    1: {"tasmota": {"illuminance": 8}},
    3: {"tasmota": {"uptime": 66972, "link_quality": 100, "switch_on": False}},
    10: {"wemos2": {"switch_on": False}},
    16: {
        "tasmota/Flora-6ab577": {"temperature": 21.7, "illuminance": 21, "humidity": 0},
        "tasmota/MJ_HT_V1-3108be": {"temperature": 22.3, "humidity": 56.1},
    },
    17: {"ble:A4:C1:38:7F:C1:E1": {"rssi": -56}},
    28: {"demo": {"switch_on": False}},
    31: {"tasmota": {"uptime": 14, "link_quality": 100}},
    41: {"tasmota": {"temperature": 22.7}},
    42: {"tasmota": {"device_temperature": 25}},
    53: {"ds1820": {"temperature": 20.9}},
    55: {"mqttTopic": {"switch_on": True}},
    56: {"mqttTopic": {"switch_on": False}},
    66: {"": {"energy": 9098.245, "power": 170, "apparent_power": 170, "current": 1, "device_temperature": 36.1}},
    67: {"": {"energy": 9098.255, "power": 190, "apparent_power": 190, "current": 1, "device_temperature": 36.1}},
    68: {"": {"energy": 9098.265, "power": 170, "apparent_power": 170, "current": 1, "device_temperature": 36.7}},
    69: {"": {"apparent_power": 180}},
    **{line: {"": {"apparent_power": 170}} for line in (70, 71, 72)},
    73: {"": {"apparent_power": 160}},
    78: {"tasmota/Zigbee_home/0xF75D": {"link_quality": 36}},
    82: {"demo/0x128F": {"link_quality": 158}},
    84: {"demo/Vibration_sensor": {"link_quality": 153}},
    86: {"xxx/IKEA_Bulb": BULB},
    87: {"tasmota/0x4773": {"switch_on": True, "link_quality": 52}},
    88: {"demo/IKEA_remote": {"link_quality": 75}},
    89: {"demo/IKEA_Light": {"switch_on": True, "link_quality": 80}},
    **{line: {"demo/IKEA_Light": {"link_quality": 80}} for line in range(91, 97)},
    97: {"demo/Kitchen_Light": {"light_on": False, "brightness": 51.18, "color_temperature": 2857}},
    98: {"pow1": POW},
    99: {"pow1": LATER | {"power_factor": 0.99}},
    114: {"mqtt:zigbee2mqtt/ward3_switch": {"action": "single"}},
    115: {"mqtt:zigbee2mqtt/ward3_pir": {"occupancy": True}},
    116: {
        "mqtt:zigbee2mqtt/ward3/bed_light": {"light_on": True, "brightness": 84.65, "color_temperature": 3077},
    },
    117: {
        "mqtt:zigbee/czujnikzalania1": {"battery": 100, "battery_voltage": 3.045, "link_quality": 99, "leak": False},
    },
    118: {f"ble:{BEACON}": {"rssi": -81.1}},
}


def messages():
    if not DATA.exists():
        return [pytest.param(0, {}, marks=pytest.mark.skip(reason=f"needs the conformance data: {DATA.name}"))]
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    return [
        pytest.param(line, row, id=f"{line}-{row['topic'][:40]}")
        for line, row in enumerate(rows, 1)
        if row["convention"] in OURS
    ]


@pytest.fixture(scope="module")
def dialects():
    """All three at once, as a link has them, and a second Zigbee2MQTT under another base topic."""
    kinds = [dialect(f"mqtt.{name}") for name in sorted(OURS)]
    return Dialects([*kinds, dialect("mqtt.zigbee2mqtt", {"base_topic": "zigbee"})])


@pytest.mark.parametrize("line, row", messages())
def test_a_published_message(dialects, line, row):
    payload = row["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    try:
        items = dialects.decode(Frame("test", row["topic"], raw, UNTIMED))
    except BadFrame:
        items = []
    found = {}
    for one in items:
        if isinstance(one, Sighting):
            found.setdefault(one.tag, {})["rssi"] = one.rssi_dbm
        elif isinstance(one, Reading):
            metrics = found.setdefault(one.device, {})
            assert one.metric not in metrics, "a quantity twice"
            metrics[one.metric] = one.value
    assert found == {
        _native(device): {metric: pytest.approx(value, abs=0.01) for metric, value in metrics.items()}
        for device, metrics in EXPECTED.get(line, {}).items()
    }


def _native(device):
    return device if ":" in device else f"mqtt:tasmota/{device}".rstrip("/")
