"""BLE advertisements and GATT values against published ones: every value that is a metric is found, and nothing else.

What they say beside that is listed here, with the reason why it is no reading.
"""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from collector.errors import BadFrame
from collector.reading import UNTIMED, Frame, Reading, Sighting
from drivers.ble.ruuvi import Ruuvi
from drivers.codecs.advertisement import Advertisement
from drivers.codecs.ieee11073 import float32, sfloat
from drivers.dialects import Dialects, dialect, kinds

DATA = Path(__file__).parents[3] / "shared" / "data"
ADDRESS = "CB:B8:33:4C:88:4F"

BTHOME = {
    "air_pressure": "pressure",
    "battery": "battery",
    "co2": "carbon_dioxide",
    "conductivity": "conductivity",
    "current": "current",
    "dew_point": "dew_point",
    "energy": "energy",
    "humidity": "humidity",
    "illuminance": "illuminance",
    "moisture": "moisture",
    "pm10": "pm10",
    "pm25": "pm25",
    "power": "power",
    "rssi": "signal_strength",
    "sequence": "packet_id",
    "temperature": "temperature",
    "voltage": "voltage",
    "water_volume": "water",
}
BTHOME_BINARY = {"occupancy": "motion", "switch_on": "power"}
NOT_METRICS = {
    "acceleration": "of no use without knowing what is moved",
    "count": "of what is not said",
    "distance": "from what is not said",
    "gas": "of a fuel meter; medical gas is measured in pressure",
    "generic": "something is on, what is not said",
    "gyroscope": "of no use without knowing what is moved",
    "light_level": "a step of a scale that every device has for itself",
    "mass": "of what is not said, and of a person it would be a vital",
    "raw": "nobody knows what it means",
    "rotation": "of what is not said",
    "timestamp": "not said to be the time of the measurement",
    "uv_index": "no room of a hospital has one",
    "volume": "of what is not said",
    "volume_flow_rate": "of air or of water is not said",
    "volume_storage": "of what is not said",
}
"""What BTHome's objects say that is no reading."""

RUUVI_NOT_METRICS = {"accx", "accy", "accz", "tx", "mac"}
"""Acceleration and power are no metrics; the address stands in the advertisement."""

HEALTH = {
    "temperature": "body_temp",
    "hr": "heart_rate",
    "spo2": "spo2",
    "pulse": "pulse_rate",
    "pai": "perfusion_index",
    "systolic": "nibp_sys",
    "diastolic": "nibp_dia",
    "map": "nibp_mean",
    "glucose": "glucose_interstitial",
}
MMHG_KPA = 0.133322387415
HEALTH_NOT_METRICS = {
    "contact",  # a technical alarm
    "crc",
    "crc_ok",  # checked: what is not valid is a BadFrame
    "day",  # without a year it is no time
    "energy_kJ",
    "measurement_status",  # the quality
    "month",
    "pulse_fast",  # other averages of the same
    "pulse_slow",
    "quality",
    "rr_1024",
    "sensor_status",  # a fault or a technical alarm
    "spo2_fast",
    "spo2_slow",
    "status",  # the quality and a technical alarm
    "time",
    "time_offset",
    "timestamp",  # the time of the reading: checked apart
    "trend",
    "type",
    "unit",  # all pressures become mmHg
    "user_id",
    "year",
}


def rows(name):
    path = DATA / "ble" / name
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"needs the conformance data: {name}"))]
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [pytest.param(row, id=f"{line}") for line, row in enumerate(found, 1)]


def heard(row, dialects):
    """{metric, or metric/2 of a part of the device: value}, with `rssi` and the actions."""
    advertisement = Advertisement(
        row.get("address", ADDRESS),
        row.get("rssi", -60),
        {int(company): bytes.fromhex(raw) for company, raw in row["manufacturer_data"].items()},
        {uuid: bytes.fromhex(raw) for uuid, raw in row.get("service_data", {}).items()},
    )
    items = [item for frame in advertisement.frames("test", UNTIMED) for item in dialects.decode(frame) or ()]
    found = {}
    for item in items:
        if isinstance(item, Reading):
            part = item.device.removeprefix(advertisement.device)
            assert f"{item.metric}{part}" not in found, "a quantity twice"
            found[f"{item.metric}{part}"] = item.value
    return found, [item for item in items if isinstance(item, Sighting)]


@pytest.mark.parametrize("row", rows("ruuvi_official.jsonl"))
def test_a_vector_of_ruuvis_own(row):
    found, seen = heard(row, Dialects([dialect("ble.ruuvi")]))
    expected = dict(row["expected"])
    raw = bytes.fromhex(row["manufacturer_data"]["1177"])
    assert Ruuvi().sequence(Frame("test", "manufacturer/0499", raw, UNTIMED)) == expected["seq"]
    assert [one.motion for one in seen] == ([] if expected["movement"] is None else [expected["movement"]])
    wanted = {
        "temperature": expected["temperature"],
        "humidity": expected["humidity"],
        "air_pressure": expected["pressure"] and expected["pressure"] / 100,
        "battery_voltage": expected["voltage"],
    }
    assert found == {metric: value for metric, value in wanted.items() if value is not None}
    assert set(expected) == {"temperature", "humidity", "pressure", "voltage", "seq", "movement"} | RUUVI_NOT_METRICS


@pytest.mark.parametrize("row", rows("bthome.jsonl"))
def test_a_packet_of_bthomes_own_tests(row):
    keys = {"bindkeys": {row["address"]: SecretStr(row["bindkey"])}} if row["bindkey"] else {}
    part = dialect("ble.bthome", keys)
    found, _ = heard(row, Dialects([part]))
    found["rssi"] = row["rssi"]
    for uuid, raw in row["service_data"].items():
        topic = f"service/{uuid[4:8]}"
        if topic in part.claims and not row["bindkey"]:
            number = part.decoder.sequence(Frame("test", topic, bytes.fromhex(raw), UNTIMED))
            found |= {} if number is None else {"sequence": number}
    assert found == bthome_expected(row)


def bthome_expected(row):
    wanted = {}
    ours = {theirs: metric for metric, theirs in BTHOME.items()}
    binary = {theirs: metric for metric, theirs in BTHOME_BINARY.items()}
    said = {name: entry["v"] for name, entry in row["expected"].items()}
    for name, value in said.items():
        bare, part = re.fullmatch(r"(\w+?)(?:_(\d))?", name).groups()
        if bare not in NOT_METRICS:
            wanted[ours[bare] + (f"/{part}" if part and part != "1" else "")] = value
    for name, value in row["binary"].items():
        if name not in NOT_METRICS:
            wanted[binary[name]] = value
    for name, (kind, _) in row["events"].items():
        part = name.partition("_")[2]
        wanted["action" + (f"/{part}" if part and part != "1" else "")] = kind
    return wanted


@pytest.fixture(scope="module")
def gatt():
    zoned = {"gatt.health_thermometer", "gatt.pulse_oximeter"}
    return Dialects([dialect(kind, {"timezone": "UTC"} if kind in zoned else {}) for kind in kinds("gatt")])


@pytest.mark.parametrize("row", rows("health_gatt.jsonl"))
def test_a_value_of_a_health_device(gatt, row):
    raw, expected = bytes.fromhex(row["hex"]), row["expected"]
    if row["uuid"] in ("SFLOAT", "FLOAT"):
        read = sfloat if row["uuid"] == "SFLOAT" else float32
        assert read(int.from_bytes(raw, "little")) is None  # every one of these is reserved
        return
    frame = Frame("test", row["uuid"].lower(), raw, UNTIMED, family="gatt", device="ble:device")
    if not row["valid"]:
        with pytest.raises(BadFrame):
            gatt.decode(frame)
        return
    readings = gatt.decode(frame)
    found = {one.metric: one.value for one in readings if one.metric not in ("sensor_fault", "technical_alarm")}
    wanted = {HEALTH[name]: value for name, value in expected.items() if name in HEALTH}
    if expected.get("unit") == "kPa":
        wanted |= {name: kpa / MMHG_KPA for name, kpa in wanted.items() if name.startswith("nibp")}
    assert found == pytest.approx(wanted)
    assert set(expected) <= set(HEALTH) | HEALTH_NOT_METRICS
    if expected.get("timestamp", "") >= "2016":  # an earlier one is of a clock that was never set
        assert {one.at for one in readings} == {datetime.fromisoformat(expected["timestamp"] + "+00:00")}


def test_floats_of_philips_guide():
    path = DATA / "interop" / "mdc_float32_vectors.json"
    if not path.exists():
        pytest.skip(f"needs the conformance data: {path.name}")
    said = json.loads(path.read_text())
    for vector in said["vectors"]:
        assert float32((vector["exp"] & 0xFF) << 24 | vector["man"] & 0xFF_FFFF) == vector["want"]
    assert [float32(int(raw, 16)) for raw in said["specials"].values()] == [None] * 4
