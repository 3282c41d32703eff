"""Readings in, excursions and gaps out."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from asset_registry.cold_chain.excursions import LONGEST_GAP, read_log
from asset_registry.hvac import Range

START = datetime(2026, 11, 24, tzinfo=UTC)
COLD = Range(2, 8)


def minute(number):
    return START + timedelta(minutes=number)


def log(values, end, step=5):
    return read_log([(minute(step * n), value) for n, value in enumerate(values)], COLD, START, minute(end))


def test_an_excursion_lasts_from_the_first_reading_outside_to_the_first_inside():
    (one,) = log([5, 8.4, 9.1, 8.2, 7.9, 5], end=30).excursions
    assert (one.start, one.end, one.lowest, one.highest, one.readings) == (minute(5), minute(20), 8.2, 9.1, 3)


def test_the_limits_belong_to_the_range():
    assert not log([2, 8, 2.0, 8.0], end=20).excursions


def test_one_that_goes_on_has_no_end():
    (one,) = log([5, 1.9, 1.5], end=12).excursions
    assert (one.end, one.lasted(minute(12))) == (None, timedelta(minutes=7))


def test_too_warm_and_then_too_cold_is_one():
    assert len(log([5, 9, 1, 5], end=20).excursions) == 1


def test_half_an_hour_without_a_reading_is_unknown_and_longer_than_that_is_a_gap():
    points = [(minute(0), 5.0), (minute(30), 5.0), (minute(61), 5.0)]
    assert read_log(points, COLD, START, minute(61)).gaps == [(minute(30), minute(61))]
    assert read_log(points, COLD, START, minute(61)).known == 30 / 61


def test_an_excursion_says_how_much_of_it_nobody_saw():
    (one,) = read_log([(minute(0), 9.0), (minute(45), 9.0), (minute(50), 5.0)], COLD, START, minute(60)).excursions
    assert (one.unseen, one.end) == (timedelta(minutes=45), minute(50))


def test_without_a_reading_nothing_is_known():
    nothing = read_log([], COLD, START, minute(120))
    assert (nothing.known, nothing.lowest, nothing.gaps) == (0.0, None, [(START, minute(120))])


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.floats(-5, 15, allow_nan=False)),
        unique_by=lambda point: point[0],
        max_size=60,
    )
)
def test_every_reading_outside_lies_in_exactly_one_excursion_and_none_inside_does(said):
    points = [(minute(at), value) for at, value in sorted(said)]
    read = read_log(points, COLD, START, minute(600))
    for at, value in points:
        holders = [each for each in read.excursions if each.start <= at and (each.end is None or at < each.end)]
        assert len(holders) == (0 if COLD.holds(value) else 1)
    assert sum(each.readings for each in read.excursions) == sum(not COLD.holds(value) for _, value in points)
    assert all(end - start > LONGEST_GAP for start, end in read.gaps)
    assert 0 <= read.known <= 1
