"""Values out of JSON: tolerant where devices differ, silent where they say nothing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collector.errors import BadFrame
from collector.reading import UNTIMED, Frame
from drivers.codecs.json_values import (
    Field,
    SiteField,
    fahrenheit,
    flag,
    mired,
    moment,
    number,
    parse,
    parse_object,
    readings,
    times,
    with_site,
)


@pytest.mark.parametrize(
    "raw, value",
    [(1, 1), (2.5, 2.5), ("100.00", 100), (" -3 ", -3), ("1e3", 1000), (0, 0)],
)
def test_numbers_also_as_text(raw, value):
    assert number(raw) == value


@pytest.mark.parametrize("raw", [True, None, "", "warm", "21,5", "nan", "inf", "-Infinity", [1], {}, 10**400, "1e999"])
def test_what_is_no_finite_number_is_none(raw):
    assert number(raw) is None


@pytest.mark.parametrize(
    "raw, value",
    [(True, True), (False, False), (1, True), (0, False), ("ON", True), ("off", False), (" True ", True), ("0", False)],
)
def test_flags(raw, value):
    assert flag(raw) is value


@pytest.mark.parametrize("raw", [None, 2, 0.5, "TOGGLE", "", [], {}])
def test_what_is_no_flag_is_none(raw):
    assert flag(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "2024-03-05T06:07:08.123Z",
        "2024-03-05T07:07:08.123999+01:00",
        1709618828123,
        "1709618828123",
    ],
)
def test_moments_are_utc_in_whole_milliseconds(raw):
    assert moment(raw) == datetime(2024, 3, 5, 6, 7, 8, 123000, tzinfo=UTC)


def test_seconds_since_1970():
    assert moment(1709618828) == datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)


def test_a_moment_without_zone_needs_one():
    assert moment("2024-07-01T12:00:00") is None
    assert moment("2024-07-01T12:00:00", ZoneInfo("Europe/Vienna")) == datetime(2024, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["1970-01-01T00:00:10Z", 12, "", "soon", None, True, 1e300, -1e300, [], "0001-01-01T00:00:00+05:00"]
)
def test_a_clock_that_was_never_set_says_nothing(raw):
    assert moment(raw) is None


@given(st.integers() | st.floats() | st.text())
def test_a_moment_is_a_moment_or_none(raw):
    said = moment(raw)
    assert said is None or (said.tzinfo is UTC and said.microsecond % 1000 == 0)


def test_units():
    assert times(0.001)(3045) == 3.045
    assert fahrenheit(70.7) == 21.5
    assert mired(250) == 4000
    assert Field("color_temperature", mired).value(0) is None


def test_a_table_gives_each_metric_once_the_first_field_winning():
    fields = {"lux": Field("illuminance"), "raw": Field("illuminance"), "hot": Field("smoke", inverted=True)}
    frame = Frame("test", "t", b"", UNTIMED)
    assert [(one.metric, one.value) for one in readings(frame, "d", {"raw": 9, "lux": 1, "hot": 0}, fields)] == [
        ("illuminance", 1),
        ("smoke", True),
    ]
    assert [one.value for one in readings(frame, "d", {"raw": 9, "lux": None}, fields)] == [9]


def test_a_sites_own_fields_win():
    fields = with_site({"a": Field("humidity"), "b": Field("co2")}, {"b": SiteField(metric="humidity", scale=0.1)})
    (one,) = readings(Frame("test", "t", b"", UNTIMED), "d", {"a": 1, "b": 445}, fields)
    assert (one.metric, one.value) == ("humidity", 44.5)


def test_a_site_cannot_invent_a_metric():
    with pytest.raises(ValidationError, match="'warmth' is not a metric"):
        SiteField(metric="warmth")


@pytest.mark.parametrize(
    "payload, why, offset",
    [
        (b'{"a": NaN}', "invalid character", 6),
        (b'{"a": 1', "truncated", 7),
        (b"", "truncated", 0),
        (b'{"a": "\xe9"}', "not UTF-8", 7),
        (b"[" * 1_000_000, "nested", 0),
        (b"{} {}", "trailing", 4),
    ],
)
def test_bad_json_says_why_and_where(payload, why, offset):
    with pytest.raises(BadFrame, match=why) as trouble:
        parse(payload)
    assert trouble.value.offset == offset


@pytest.mark.parametrize("payload", [b"1", b'"a"', b"[]", b"null", b"true"])
def test_an_object_is_wanted(payload):
    with pytest.raises(BadFrame, match="Expected a JSON object"):
        parse_object(payload)


@given(st.binary())
def test_any_bytes_parse_or_are_a_bad_frame(payload):
    try:
        parse(payload)
    except BadFrame:
        return
