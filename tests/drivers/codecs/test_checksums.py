"""Checksums: the check values that are published for the nine digits, and a message of each protocol's document."""

import pytest

from drivers.codecs.checksums import (
    crc16_ccitt_false,
    crc16_ibm,
    crc16_x25,
    hex_sum8,
    last_is_fcs16,
    last_is_sum8,
    sum8,
)

DIGITS = b"123456789"


@pytest.mark.parametrize(
    "check,published",
    [(crc16_ccitt_false, 0x29B1), (crc16_x25, 0x906E), (crc16_ibm, 0xBB3D)],
)
def test_published_check_values(check, published):
    assert check(DIGITS) == published


def test_the_fcs_of_a_frame_is_sent_low_byte_first():
    assert last_is_fcs16(bytes.fromhex("3a719b26"))
    assert not last_is_fcs16(bytes.fromhex("3a71269b"))
    assert not last_is_fcs16(b"")


def test_sums():
    assert sum8(DIGITS) == 0xDD
    assert hex_sum8(b"\x1bQ") == b"6C"
    assert last_is_sum8(DIGITS + b"\xdd")
    assert not last_is_sum8(DIGITS + b"\xde")
