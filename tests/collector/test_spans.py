"""Downsampling for charts, and times that do not overlap."""

from datetime import timedelta
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.points import readings_of, table_of
from collector.ports import Span
from collector.reading import Quality, Reading
from collector.spans import downsampled, merged

T0 = ManualClock().now()


def s(seconds):
    return T0 + timedelta(seconds=seconds)


SERIES = st.dictionaries(
    st.integers(0, 199),
    st.tuples(
        st.one_of(st.integers(-9, 9).map(float), st.booleans(), st.text("ab", max_size=1)), st.sampled_from(Quality)
    ),
    max_size=120,
)


@given(series=st.lists(SERIES, max_size=3), points=st.integers(4, 40))
def test_a_chart_keeps_ends_extremes_and_gaps_and_adds_nothing(series, points):
    wrote = [
        [Reading(f"{n}", "co2", value, s(at), s(at), quality=quality) for at, (value, quality) in sorted(one.items())]
        for n, one in enumerate(series)
    ]
    got = readings_of(downsampled(table_of(chain(*wrote)), points, s(0), s(200)))
    for n, all_of_it in enumerate(wrote):
        chart = [r for r in got if r.device == f"{n}"]
        assert len(chart) <= points
        assert len(all_of_it) > points or chart == all_of_it
        assert all(r in all_of_it for r in chart)
        assert chart == sorted(chart, key=lambda r: r.at)
        if all_of_it:
            assert (chart[0], chart[-1]) == (all_of_it[0], all_of_it[-1])
        good = [r.value for r in all_of_it if not isinstance(r.value, str) and r.quality is not Quality.BAD]
        if good:
            drawn = [r.value for r in chart if not isinstance(r.value, str) and r.quality is not Quality.BAD]
            assert (min(drawn), max(drawn)) == (min(good), max(good))
        piece = 200 / max(1, (points - 2) // 2)
        times = [(r.at - T0).total_seconds() for r in chart]
        for r in all_of_it:  # a line has no gap where there is none
            at = (r.at - T0).total_seconds()
            assert min(abs(at - time) for time in times) < piece


def test_times_of_a_device_are_joined_where_they_touch():
    spans = [Span("b", s(0), s(1)), Span("a", s(4), s(9)), Span("a", s(0), s(5)), Span("a", s(10), s(11))]
    assert merged(spans) == [Span("a", s(0), s(9)), Span("a", s(10), s(11)), Span("b", s(0), s(1))]
