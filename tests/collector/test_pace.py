"""How often a device talks is learned from its gaps, and who talks only when something happens is never overdue."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.pace import ENOUGH, even, interval_of, patience


def seconds(number):
    return timedelta(seconds=number)


@pytest.mark.parametrize("interval,allowed", [(1, 60), (20, 60), (21, 63), (600, 1800)])
def test_three_intervals_a_minute_at_least(interval, allowed):
    assert patience(seconds(interval)) == seconds(allowed)


@given(st.integers(2, 86_000), st.lists(st.floats(0.8, 1.2), min_size=ENOUGH, max_size=ENOUGH), st.floats(1, 1e6))
def test_a_steady_device_is_known_whatever_one_outage_was_between(every, jitter, outage):
    gaps = [every * each for each in jitter]
    gaps[ENOUGH // 2] = outage
    learned = interval_of(gaps)
    if learned is not None or every * 1.2 < 86_000:
        assert abs(learned.total_seconds() - every) <= 0.2 * every + 1
        assert all(seconds(gap) <= patience(learned) for gap in gaps if gap != outage)


@given(st.lists(st.floats(1, 1e5), max_size=ENOUGH - 1))
def test_before_there_are_enough_nothing_is_known(gaps):
    assert interval_of(gaps) is None


@pytest.mark.parametrize("uneven", [[60] * 7 + [3600] * 2, [5, 900, 7, 4000, 12, 20, 6, 86_000, 300], [90_000] * 9])
def test_who_talks_unevenly_or_less_than_daily_has_no_interval(uneven):
    assert interval_of(uneven) is None


def test_what_lies_within_the_least_patience_is_even_enough():
    assert interval_of([5, 5, 5, 5, 5, 20, 40, 50, 55]) == seconds(5)


@given(st.integers(2, 86_000), st.lists(st.floats(0.9, 1.1), min_size=ENOUGH, max_size=ENOUGH), st.floats(1, 1e6))
def test_a_clock_is_seen_through_its_jitter_and_one_lost_word(every, jitter, outage):
    gaps = [every * each for each in jitter]
    assert even(gaps)
    gaps[0] = max(outage, every * 0.9)
    assert even(gaps)


def test_words_by_chance_hardly_ever_look_like_a_clock_and_never_twice():
    chance = random.Random(7)
    looks = [even([chance.expovariate(1 / 120) for _ in range(ENOUGH)]) for _ in range(50_000)]
    assert sum(looks) <= 5
    assert not any(one and other for one, other in pairwise(looks))


@pytest.mark.parametrize("uneven", [[60] * 8, [60] * 7 + [90] * 2, [10] + [60] * 8, [5, 5, 5, 5, 5, 20, 40, 50, 55]])
def test_what_is_no_clock(uneven):
    assert not even(uneven)
