"""Readings to line protocol and back, without a server."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.columns import readings_of
from collector.influx.columns import field_pattern, readings, split
from collector.influx.lines import AllSeries, Merging, label, literal, tag, text_of
from collector.influx.ports import Column
from collector.points import ms_of
from collector.reading import Quality, Reading

T0 = ManualClock().now()
MS = ms_of(T0)
NEVER = float("-inf")


def reading(value, at=0, metric="temperature", late=0, **more):
    moment = T0 + timedelta(milliseconds=at)
    return Reading("d", metric, value, moment, moment + timedelta(milliseconds=late), **more)


def lines(*points, newest=NEVER):
    return Merging("linden", newest).lines(points, lambda ask: b"").good


def test_a_good_number_heard_as_it_was_measured_is_one_field():
    assert lines(reading(21.5), reading(22, 1)) == [
        f"environment,site=linden,device=d temperature=21.5 {MS}",
        f"environment,site=linden,device=d temperature=22.0 {MS + 1}",
    ]


def test_what_deviates_has_a_field_of_its_own():
    assert lines(reading(21.5, quality=Quality.BAD, late=-7)) == [
        f'environment,site=linden,device=d temperature=21.5,temperature_quality="BAD",temperature_delay_ms=-7i {MS}'
    ]


def test_a_value_that_is_not_of_its_metrics_kind_has_a_field_that_no_number_is_in():
    assert lines(reading('off"', metric="co2"), reading(True, 1, metric="co2"), reading(3.0, metric="door_open")) == [
        rf'environment,site=linden,device=d co2_text="off\"" {MS}',
        f"environment,site=linden,device=d co2_boolean=true {MS + 1}",
        f"door,site=linden,device=d door_open_number=3.0 {MS}",
    ]


def test_the_gateway_is_a_tag_where_there_is_one():
    assert lines(reading("4.12", metric="room", gateway="wardkeeper")) == [
        f'location,site=linden,device=d,gateway=wardkeeper room="4.12" {MS}'
    ]


def test_a_point_that_may_be_there_already_says_everything_so_that_nothing_of_the_old_one_stays():
    whole = f'temperature=2.0,temperature_quality="GOOD",temperature_delay_ms=0i,temperature_kind="number" {MS}'
    assert lines(reading(1.0, quality=Quality.BAD), reading(2.0))[1].endswith(whole)
    assert lines(reading(1.0, 1), reading(2.0))[1].endswith(whole)
    assert lines(reading(2.0), newest=MS)[0].endswith(whole)
    assert lines(reading(2.0), newest=MS - 1) == [f"environment,site=linden,device=d temperature=2.0 {MS}"]


def test_when_too_many_series_are_remembered_the_new_ones_begin_at_the_newest_time(monkeypatch):
    monkeypatch.setattr("collector.influx.lines._REMEMBERED", 2)
    series = AllSeries("linden", NEVER)
    series["a", "co2", ""].newest = series["b", "co2", ""].newest = series.newest = 5
    assert series["c", "co2", ""].newest == 5
    assert list(series) == [("c", "co2", "")]


@pytest.mark.parametrize(
    "text, written",
    [
        ("mqtt:zigbee2mqtt/OR-2/air", "mqtt:zigbee2mqtt/OR-2/air"),
        ("a b,c=d", r"a\ b\,c\=d"),
        ("100%\n\\", "100%25%0A%5C"),
        ("ümläut 空", r"ümläut\ 空"),
    ],
)
def test_tags(text, written):
    assert tag(text) == written


@given(st.text())
def test_a_label_comes_back_as_it_went_in_and_holds_no_control_character(text):
    assert text_of(label(text)) == text
    assert not any(ord(char) < 32 for char in label(text))


@pytest.mark.parametrize(
    "value, written", [(True, "true"), (False, "false"), (1, "1.0"), (5e-324, "5e-324"), ('a"\\\n', '"a\\"\\\\\n"')]
)
def test_values(value, written):
    assert literal(value) == written


@pytest.mark.parametrize(
    "field, expected",
    [
        ("temperature", ("temperature", "")),
        ("temperature_quality", ("temperature", "_quality")),
        ("color_temperature_delay_ms", ("color_temperature", "_delay_ms")),
        ("unheard_of", ("unheard_of", "")),
        ("unheard_of_text", ("unheard_of", "_text")),
    ],
)
def test_fields(field, expected):
    assert split(field) == expected


def test_a_pattern_for_all_fields_of_some_metrics():
    assert field_pattern(["temperature", "co2"], ["", "_x"]) == "(co2|temperature)(|_x)"


def test_columns_are_put_together_by_time_and_the_last_kind_stands():
    columns = [
        Column("d", "", "co2", [1, 2], [400, 500]),
        Column("d", "", "co2_text", [2, 3], ["off", "on"]),
        Column("d", "", "co2_kind", [2], ["text"]),
        Column("d", "", "co2_quality", [1], ["BAD"]),
        Column("d", "", "co2_delay_ms", [3], [-1]),
    ]
    found = [(ms_of(r.at), r.value, r.quality, ms_of(r.received)) for r in readings(columns)]
    assert found == [(1, 400.0, "BAD", 1), (2, "off", "GOOD", 2), (3, "on", "GOOD", 2)]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 3)),
        min_size=1,
        max_size=20,
    )
)
def test_columns_are_the_lines_of_their_readings(said):
    """A time that comes again is written in full there too."""
    heard = 1_764_054_120_000
    at = np.array([heard - 40 + 2 * n - back for n, (_, _, back) in enumerate(said)], np.int64)
    names = [(f"d{device}", "temperature", "") for device, _, _ in said]
    columns = readings_of(names, [value for _, value, _ in said], at, heard)
    one, other = Merging("linden", float("-inf")), Merging("linden", float("-inf"))
    for _ in range(2):  # the second time all may be there
        together, apart = (each.lines(points, None).good for each, points in ((one, columns), (other, list(columns))))
        assert [_parsed(line) for line in together] == [_parsed(line) for line in apart]


def _parsed(line):
    series, fields, at = line.split(" ")
    name, value, *more = fields.replace("=", ",").split(",")
    return series, name, float(value), more, at
