"""The chart of frozen evidence: rings, band, lanes, the freeze, and what came after."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from dashboards.evidence import draw, window

FROZEN = datetime(2026, 11, 24, 6, 27, 1, tzinfo=UTC)
NOW = FROZEN + timedelta(minutes=20)


def ms(minutes):
    return int((FROZEN + timedelta(minutes=minutes)).timestamp() * 1000)


@pytest.fixture
def fridge():
    """A fridge that warms: above 8 °C in the last ten minutes."""
    points = [[ms(-60 + index), 4.0 + 0.09 * index, index >= 50] for index in range(60)]
    return {
        "frozen_at": FROZEN.isoformat(),
        "metric": "probe_temperature",
        "subject": "mqtt:zigbee2mqtt/fridge-7",
        "low": 2.0,
        "high": 8.0,
        "normal": "2–8\u00a0°C",
        "points": points,
        "lanes": [
            {"metric": "power", "label": "Power", "segments": [[ms(-60), ms(-29), True], [ms(-29), ms(0), False]]}
        ],
    }


def drawn(evidence, after=()):
    return draw(evidence, after, "high", NOW, UTC)


def shapes(plot, name):
    return [each for each in ET.fromstring(plot).iter() if name in (each.get("class") or "").split()]


def test_the_triggering_points_are_ringed_and_the_limit_is_named(fridge):
    chart = drawn(fridge)
    assert len(shapes(chart.plot, "pt")) == 10
    assert "above 8.0\u00a0°C from 06:17" in chart.plot
    assert "normal 2–8\u00a0°C" in chart.plot
    assert "frozen 06:27:01" in chart.plot
    assert (
        chart.words
        == "Buffered probe from 05:27 to 06:27:01: between 4.0\u00a0°C and 9.3\u00a0°C, at the end 9.3\u00a0°C"
    )


def test_a_lane_says_since_when_it_is_as_it_must_not_be(fridge):
    chart = drawn(fridge)
    assert "no power since 05:58" in chart.plot
    assert len(shapes(chart.plot, "on")) == 1
    assert ">Power<" in chart.gutter


def test_below_is_said_when_it_is_below(fridge):
    fridge["points"] = [[at, 12.0 - value, hit] for at, value, hit in fridge["points"]]
    fridge["low"] = 4.0
    assert "below 4.0\u00a0°C from 06:17" in drawn(fridge).plot


def test_after_the_freeze_the_line_is_thinner_and_the_window_grows_by_a_third_at_most(fridge):
    assert shapes(drawn(fridge).plot, "after") == []
    chart = drawn(fridge, [(float(ms(5)), 9.5, False), (float(ms(10)), 9.8, False)])
    assert len(shapes(chart.plot, "after")) == 1
    first, last, frozen = window(fridge, NOW + timedelta(days=2))
    assert (last - frozen) <= (frozen - first) * 0.31


def test_a_gap_is_a_gap(fridge):
    fridge["points"] = fridge["points"][:20] + fridge["points"][40:]
    line = shapes(drawn(fridge).plot, "ln")[0].get("d")
    assert line.count("M") == 2


def test_an_alarm_of_yes_or_no_is_a_lane(fridge):
    fridge |= {"metric": "door_open", "low": None, "high": None, "lanes": []}
    fridge["points"] = [[ms(-30), False, False], [ms(-9), True, True]]
    chart = drawn(fridge)
    assert "open since 06:18" in chart.plot
    assert ">Door<" in chart.gutter
    assert shapes(chart.plot, "ln") == []


@pytest.mark.parametrize("points", [[], [[ms(-1), 9.0, True]]])
def test_nothing_and_hardly_anything(fridge, points):
    fridge |= {"points": points, "lanes": []}
    chart = drawn(fridge)
    assert (chart is None) == (not points)


def test_a_flat_line_without_limits_has_a_scale(fridge):
    fridge |= {
        "low": None,
        "high": None,
        "normal": "",
        "points": [[ms(-5), 0.0, False], [ms(-1), 0.0, True]],
        "lanes": [],
    }
    assert "nan" not in drawn(fridge).plot


def test_words_of_a_device_are_text_not_markup(fridge):
    fridge["normal"] = "<script>alert(1)</script>"
    assert "<script>" not in drawn(fridge).plot


def test_places_are_in_per_cent_and_no_style_is_needed(fridge):
    chart = drawn(fridge)
    assert "style=" not in chart.plot
    assert all(ring.get("cx").endswith("%") for ring in shapes(chart.plot, "pt"))
