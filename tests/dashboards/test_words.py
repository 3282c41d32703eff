"""Values, ages, ranges and times read the same on every screen."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import words

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 6, 42, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "given_, metric, shown",
    [
        (24.62, "temperature", "24.6\u00a0°C"),
        (-0.4, "differential_pressure", "−0.4\u00a0Pa"),
        (-0.04, "differential_pressure", "0.0\u00a0Pa"),
        (1180.4, "co2", "1,180\u00a0ppm"),
        (0.955, "power_factor", "0.95"),
        (True, "door_open", "open"),
        (False, "door_open", "closed"),
        (True, "tamper", "yes"),
        ("double", "action", "double"),
        (7.25, "a metric of a newer version", "7.25"),
        (None, "temperature", "unknown"),
    ],
)
def test_a_value_has_its_unit_and_its_digits(given_, metric, shown):
    assert words.value(given_, metric) == shown


@pytest.mark.parametrize(
    "low, high, shown",
    [
        (20, 24, "20–24"),
        (-5, -2.5, "−5 to −2.5"),
        (None, 8, "at most 8"),
        (None, -2.5, "at most −2.5"),
        (0.5, None, "at least 0.5"),
        (None, 0, "at most 0"),
        (None, None, ""),
    ],
)
def test_a_range_in_words(low, high, shown):
    assert words.range_words(low, high) == shown


@pytest.mark.parametrize(
    "seconds, shown",
    [
        (-5, "0\u00a0s"),
        (59.9, "59\u00a0s"),
        (60, "1\u00a0min"),
        (9 * 60, "9\u00a0min"),
        (7200, "2\u00a0h"),
        (86400 * 3, "3\u00a0d"),
    ],
)
def test_an_age(seconds, shown):
    assert words.age(timedelta(seconds=seconds)) == shown


def test_what_never_happened_has_no_age():
    assert words.age(None) == words.local(None, BERLIN, NOW) == words.exact(None, BERLIN) == "never"


@pytest.mark.parametrize(
    "ago, shown",
    [
        (timedelta(0), "07:42 CET"),
        (timedelta(days=1), "Mon 23 Nov, 07:42 CET"),
        (timedelta(days=120), "Mon 27 Jul, 08:42 CEST"),
        (timedelta(days=365), "Mon 24 Nov 2025, 07:42 CET"),
    ],
)
def test_a_time_is_local_and_names_its_zone(ago, shown):
    assert words.local(NOW - ago, BERLIN, NOW) == shown


def test_a_title_has_the_absolute_time():
    assert words.exact(NOW, BERLIN) == "24 Nov 2026, 07:42:10 CET"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12), st.integers(0, 3))
def test_a_number_never_shows_a_hyphen_or_a_negative_nothing(amount, digits):
    text = words.number(amount, digits)
    assert "-" not in text
    assert not (text.startswith("−") and set(text) <= set("−0.,"))
