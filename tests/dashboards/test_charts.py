"""Small drawings: limits stand where they belong, whatever the value; nothing is scaled or colored here."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.charts import bars, bullet, steps

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))


@given(numbers, numbers, st.floats(0.01, 1e5))
def test_a_value_in_the_band_is_drawn_in_the_band(low, inside, width):
    high = low + width
    value = min(high, max(low, inside))
    drawn = bullet(value, low, high)
    assert drawn.low - 1 <= drawn.value <= drawn.high + 1
    assert 0 <= drawn.low < drawn.high <= 100


@given(numbers, st.floats(0.01, 1e5), st.floats(0.1, 100))
def test_a_value_outside_is_drawn_outside_on_its_side(low, width, beyond):
    high = low + width
    assert bullet(high + beyond * width, low, high).value >= bullet(high, low, high).value
    over, under = bullet(high + beyond * width, low, high), bullet(low - beyond * width, low, high)
    assert over.value >= over.high
    assert under.value <= under.low


@given(numbers, numbers)
def test_an_open_side_has_no_limit_and_its_band_reaches_the_edge(limit, value):
    at_most, at_least = bullet(value, None, limit), bullet(value, limit, None)
    assert (at_most.low, at_most.start) == (None, 0.0)
    assert at_least.high is None
    assert at_least.start + at_least.width == pytest.approx(100, abs=0.2)
    for drawn in (at_most, at_least):
        assert 1 <= drawn.value <= 99


def test_a_bullet_without_a_limit_is_a_mistake():
    with pytest.raises(ValueError, match="needs a limit"):
        bullet(1.0, None, None)


def test_bars_are_as_many_as_counts_and_the_last_is_now():
    drawn = ET.fromstring(bars([0, 3, 1], ["08", "now"], "four <new> alarms"))
    rects = [each for each in drawn if each.tag == "rect"]
    assert [float(each.get("height")) for each in rects] == [0.0, 40.0, pytest.approx(13.3, abs=0.1)]
    assert rects[-1].get("class") == "bar now"
    assert drawn.get("aria-label") == "four <new> alarms"


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 500)), min_size=1, max_size=40))
def test_steps_never_leave_the_drawing(levels):
    levels = [(0.0, levels[0][1]), *sorted(levels)]
    path = re.search(r'class="ln" d="([^"]+)"', steps(levels, ["08", "now"], "x")).group(1)
    assert all(0 <= float(y) <= 48 for y in re.findall(r"(?:V|M0 )([\d.-]+)", path))
    assert all(0 <= float(x) <= 1000 for x in re.findall(r"H([\d.-]+)", path))


def test_no_drawing_carries_a_style_or_a_color():
    for drawn in (bars([1, 2], ["a", "b"], "x"), steps([(0.0, 1), (0.5, 2)], ["a", "b"], "x")):
        assert "style" not in drawn
        assert "#" not in drawn
