"""Checksums of serial protocols: the sum of bytes, and cyclic redundancy checks of 16 bits."""

from functools import cache


def sum8(data: bytes) -> int:
    """The sum of all bytes, modulo 256."""
    return sum(data) & 0xFF


def last_is_sum8(frame: bytes) -> bool:
    """Whether the last byte is the sum of those before it."""
    return sum(frame[:-1]) & 0xFF == frame[-1]


def crc16_ccitt_false(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, from 0xFFFF on, not reflected."""
    table = _ccitt()
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8) & 0xFFFF ^ table[crc >> 8 ^ byte]
    return crc


@cache
def _ccitt() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1) & 0xFFFF ^ (0x1021 if crc & 0x8000 else 0)
        table.append(crc)
    return table
