"""Checksums of serial protocols: the sum of bytes, and cyclic redundancy checks of 16 bits.

The checks' names and values are those of the CRC catalogue (reveng.sourceforge.io/crc-catalogue/16.htm).
"""

from binascii import crc_hqx
from functools import cache


def sum8(data: bytes) -> int:
    """The sum of all bytes, modulo 256."""
    return sum(data) & 0xFF


def hex_sum8(data: bytes) -> bytes:
    """The sum of all bytes as two hexadecimal digits, as ASTM E1381 and MEDIBUS send it."""
    return b"%02X" % sum8(data)


def last_is_sum8(frame: bytes) -> bool:
    """Whether the last byte is the sum of those before it."""
    return sum(frame[:-1]) & 0xFF == frame[-1]


def last_is_fcs16(frame: bytes) -> bool:
    """Whether the last two bytes, the low one first, are the X.25 check of those before them."""
    return crc16_x25(frame[:-2]).to_bytes(2, "little") == frame[-2:]


def crc16_ccitt_false(data: bytes) -> int:
    """CRC-16/IBM-3740, called CCITT-FALSE: polynomial 0x1021, from 0xFFFF on, not reflected."""
    return crc_hqx(data, 0xFFFF)


def crc16_x25(data: bytes) -> int:
    """CRC-16/IBM-SDLC, called X.25 and FCS-16 (RFC 1662, C.2): 0x1021 reflected, from 0xFFFF on, inverted."""
    return _reflected(data, 0x8408, 0xFFFF) ^ 0xFFFF


def crc16_ibm(data: bytes) -> int:
    """CRC-16/ARC, called IBM: 0x8005 reflected, from 0 on."""
    return _reflected(data, 0xA001, 0)


def _reflected(data: bytes, polynomial: int, crc: int) -> int:
    table = _table(polynomial)
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


@cache
def _table(polynomial: int) -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
        table.append(crc)
    return table


def crc16_mcrf4xx(data: bytes) -> int:
    """CRC-16/MCRF4XX, which is Bluetooth's E2E-CRC: polynomial 0x1021, from 0xFFFF on, reflected."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc
