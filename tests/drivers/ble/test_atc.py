"""Firmware of atc1441 and pvvx: frames captured for the tests of ble_monitor, and some made after the sources, in."""

import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from pydantic import SecretStr

from collector.errors import BadFrame, NoKey
from drivers.ble.atc import Atc, Config

UUID = "service/181a"
MAC, KEY = "A4:C1:38:8D:18:B2", "231d39c1d7cc1ab1aee224cd096db932"
DEVICE = f"ble:{MAC}"
KEYS = {MAC: SecretStr(KEY)}
FUZZED = {"bindkeys": {"C4:7C:8D:6A:11:02": SecretStr(KEY)}}
ATC = "a4c1388d18b2 00d2 34 55 0ba6 07"
CAPTURED_ATC = "a4c1388d18b2 00a2 2f 5f 0bf8 19"
"""With the address of the next one, which are https://github.com/custom-components/ble_monitor's, as the sealed one."""
CAPTURED_CUSTOM = "b2188d38c1a4 2b08 9011 f70a 43 20 0f"
CAPTURED_SEALED, SEALED_KEY = "11d603fbfa7b6dfb1e26fd", "b9ea895fac7eea6d30532432a516f3a3"
CUSTOM = "b2188d38c1a4 3408 5e14 a60b 55 07 04"


@pytest.mark.parametrize(
    "frame, values",
    [
        (CAPTURED_ATC, {"temperature": 16.2, "humidity": 47, "battery": 95, "battery_voltage": 3.064}),
        (CAPTURED_CUSTOM, {"temperature": 20.91, "humidity": 44.96, "battery": 67, "battery_voltage": 2.807}),
        (ATC, {"temperature": 21.0, "humidity": 52, "battery": 85, "battery_voltage": 2.982}),
        (
            "a4c1388d18b2 ffce 34 55 0ba6 07",
            {"temperature": -5, "humidity": 52, "battery": 85, "battery_voltage": 2.982},
        ),
        (CUSTOM, {"temperature": 21.0, "humidity": 52.14, "battery": 85, "battery_voltage": 2.982}),
        (CUSTOM[:-3], {"temperature": 21.0, "humidity": 52.14, "battery": 85, "battery_voltage": 2.982}),
        (
            "b2188d38c1a4 0cfe 5e14 a60b 55 07 04",
            {"temperature": -5, "humidity": 52.14, "battery": 85, "battery_voltage": 2.982},
        ),
    ],
)
def test_a_plain_packet(said, frame, values):
    assert said(UUID, frame.replace(" ", "")).by_device == {DEVICE: values}


@pytest.mark.parametrize("frame", [ATC.replace(" 55 ", " 65 "), ATC.replace(" 34 ", " 65 "), "00" * 12, "00" * 20, ""])
def test_what_cannot_be_is_another_makers(said, frame):
    assert said(UUID, frame.replace(" ", "")).items == []


def sealed(text, counter=7):
    """As `atc_encrypt_data_beacon` and `pvvx_encrypt_data_beacon` do it."""
    head = bytes([1 + len(text) + 4 + 3, 0x16, 0x1A, 0x18, counter])
    nonce = bytes.fromhex(MAC.replace(":", ""))[::-1] + head
    return head[-1:] + AESCCM(bytes.fromhex(KEY), tag_length=4).encrypt(nonce, text, b"\x11")


@pytest.mark.parametrize(
    "text, values",
    [
        (bytes([122, 104, 0x80 | 85]), {"temperature": 21, "humidity": 52, "battery": 85}),
        (bytes([70, 104, 85]), {"temperature": -5, "humidity": 52, "battery": 85}),
        (struct.pack("<hHBB", -512, 5214, 85, 3), {"temperature": -5.12, "humidity": 52.14, "battery": 85}),
    ],
)
def test_an_encrypted_packet_opens_with_its_devices_key(said, text, values):
    assert said(UUID, sealed(text), device=DEVICE, bindkeys=KEYS).by_device == {DEVICE: values}


def test_a_captured_one_opens_too(said):
    found = said(UUID, CAPTURED_SEALED, device=DEVICE, bindkeys={MAC: SecretStr(SEALED_KEY)})
    assert found.by_device == {DEVICE: {"temperature": 23.45, "humidity": 41.73, "battery": 61}}


def test_a_plain_packet_that_was_cut_is_no_encrypted_one(said):
    assert said(UUID, "c4248138c1a456088318bf", device=DEVICE).items == []


def test_without_the_right_key_it_says_why(said):
    with pytest.raises(NoKey, match="put its key"):
        said(UUID, sealed(b"abc"), device=DEVICE)
    with pytest.raises(BadFrame, match="does not open"):
        said(UUID, sealed(b"abc"), device=DEVICE, bindkeys={MAC: SecretStr("0" * 32)})
    with pytest.raises(BadFrame, match="not encrypted"):
        said(UUID, ATC.replace(" ", ""), bindkeys=KEYS)


@pytest.mark.parametrize(
    "frame, number", [(ATC, 7), (CUSTOM, 7), (CUSTOM[:-3], 7), (sealed(b"abc", 9).hex(), 9), ("00", None)]
)
def test_the_number_of_the_measurement(said, frame, number):
    assert Atc(Config()).sequence(said.frame(UUID, frame.replace(" ", ""))) == number
