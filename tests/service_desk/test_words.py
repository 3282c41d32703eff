from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.words import NBSP, duration, duration_of, limits_words, value_words


@pytest.mark.parametrize(
    "text, seconds",
    [("60 s", 60), ("10 min", 600), ("1.5 h", 5400), ("1 day", 86400), ("1 week", 604800), (" 5min ", 300), ("0 s", 0)],
)
def test_durations_are_read(text, seconds):
    assert duration_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "min", "-5 s", "ten min", "5 fortnights", 10, None, True])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not a duration"):
        duration_of(text)


@pytest.mark.parametrize("text", ["367 days", "999999999999 h", "9" * 400 + " s"])
def test_a_duration_has_an_end(text):
    with pytest.raises(ValueError, match="longer than 366 days"):
        duration_of(text)


@given(st.text())
def test_no_text_breaks_it(text):
    with suppress(ValueError):
        assert duration_of(text) >= timedelta(0)


@pytest.mark.parametrize(
    "seconds, words",
    [(-3, "0 s"), (60, "60 s"), (540, "9 min"), (3600, "60 min"), (14_700, "4 h 5 min"), (259_200, "3 days")],
)
def test_durations_are_said(seconds, words):
    assert duration(timedelta(seconds=seconds)).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    "metric, value, words",
    [
        ("probe_temperature", 8.94, "8.9 °C"),
        ("differential_pressure", -0.4, "−0.4 Pa"),
        ("differential_pressure", -0.04, "0.0 Pa"),
        ("co2", 1180.0, "1,180 ppm"),
        ("door_open", True, "open"),
        ("mains", False, "no"),
        ("technical_alarm", "E12", "E12"),
        ("power_factor", 0.5, "0.50"),
        ("co2", None, "unknown"),
    ],
)
def test_values_are_said_with_their_unit(metric, value, words):
    assert value_words(metric, value).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    "metric, low, high, words",
    [
        ("probe_temperature", 2.0, 8.0, "2–8 °C"),
        ("co2", None, 1000.0, "at most 1,000 ppm"),
        ("battery", 30.0, None, "at least 30 %"),
        ("differential_pressure", -5.0, -2.5, "−5 to −2.5 Pa"),
        ("co2", None, None, ""),
    ],
)
def test_limits_are_said(metric, low, high, words):
    assert limits_words(metric, low, high).replace(NBSP, " ") == words
