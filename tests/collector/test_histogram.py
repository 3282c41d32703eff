"""How long things took: counted in buckets, told as quantiles that are never too good."""

import math

from collector.histogram import Histogram


def test_a_duration_counts_in_the_first_bucket_whose_bound_it_does_not_exceed():
    took = Histogram([0.1, 1.0])
    for seconds in (0.05, 0.1, 0.5, 7.0):
        took.add(seconds)
    told = took.snapshot()
    assert told.counts == (2, 1, 1)
    assert (told.count, told.seconds) == (4, 7.65)


def test_a_quantile_is_the_bound_under_which_so_many_stayed():
    took = Histogram([0.1, 1.0])
    for _ in range(99):
        took.add(0.01)
    took.add(0.5)
    told = took.snapshot()
    assert told.quantile(0.5) == 0.1
    assert told.quantile(0.99) == 0.1
    assert told.quantile(0.995) == 1.0


def test_beyond_the_last_bound_nobody_knows_how_long_and_without_any_there_is_nothing_to_say():
    took = Histogram([0.1])
    assert took.snapshot().quantile(0.5) is None
    took.add(3.0)
    assert took.snapshot().quantile(0.5) == math.inf
