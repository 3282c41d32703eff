"""Xiaomi's advertisements as the tests of xiaomi-ble have them: every value that is a metric is found, nothing else."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from collector.reading import UNTIMED, Reading
from drivers.codecs.advertisement import Advertisement
from drivers.dialects import Dialects, dialect

ROWS = Path(__file__).parents[3] / "shared" / "data" / "ble" / "xiaomi.jsonl"

VALUES = {
    "mass": "body_weight",
    "heart_rate": "heart_rate",
    "impedance": "body_impedance",
    "impedance_low": "body_impedance",
    "impedance_high": "body_impedance_high",
} | {name: name for name in ("temperature", "humidity", "illuminance", "conductivity", "moisture", "battery", "smoke")}
FLAGS = {
    "door": "door_open",
    "moisture": "leak",
    "motion": "occupancy",
    "occupancy": "occupancy",
    "occupancy_close_range": "occupancy",
    "opening": "door_open",
    "pry_the_door": "tamper",
    "smoke": "smoke",
}
NOT_METRICS = {
    "armed": "no question of ours; and the document has 0 for disarmed, they have it the other way round",
    "counter": "a toothbrush",
    "door_left_open": "the door is open",
    "duration_cleared": "known from when occupancy changed",
    "duration_detected": "known from when occupancy changed",
    "fingerprint": "of a person",
    "key_id": "a person",
    "lock_method": "how a person opened it",
    "mass_non_stabilized": "not stable",
    "power": "a button `on` of a remote",
    "profile_id": "a person",
    "score": "a toothbrush",
    "signal_strength": "in every sighting",
    "stabilized": "only stable values are taken",
    "toothbrush": "a toothbrush",
}
ALSO = {"smoke": {"sensor_fault": False}}
"""What we tell beside it."""


def rows():
    if not ROWS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"needs the conformance data: {ROWS.name}"))]
    found = [json.loads(line) for line in ROWS.read_text().splitlines()]
    return [pytest.param(row, id=row["source"].partition("::")[2]) for row in found]


@pytest.mark.parametrize("row", rows())
def test_an_advertisement_of_xiaomi_bles_tests(row):
    keys = {"bindkeys": {row["address"]: SecretStr(row["bindkey"])}} if row["bindkey"] else {}
    dialects = Dialects([dialect("ble.xiaomi", keys), dialect("ble.miscale")])
    services = {uuid: bytes.fromhex(raw) for uuid, raw in row["service_data"].items()}
    advertisement = Advertisement(row["address"], row["rssi"], {}, services, row["name"])
    items = [item for frame in advertisement.frames("test", UNTIMED) for item in dialects.decode(frame) or ()]
    found = {
        f"{one.metric}{one.device.removeprefix(advertisement.device)}": one.value
        for one in items
        if isinstance(one, Reading)
    }
    assert found == expected(row)


def expected(row):
    wanted = {}
    for name, entry in row["expected"].items():
        if name not in NOT_METRICS:
            wanted[VALUES[name]] = pytest.approx(entry["v"])
    for name, value in row["binary"].items():
        if name == "lock":
            if "armed" not in row["binary"]:  # theirs of a message that says nothing of the lock
                wanted["locked"] = not value  # they have True for open
        elif name not in NOT_METRICS:
            wanted[FLAGS[name]] = value
            wanted |= ALSO.get(name, {})
    for name, (kind, _) in row["events"].items():
        if name not in {"fingerprint", "lock"}:
            wanted["action/2" if name.endswith("_right") else "action"] = kind
    if row["source"].endswith("HHCCJCY01_all_values[3]"):  # four messages together, of which this is the last
        wanted = {"temperature": wanted["temperature"]}
    return wanted
