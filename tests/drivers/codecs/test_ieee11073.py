"""Numbers and times of ISO/IEEE 11073-20601: published vectors, and whatever can be written read again."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.ieee11073 import date_time, float32, sfloat


@pytest.mark.parametrize("raw", [0x07FE, 0x07FF, 0x0800, 0x0801, 0x0802])
def test_reserved_sfloats_are_no_numbers(raw):
    assert sfloat(raw) is None


@pytest.mark.parametrize("raw", [0x007F_FFFE, 0x007F_FFFF, 0x0080_0000, 0x0080_0001, 0x0080_0002])
def test_reserved_floats_are_no_numbers(raw):
    assert float32(raw) is None


@pytest.mark.parametrize(
    "raw, value",
    [(0x0064, 100), (0xF3E8, 100), (0xF057, 8.7), (0xE37A, 8.9), (0x07FD, 2045), (0x0803, -2045), (0xFFFF, -0.1)],
)
def test_sfloats(raw, value):
    assert sfloat(raw) == value


@pytest.mark.parametrize(
    "exponent, mantissa, value",
    [(-3, 32000, 32), (-1, 320, 32), (1, 320, 3200), (2, 1234, 123400), (-1, -5000, -500), (0, 0, 0), (-2, 3760, 37.6)],
)
def test_floats(exponent, mantissa, value):
    assert float32((exponent & 0xFF) << 24 | mantissa & 0xFF_FFFF) == value


@given(st.integers(-8, 7), st.integers(-2045, 2045))
def test_an_sfloat_is_the_number_that_its_digits_say(exponent, mantissa):
    assert sfloat((exponent & 0xF) << 12 | mantissa & 0xFFF) == float(f"{mantissa}e{exponent}")


@given(st.integers(-128, 127), st.integers(-0x7F_FFFD, 0x7F_FFFD))
def test_a_float_is_the_number_that_its_digits_say(exponent, mantissa):
    assert float32((exponent & 0xFF) << 24 | mantissa & 0xFF_FFFF) == float(f"{mantissa}e{exponent}")


@given(st.integers(0, 0xFFFF))
def test_every_16_bits_are_a_number_or_reserved(raw):
    assert (sfloat(raw) is None) == (0x07FE <= raw <= 0x0802)


def test_a_date_and_time():
    assert date_time(bytes.fromhex("e8070b1d170839")) == datetime.fromisoformat("2024-11-29T23:08:57")


@pytest.mark.parametrize(
    "raw", ["00000b1d170839", "e807001d170839", "e8070b00170839", "e8070d1d170839", "e807021e170839"]
)
def test_a_time_that_is_not_known_or_does_not_exist(raw):
    assert date_time(bytes.fromhex(raw)) is None


@given(st.binary(min_size=7, max_size=7))
def test_any_seven_bytes_are_a_time_or_none(raw):
    said = date_time(raw)
    if said is not None:
        written = said.year.to_bytes(2, "little") + bytes([said.month, said.day, said.hour, said.minute, said.second])
        assert written == raw
