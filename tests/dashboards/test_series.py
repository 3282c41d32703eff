"""What a chart shows: windows for its span, the most telling metric first, the range that watches it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.series import POINTS, SPANS, chart_of, choices, chosen, every_of
from tests.dashboards.conftest import AIR, OXIMETER


def offered(hospital, native_id, *, vitals=False):
    return choices(hospital.context, [hospital.snapshots.current.device(native_id)], vitals=vitals)


@given(st.timedeltas(timedelta(minutes=61), timedelta(days=90)))
def test_windows_give_a_readable_number_of_points(span):
    assert POINTS / 3 < span / every_of(span) <= POINTS


def test_an_hour_is_shown_as_it_is():
    assert every_of(timedelta(hours=1)) is None


def test_the_most_telling_metric_comes_first(hospital):
    for metric, value in (("link_quality", 90.0), ("humidity", 40.0), ("temperature", 22.0), ("room", "4")):
        hospital.measure(AIR, metric, value)
    found = offered(hospital, AIR)
    assert found[0].metric == "temperature"
    assert found[-1].metric == "link_quality"
    assert chosen(found, "", None).metric == "temperature"
    assert chosen(found, "humidity", None).metric == "humidity"
    assert chosen(found, "room", None).metric == "temperature", "words are not drawn"
    assert chosen([], "", None) is None


def test_a_vital_is_offered_only_where_it_may_be_seen_and_never_first(hospital):
    hospital.measure(OXIMETER, "spo2", 97.0)
    assert offered(hospital, OXIMETER) == []
    hospital.measure(OXIMETER, "link_quality", 90.0)
    found = offered(hospital, OXIMETER, vitals=True)
    assert chosen(found, "", None).metric == "link_quality"
    assert chosen(found, "spo2", None).vital


@pytest.mark.parametrize("span", SPANS)
def test_the_table_says_what_the_chart_shows(hospital, span):
    for minute in range(50):
        hospital.measure(AIR, "temperature", 20.0 + minute / 10, ago_s=60 * minute)
    (choice,) = offered(hospital, AIR)
    with hospital.database.read() as session:
        chart = chart_of(session, hospital.context, choice, span)
    assert "between 20.0\u00a0°C and 24.9\u00a0°C, now 20.0\u00a0°C" in chart.words
    assert 0 < len(chart.rows) <= 24
    assert chart.rows[0][0] > chart.rows[-1][0] or len(chart.rows) == 1


def test_an_uptime_is_a_time(hospital):
    hospital.measure(AIR, "uptime", 28_273_523.0)
    assert offered(hospital, AIR)[0].shown == "327\u00a0d"
