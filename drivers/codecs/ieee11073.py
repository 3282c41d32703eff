"""Numbers and times as medical devices write them.

ISO/IEEE 11073-20601, SFLOAT-Type and FLOAT-Type: an exponent of ten and a mantissa, both in two's complement.
Bluetooth GATT Specification Supplement, "Date Time".
"""

from datetime import datetime, timedelta

DATE_TIME_BYTES = 7

_SFLOAT_RESERVED = frozenset(range(0x07FE, 0x0803))  # +INF, NaN, NRes, reserved, -INF
_FLOAT_RESERVED = frozenset(range(0x007F_FFFE, 0x0080_0003))


def sfloat(raw: int) -> float | None:
    """The number in 16 bits, 4 of them exponent; None for what is none (NaN, NRes, infinities, reserved)."""
    return None if raw in _SFLOAT_RESERVED else _decimal(_signed(raw & 0xFFF, 12), _signed(raw >> 12, 4))


def float32(raw: int) -> float | None:
    """The number in 32 bits, 8 of them exponent; None for what is none (NaN, NRes, infinities, reserved)."""
    return None if raw in _FLOAT_RESERVED else _decimal(_signed(raw & 0xFF_FFFF, 24), _signed(raw >> 24, 8))


def date_time(raw: bytes) -> datetime | None:
    """The device's clock, without zone, out of its 7 bytes; None when it is not known or no such time exists."""
    try:
        return datetime(int.from_bytes(raw[:2], "little"), *raw[2:DATE_TIME_BYTES])  # noqa: DTZ001 - it has no zone
    except ValueError:  # year, month and day are 0 where they are not known
        return None


def minutes_later(said: datetime | None, minutes: int) -> datetime | None:
    """A clock without zone and an offset from it; None where there is no such time."""
    try:
        return said and said + timedelta(minutes=minutes)
    except OverflowError:
        return None


def _signed(raw: int, bits: int) -> int:
    return raw - (1 << bits) if raw >> bits - 1 else raw


def _decimal(mantissa: int, exponent: int) -> float:
    """The nearest float: dividing by a power of ten rounds once, multiplying by its inverse would round twice."""
    return float(mantissa * 10**exponent) if exponent >= 0 else mantissa / 10**-exponent
