"""Readings as Arrow and back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.points import SCHEMA, all_ms, moment_of, ms_of, readings_of, table_of, to_pandas
from collector.reading import Announcement, Quality, Reading, Sighting

T0 = ManualClock().now()
MOMENTS = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(moment_of)  # the years 1 to 9999
READINGS = st.builds(
    Reading,
    st.text(),
    st.text(),
    st.one_of(st.floats(allow_nan=False), st.booleans(), st.text()),
    MOMENTS,
    MOMENTS,
    st.text(),
    st.sampled_from(Quality),
)


@given(st.lists(READINGS))
def test_readings_come_back_as_they_were(readings):
    table = table_of(readings)
    assert table.schema == SCHEMA
    assert readings_of(table) == readings
    assert [type(r.value) for r in readings_of(table)] == [type(r.value) for r in readings]


def test_a_sighting_is_a_point_of_rssi_and_an_announcement_is_none():
    table = table_of([Announcement("d", {}, T0), Sighting("ble:t", "gw", -70, T0, motion=1)])
    assert readings_of(table) == [Reading("ble:t", "rssi", -70.0, T0, T0, gateway="gw")]


@given(MOMENTS)
def test_milliseconds_and_moments_are_inverse(moment):
    assert moment_of(ms_of(moment)) == moment


def test_a_part_of_a_millisecond_is_rounded_down():
    assert ms_of(moment_of(0) - timedelta(microseconds=1)) == -1


@given(st.lists(st.one_of(MOMENTS, st.datetimes(max_value=datetime(9999, 1, 1), timezones=st.just(UTC)))))  # noqa: DTZ001
def test_many_moments_are_the_milliseconds_of_each(moments):
    assert all_ms(moments).tolist() == [ms_of(moment) for moment in moments]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 65_535, 65_536])
def test_moments_of_one_second_and_of_the_next_are_told_apart_in_any_number(count):
    moments = [T0 + timedelta(microseconds=1_000_003 * n) for n in range(count)]
    assert all_ms(moments).tolist() == [ms_of(moment) for moment in moments]


def test_in_pandas_every_value_has_its_own_type_and_the_index_its_zone():
    values = (21.5, True, "4.12")
    wrote = [Reading("d", metric, value, T0, T0) for metric, value in zip("abc", values, strict=True)]
    frame = to_pandas(table_of(wrote))
    assert str(frame.index.dtype) == "datetime64[ms, UTC]"
    assert frame.index[0] == T0
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds == {
        **dict.fromkeys(("device", "metric", "gateway", "quality"), "category"),
        "number": "float64",
        "text": "string",
        "boolean": "boolean",
        "received": "datetime64[ms, UTC]",
    }
    assert frame.number.sum() == 21.5
    assert frame.boolean.dropna().tolist() == [True]
