"""BTHome sensors: the examples of bthome.io in, readings out."""

import re
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from collector.errors import BadFrame, ConfigError, NoKey
from collector.metrics import METRICS
from drivers.ble.bthome import OBJECTS, READ_OVER, Bthome, Config
from drivers.dialects import dialect

V2, V1, V1_ENCRYPTED = "service/fcd2", "service/181c", "service/181e"
KEY = "231d39c1d7cc1ab1aee224cd096db932"
MAC = "54:48:E6:8F:80:A5"
DEVICE = f"ble:{MAC}"
ENCRYPTED = "41e445f3c9962b332211006c7c4519"
"""The example of https://bthome.io/encryption/."""
KEYS = {MAC: SecretStr(KEY)}


@pytest.mark.parametrize(
    "example, metric, value",
    [
        ("0161", "battery", 97),
        ("12E204", "co2", 1250),
        ("56E803", "conductivity", 1000),
        ("434E34", "current", 13.39),
        ("5D02EA", "current", -5.63),
        ("08CA06", "dew_point", 17.38),
        ("4d12138a14", "energy", 344593.17),
        ("0A138A14", "energy", 1346.067),
        ("03BF13", "humidity", 50.55),
        ("2E23", "humidity", 35),
        ("05138A14", "illuminance", 13460.67),
        ("14020C", "moisture", 30.74),
        ("2F23", "moisture", 35),
        ("0D120C", "pm25", 3090),
        ("0E021C", "pm10", 7170),
        ("0B021B00", "power", 69.14),
        ("5C02FBFFFF", "power", -12.78),
        ("04138A01", "air_pressure", 1008.83),
        ("57EA", "temperature", -22),
        ("58EA", "temperature", -7.7),
        ("451101", "temperature", 27.3),
        ("02CA09", "temperature", 25.06),
        ("133301", "tvoc", 307),
        ("0C020C", "voltage", 3.074),
        ("4A020C", "voltage", 307.4),
        ("4F87562A01", "water_volume", 19551.879),
        ("1501", "battery_low", True),
        ("1601", "charging", True),
        ("1700", "carbon_monoxide", False),
        ("1A00", "door_open", False),
        ("1B01", "door_open", True),
        ("1100", "door_open", False),
        ("1C01", "gas_detected", True),
        ("1F01", "locked", False),
        ("1F00", "locked", True),
        ("2001", "leak", True),
        ("2100", "occupancy", False),
        ("2301", "occupancy", True),
        ("2400", "mains", False),
        ("1001", "switch_on", True),
        ("2601", "technical_alarm", "problem"),
        ("2600", "technical_alarm", ""),
        ("2701", "running", True),
        ("2901", "smoke", True),
        ("2B00", "tamper", False),
        ("2C01", "vibration", True),
        ("2D01", "window_open", True),
        ("3A01", "action", "press"),
        ("3A06", "action", "long_triple_press"),
        ("3A80", "action", "hold_press"),
        ("3C0103", "action", "rotate_left"),
        ("3C020A", "action", "rotate_right"),
    ],
)
def test_an_example_of_the_document(said, example, metric, value):
    assert said(V2, "40" + example).values == {metric: value}


def test_objects_without_a_metric_are_read_over(said):
    for size, several in READ_OVER.items():
        for known in several:
            assert said(V2, bytes([0x40, known, *[1] * size, 0x01, 97])).values == {"battery": 97}
    assert said(V2, "40 530C48656C6C6F20576F726C6421 0161").values == {"battery": 97}
    assert said(V2, "40 540C48656C6C6F20576F726C6421 0161").values == {"battery": 97}
    assert said(V2, "40 3B020105FF 0161").values == {"battery": 97}


def test_every_object_is_a_metric_of_the_table():
    assert {known.metric for known in OBJECTS.values()} <= set(METRICS)
    assert not set(OBJECTS) & {known for several in READ_OVER.values() for known in several}


def test_an_object_that_is_not_known_ends_the_packet_but_what_was_before_it_counts(said):
    assert said(V2, "40015dfe5d0903b718").values == {"battery": 93}


def test_a_flag_that_is_neither_0_nor_1_says_nothing(said):
    assert said(V2, "401502 2102").items == []


def test_the_second_value_of_a_metric_belongs_to_a_part_of_the_device(said):
    found = said(V2, "4002ca0902cf0902cf0803b71803b717015d", device=DEVICE)
    assert found.by_device == {
        DEVICE: {"temperature": 25.06, "humidity": 63.27, "battery": 93},
        f"{DEVICE}/2": {"temperature": 25.11, "humidity": 60.71},
        f"{DEVICE}/3": {"temperature": 22.55},
    }


def test_the_second_button_is_the_second_also_when_the_first_says_nothing(said):
    assert said(V2, "403a003a013a03", device=DEVICE).by_device == {
        f"{DEVICE}/2": {"action": "press"},
        f"{DEVICE}/3": {"action": "triple_press"},
    }


@pytest.mark.parametrize("example, version", [("F100010204", "4.2.1.0"), ("F2000106", "6.1.0")])
def test_the_firmware(said, example, version):
    assert said(V2, "40" + example).facts == {"firmware": version}


def test_an_address_inside_the_packet_is_the_devices(said):
    assert said(V2, "42b2188d38c1a404138a01").by_device == {"ble:A4:C1:38:8D:18:B2": {"air_pressure": 1008.83}}


def test_an_encrypted_packet_opens_with_its_devices_key(said):
    assert said(V2, ENCRYPTED, device=DEVICE, bindkeys=KEYS).by_device == {
        DEVICE: {"temperature": 25.06, "humidity": 50.55}
    }
    assert said(V2, ENCRYPTED, device=DEVICE, bindkeys={MAC.lower(): SecretStr(KEY.upper())}).readings


def test_an_encrypted_packet_of_version_1(said):
    """Version 1 puts 0x11 before the text (https://bthome.io/encryption/), and no device byte into the nonce."""
    counter = bytes.fromhex("00112233")
    nonce = bytes.fromhex(MAC.replace(":", "")) + b"\x1e\x18" + counter
    sealed = AESCCM(bytes.fromhex(KEY), tag_length=4).encrypt(nonce, bytes.fromhex("2302CA090303BF13"), b"\x11")
    packet = sealed[:-4] + counter + sealed[-4:]
    assert said(V1_ENCRYPTED, packet, device=DEVICE, bindkeys=KEYS).by_device == {
        DEVICE: {"temperature": 25.06, "humidity": 50.55}
    }


@pytest.mark.parametrize(
    "keys, why",
    [
        ({}, "put its key under `bindkeys`"),
        ({MAC: SecretStr("0" * 32)}, "does not open this packet"),
        ({"A4:C1:38:8D:18:B2": SecretStr(KEY)}, "put its key under `bindkeys`"),
    ],
)
def test_without_the_right_key_it_says_what_to_do(said, keys, why):
    with pytest.raises(BadFrame, match=re.escape(why)) as trouble:
        said(V2, ENCRYPTED, device=DEVICE, bindkeys=keys)
    assert trouble.value.offset == 1
    assert KEY not in str(trouble.value)
    assert isinstance(trouble.value, NoKey) == (MAC not in keys), "a stranger's packet is nothing bad"


@pytest.mark.parametrize("topic, packet", [(V2, "40015d"), (V1, "02015d")])
def test_a_device_with_a_key_is_not_believed_without_it(said, topic, packet):
    with pytest.raises(BadFrame, match="not encrypted"):
        said(topic, packet, device=DEVICE, bindkeys=KEYS)


@pytest.mark.parametrize("address, key", [(MAC, "1234abcd"), ("pump", KEY), (MAC, "z" * 32)])
def test_wrong_keys_are_refused_and_never_shown(address, key):
    with pytest.raises(ConfigError, match=address) as trouble:
        dialect("ble.bthome", {"bindkeys": {address: SecretStr(key)}})
    assert key not in str(trouble.value)


@pytest.mark.parametrize(
    "topic, packet, number",
    [
        (V2, "4000a70c780b1000", 167),
        (V2, "42b2188d38c1a400090161", 9),
        (V2, "400161", None),
        (V2, "4000", None),
        (V2, "", None),
        (V2, ENCRYPTED, 1122867),
        (V2, "4133", None),
        (V1, "02000902015d", 9),
        (V1, "02015d", None),
        (V1_ENCRYPTED, "000102030405060708090a0b0c0d0e0f" + "01000000" + "aabbccdd", 1),
    ],
)
def test_the_number_of_the_packet(said, topic, packet, number):
    assert Bthome(Config()).sequence(said.frame(topic, packet)) == number


@pytest.mark.parametrize(
    "example, values",
    [
        ("2302CA09 0303BF13", {"temperature": 25.06, "humidity": 50.55}),
        ("0404138A01", {"air_pressure": 1008.83}),
        ("020109 022E23", {"battery": 9, "humidity": 35}),
        ("021A00", {"door_open": False}),
        ("023A03", {"action": "triple_press"}),
        ("033C0103", {"action": "rotate_left"}),
        ("023C00", {}),
        ("86B2188D38C1A4 a5505d396164 83FF0102 020161", {"battery": 97}),  # what has no metric is read over
        ("4302" + struct.pack("<e", 2500).hex(), {"temperature": 25}),
        ("4502" + struct.pack("<f", 2500).hex(), {"temperature": 25}),
        ("4502" + struct.pack("<f", float("nan")).hex(), {}),
    ],
)
def test_version_1(said, example, values):
    assert said(V1, example).values == values


@pytest.mark.parametrize(
    "topic, packet, offset",
    [
        (V2, "", 0),
        (V2, "60015d", 0),
        (V2, "4002ca", 3),
        (V2, "42b2188d", 4),
        (V2, "4001", 2),
        (V2, "4053", 2),
        (V2, "40530548", 4),
        (V1, "2302ca", 3),
        (V1, "02015d00", 3),
        (V1, "02", 1),
    ],
)
def test_a_packet_that_ends_too_early_or_is_of_another_version_is_bad(said, topic, packet, offset):
    with pytest.raises(BadFrame) as trouble:
        said(topic, packet)
    assert trouble.value.offset == offset


def test_an_encrypted_packet_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame, match="too short"):
        said(V2, "4133221100", device=DEVICE, bindkeys=KEYS)


@given(st.sampled_from([V2, V1, V1_ENCRYPTED]), st.sampled_from([b"", b"\x40", b"\x41", b"\x42", b"\x43"]), st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, said, topic, first, rest):
    sound(Bthome(Config(bindkeys={"CB:B8:33:4C:88:4F": SecretStr(KEY)})), topic, first + rest)
    sound(Bthome(Config()), topic, first + rest)
    number = Bthome(Config()).sequence(said.frame(topic, first + rest))
    assert number is None or 0 <= number < 1 << 32


@given(st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_that_were_encrypted(sound, inside):
    nonce = bytes.fromhex("CBB8334C884F") + b"\xd2\xfc\x41" + bytes(4)
    sealed = AESCCM(bytes.fromhex(KEY), tag_length=4).encrypt(nonce, inside, None)
    decoder = Bthome(Config(bindkeys={"CB:B8:33:4C:88:4F": SecretStr(KEY)}))
    sound(decoder, V2, b"\x41" + sealed[:-4] + bytes(4) + sealed[-4:])


@given(st.integers(-32768, 32767), st.integers(0, 65535), st.integers(0, 100))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_as_they_were_written(said, temperature, humidity, battery):
    values = said(V2, b"\x40" + struct.pack("<BBBhBH", 1, battery, 2, temperature, 3, humidity)).values
    assert values["battery"] == battery
    assert round(values["temperature"] * 100) == temperature
    assert round(values["humidity"] * 100) == humidity
