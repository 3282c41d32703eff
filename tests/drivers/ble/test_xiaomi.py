"""MiBeacon: frames captured by others and objects of Xiaomi's document in, readings out."""

import struct
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from pydantic import SecretStr

from collector.errors import BadFrame, ConfigError, NoKey
from collector.metrics import METRICS
from drivers.ble.xiaomi import DEVICES, Config, Xiaomi
from drivers.dialects import dialect

FE95 = "service/fe95"
ROUND = "5020aa01379bb8dda8654c"
"""Of a LYWSDCGQ, up to its object (https://home-is-where-you-hang-your-hack.github.io/ble_monitor)."""
ENCRYPTED = "58585b0550f4830238c1a495ef58763c26000097e2abb5"
"""Of a LYWSD03MMC, and its key (tests of https://github.com/Bluetooth-Devices/xiaomi-ble, as those below)."""
MAC, KEY = "A4:C1:38:02:83:F4", "e9ea895fac7cca6d30532432a516f3a8"
DIMMER = "5830b603d28b98c54124f8c3491476757e00000099"
DIMMER_MAC, DIMMER_KEY = "F8:24:41:C5:98:8B", "b853075158487ca39a5b5ea9"
FUZZED = {"bindkeys": {MAC: SecretStr(KEY), DIMMER_MAC: SecretStr(DIMMER_KEY)}}


def of(product, objects):
    """A plain frame of version 5 without an address."""
    return b"\x40\x50" + struct.pack("<HB", product, 7) + bytes.fromhex(objects)


@pytest.mark.parametrize(
    "objects, values",
    [
        ("0d1004b2004302", {"temperature": 17.8, "humidity": 57.9}),
        ("041002efff", {"temperature": -1.7}),
        ("061002f401", {"humidity": 50}),
        ("0a100164", {"battery": 100}),
        ("0710030e0000", {"illuminance": 14}),
        ("08100140", {"moisture": 64}),
        ("0910025702", {"conductivity": 599}),
        ("1010021000", {"formaldehyde": 0.16}),
        ("0a0002a70e", {"body_temp": 37.51}),
        ("12100101", {"switch_on": True}),
        ("0510020146", {"switch_on": True}),
        ("14100101", {"leak": True}),
        ("0c000100", {"leak": False}),
        ("15100100", {"smoke": False, "sensor_fault": False}),
        ("15100101", {"smoke": True, "sensor_fault": False}),
        ("15100102", {"sensor_fault": True}),
        ("0d000104", {}),  # an alarm of a test
        ("16100101", {"gas_detected": True}),
        ("0e000103", {}),
        ("17100400000000", {"occupancy": True}),
        ("1710043c000000", {"occupancy": False}),
        ("1b10041e000000", {"occupancy": False}),
        ("0f00030a0000", {"occupancy": True, "illuminance": 10}),
        ("19100100", {"door_open": True}),
        ("19100101", {"door_open": False}),
        ("19100102", {"door_open": True}),
        ("19100103", {}),
        ("0f100101", {"door_open": False}),
        ("0f1001ff", {}),
        ("07000100", {"door_open": True, "technical_alarm": ""}),
        ("07000101", {"door_open": False, "tamper": False}),
        ("07000104", {"door_open": True, "tamper": True}),
        ("07000105", {"technical_alarm": "door stuck"}),
        ("0e100105", {"locked": True}),
        ("0e100104", {"locked": False}),
        ("0b0009b400000000f76c7c65", {"locked": False}),
        ("0b00090500000080f76c7c65", {"locked": True}),
        ("0b00090f0410dec0f76c7c65", {"technical_alarm": "mechanical failure"}),
        ("0b00090f0300dec0f76c7c65", {"tamper": True}),
        ("002005740e8e0b5f", {"device_temperature": 29.58, "battery": 95}),
        ("03200410275001", {"steps": 10000, "heart_rate": 80}),
        ("03200410270001", {"steps": 10000}),
        ("0330060103629d6453", {}),  # a toothbrush
        ("060005ffffffff00", {}),  # a fingerprint
        ("08000100", {}),
    ],
)
def test_an_object_of_the_document(said, objects, values):
    assert said(FE95, of(0x1234, objects)).values == values


@pytest.mark.parametrize(
    "product, objects, values",
    [
        (0x055B, "061002d301", {"humidity": 46}),
        (0x0A8D, "0f0003000100", {"occupancy": True}),
        (0x07F6, "071003640000", {}),
        (0x03DD, "030000", {"occupancy": True}),
        (0x0098, "030000", {}),
        (0x2542, "014c04cdccd041", {"temperature": 26.1}),
        (0x2542, "014c040000c07f", {}),  # not a number
        (0x2542, "024c0126", {"humidity": 38}),
        (0x2832, "034c0150", {"battery": 80}),
        (0x1203, "084c0400004c42", {"humidity": 51}),
        (0x2AEB, "084a0400006443", {"occupancy": True, "illuminance": 228}),
        (0x2AEB, "1848023c00", {"occupancy": False}),
        (0x1889, "04480102", {"door_open": False}),
        (0x1889, "0f4a0101", {"tamper": True, "door_open": True}),
        (0x1889, "134a0101", {"action": "press"}),
        (0x1889, "1a4a0101", {"door_open": True}),
        (0x3F0F, "06480101", {"leak": True}),
        (0x3F4C, "3c480100", {"occupancy": False}),
        (0x50FB, "4e48011f", {"occupancy": True}),
        (0x3BD5, "166e0901bb52e154ed26f767", {"body_weight": 69.9, "heart_rate": 92, "body_impedance": 543.2}),
        (0x3BD5, "166e09010000c04ded26f767", {"body_impedance_high": 497.6}),
        (0x3BD5, "166e0901bbfa0300d50f186a", {"body_weight": 69.9}),
        (0x3BD5, "166e090100000000d50f186a", {}),
        (0x1234, "014c04cdccd041", {}),  # whose own object it is nobody knows
    ],
)
def test_an_object_of_a_product(said, product, objects, values):
    assert said(FE95, of(product, objects)).values == values


@pytest.mark.parametrize(
    "product, objects, pressed",
    [
        (0x07BF, "011003000000", {"": "press"}),
        (0x07BF, "011003000001", {"": "double_press"}),
        (0x07BF, "011003000002", {"": "long_press"}),
        (0x07BF, "011003000009", {}),
        (0x0153, "011003010000", {"/2": "press"}),
        (0x1568, "011003000001", {"": "long_press"}),
        (0x1569, "011003020000", {"": "press", "/2": "press"}),
        (0x0DFD, "011003050002", {"": "double_press", "/3": "double_press"}),
        (0x03B6, "011003000103", {"": "press"}),
        (0x03B6, "011003010403", {"": "long_press"}),
        (0x03B6, "01100300fe04", {"": "rotate_left"}),
        (0x03B6, "011003030004", {"": "rotate_right_pressed"}),
        (0x04E1, "011003010000", {"": "rotate_left"}),
        (0x5968, "0d4a0101", {"/2": "double_press"}),
        (0x38BB, "0e4a00", {"": "long_press"}),
        (0x1949, "0c4e0103", {"": "press", "/2": "press"}),
        (0x1C10, "0c4e0108", {"": "long_press"}),
        (0x3A61, "0c560104", {"/4": "press"}),
        (0x3A61, "0c560109", {}),
    ],
)
def test_a_button(said, product, objects, pressed):
    found = said(FE95, of(product, objects))
    assert {one.device.removeprefix("ble:CB:B8:33:4C:88:4F"): one.value for one in found.readings} == pressed
    assert {one.metric for one in found.readings} <= {"action"}


def test_model_and_address_stand_in_the_frame(said):
    found = said(FE95, ROUND + "0d1004b2004302")
    assert found.facts == {"maker": "Xiaomi", "model": "LYWSDCGQ"}
    assert found.by_device == {"ble:4C:65:A8:DD:B8:9B": {"temperature": 17.8, "humidity": 57.9}}


def test_a_frame_without_objects_names_the_model_alone(said):
    found = said(FE95, "30584 80b01ffff1012342d58280100".replace(" ", ""))
    assert (found.readings, found.facts["model"]) == ([], "CGG1-M")


def test_a_capability_stands_before_the_objects(said):
    assert said(FE95, "71209800697a3e6a8d7cc40d041002f400").by_device == {
        "ble:C4:7C:8D:6A:3E:7A": {"temperature": 24.4}
    }


@pytest.mark.parametrize("frame", ["d050aa0137041002f400", "4010aa0137041002f400"])
def test_mesh_and_the_first_version_say_nothing(said, frame):
    assert said(FE95, frame).items == []


def test_a_lock_says_when(said):
    assert said(FE95, of(0x11C2, "0b0009b400000000f76c7c65")).times == {datetime(2023, 12, 15, 15, 12, 55, tzinfo=UTC)}
    assert {one.at == one.received for one in said(FE95, of(0x11C2, "0b0009b40000000001000000")).readings} == {True}


def test_an_encrypted_frame_opens_with_its_devices_key(said):
    assert said(FE95, ENCRYPTED, bindkeys={MAC: SecretStr(KEY)}).by_device == {f"ble:{MAC}": {"humidity": 46}}


@pytest.mark.parametrize("key", [DIMMER_KEY, "b853075158488d3d3c977ca39a5b5ea9"])
def test_the_older_encryption_takes_24_digits_or_what_becomes_of_them(said, key):
    found = said(FE95, DIMMER, bindkeys={DIMMER_MAC: SecretStr(key)})
    assert found.by_device == {f"ble:{DIMMER_MAC}": {"action": "press"}}


def test_what_was_encrypted_opens(said):
    sender, start, counter = bytes.fromhex(MAC.replace(":", ""))[::-1], bytes.fromhex("48585b0551"), b"\1\2\3"
    nonce = sender + start[2:] + counter
    sealed = AESCCM(bytes.fromhex(KEY), tag_length=4).encrypt(nonce, bytes.fromhex("0a100162"), b"\x11")
    frame = start + sealed[:-4] + counter + sealed[-4:]
    assert said(FE95, frame, device=f"ble:{MAC}", bindkeys={MAC: SecretStr(KEY)}).by_device == {
        f"ble:{MAC}": {"battery": 98}
    }


@pytest.mark.parametrize(
    "frame, mac, key, why",
    [
        (ENCRYPTED, MAC, "0" * 32, "does not open"),
        (ENCRYPTED, MAC, DIMMER_KEY, "32 hex digits, not 24"),
        (ENCRYPTED, DIMMER_MAC, KEY, "put its key"),
        (DIMMER, DIMMER_MAC, "0" * 24, "does not open"),
        (ROUND + "0a100164", "4C:65:A8:DD:B8:9B", KEY, "not encrypted"),
        (ENCRYPTED[:30], MAC, KEY, "too short"),
        (DIMMER[:26], DIMMER_MAC, DIMMER_KEY, "too short"),
    ],
)
def test_without_the_right_key_it_says_why(said, frame, mac, key, why):
    with pytest.raises(BadFrame, match=why) as trouble:
        said(FE95, frame, bindkeys={mac: SecretStr(key)})
    assert key not in str(trouble.value)
    assert isinstance(trouble.value, NoKey) == (why == "put its key")


@pytest.mark.parametrize("key", ["1234", "z" * 24, "0" * 28])
def test_wrong_keys_are_refused_and_never_shown(key):
    with pytest.raises(ConfigError, match="24 or 32 hex digits") as trouble:
        dialect("ble.xiaomi", {"bindkeys": {MAC: SecretStr(key)}})
    assert f" {key}" not in str(trouble.value)


@pytest.mark.parametrize(
    "frame, offset",
    [
        ("5020aa", 3),
        ("5020aa01379bb8dd", 8),
        (ROUND + "0d1004b200", 16),
        (ROUND + "0d", 12),
        (ROUND + "0d1002b200", 16),
    ],
)
def test_a_frame_that_ends_too_early_is_bad(said, frame, offset):
    with pytest.raises(BadFrame) as trouble:
        said(FE95, frame)
    assert trouble.value.offset == offset


def test_the_number_of_the_frame(said):
    assert Xiaomi(Config()).sequence(said.frame(FE95, ROUND)) == 0x37
    assert Xiaomi(Config()).sequence(said.frame(FE95, "5020aa01")) is None


def test_every_model_measures_metrics_and_a_thermometer_says_that_it_is_uncalibrated():
    for device in DEVICES:
        assert set(device.measures) <= set(METRICS), device
        assert bool(device.caution) == ("temperature" in device.measures), device
