"""Small pictures of the past: gaps stay gaps, only the abnormal end has color, stays and their lanes."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.usage.stays import FORGOTTEN
from collector.reading import Reading
from dashboards.trends import DAY, UNKNOWN, held_since, hours, lanes, numbers, past, spark, stays
from tests.dashboards.conftest import AIR

NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


def said(value, minutes, metric="room"):
    return Reading("ble:1", metric, value, ago(minutes), ago(minutes))


def test_a_spark_without_points_is_nothing():
    assert spark([], NOW) == ""


def test_a_spark_starts_anew_after_a_gap():
    line = spark([(ago(100), 1.0), (ago(90), 2.0), (ago(10), 1.5)], NOW)
    assert re.search(r'd="M[\d. ]+L[\d. ]+M', line)


def test_only_the_end_that_is_out_has_color():
    points = [(ago(50), 22.0), (ago(40), 26.0), (ago(30), 22.0), (ago(20), 26.0), (ago(10), 27.0)]
    line = spark(points, NOW, low=21.0, high=24.0, level="medium")
    colored = re.search(r'class="medium" d="([^"]+)"', line)[1]
    assert colored.count("L") == 2
    assert 'class="medium"' not in spark(points[:3], NOW, low=21.0, high=24.0, level="medium")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.booleans())
def test_any_spark_stays_within_its_frame(values, limited):
    points = [(ago(10 * (len(values) - n)), value) for n, value in enumerate(values)]
    limits = {"low": 0.0, "high": 10.0} if limited else {}
    for x, y in re.findall(r"[ML]([-\d.e+]+) ([-\d.e+]+)", spark(points, NOW, **limits)):
        assert 0 <= float(x) <= 100
        assert 0 <= float(y) <= 28


def test_yes_and_no_are_drawn_and_words_are_not():
    assert numbers([said(True, 1, "door_open"), said("x", 0)]) == [(ago(1), 1.0)]


@pytest.mark.parametrize("values, since", [([False, True, True], 20), ([True, False], 20), ([True], 30), ([], None)])
def test_since_when_the_newest_value_holds(values, since):
    readings = [said(value, 30 - 10 * n, "door_open") for n, value in enumerate(values)]
    assert held_since(readings) == (None if since is None else ago(since))


def test_stays_are_joined_and_silence_is_unknown():
    found = stays([said("7", 300), said("7", 290), said("8", 280), said("8", 20)], {"7": "4.12", "8": "4.13"}, NOW)
    assert [(stay.name, stay.doubt) for stay in found] == [
        ("4.12", False),
        ("4.13", False),
        (UNKNOWN, True),
        ("4.13", False),
    ]
    assert found[1].span == FORGOTTEN
    assert sum((stay.span for stay in found), timedelta()) == timedelta(minutes=300)


def test_lanes_keep_the_longest_and_the_present_place():
    names = {str(n): f"4.{n:02}" for n in range(12)}
    readings = [said(str(n), 225 - 20 * n) for n in range(12)]
    drawn = lanes(stays(readings, names, NOW), NOW - DAY, NOW, most=4)
    assert len(drawn) <= 5
    assert drawn[0].now
    assert drawn[0].name == "4.11"
    assert all(0 <= x <= 100 and width > 0 for lane in drawn for x, width in lane.bars)


@pytest.mark.parametrize("span", [timedelta(hours=1), DAY, timedelta(days=7)])
def test_the_time_axis_is_round_and_not_crowded(span):
    labels = list(hours(NOW - span, NOW, BERLIN))
    assert 3 <= len(labels) <= 9
    assert [x for x, _ in labels] == sorted(x for x, _ in labels)
    assert all(text.endswith("0") or text.isalpha() for _, text in labels)


def test_the_past_comes_by_metric_and_in_order(hospital):
    for minute in (50, 10, 30):
        hospital.measure(AIR, "temperature", 20.0 + minute, ago_s=60 * minute)
    hospital.measure(AIR, "humidity", 40.0)
    found = past(hospital.context, [AIR], ["temperature", "humidity"], every=None)
    assert [reading.value for reading in found["temperature"]] == [70.0, 50.0, 30.0]
    assert past(hospital.context, [], ["temperature"]) == {}
