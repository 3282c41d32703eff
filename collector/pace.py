"""How often a device talks: what it announced, or what was learned from when it was heard; and when it is overdue."""

from collections.abc import Sequence
from datetime import timedelta

ENOUGH = 9
"""Gaps that are remembered; before there are so many nothing is known."""
BURST = timedelta(seconds=1)
"""What is heard within it is one word of many readings."""

_MISSED = 3
_EVEN, _ROUGHLY_S = 0.25, 2.0
_LEAST, _LONGEST = timedelta(seconds=60), timedelta(days=1)


def patience(interval: timedelta) -> timedelta:
    """After how long a device that talks so often counts as silent: three intervals, a minute at least."""
    return max(_LEAST, _MISSED * interval)


def interval_of(gaps_s: Sequence[float]) -> timedelta | None:
    """The median of the gaps in seconds between its words.

    None when they are too few, too long to be waited for, or so uneven that more than one of them was longer than the
    patience that they would give: who talks only when something happens is never overdue.
    """
    if len(gaps_s) < ENOUGH:
        return None
    ordered = sorted(gaps_s)
    interval = timedelta(seconds=round(ordered[len(ordered) // 2]))
    steady = timedelta(seconds=ordered[-2]) <= patience(interval)
    return interval if steady and interval <= _LONGEST else None


def even(gaps_s: Sequence[float]) -> bool:
    """Whether it talks by a clock: all gaps but the longest are the median within a quarter.

    Of words that come by chance, two seconds or a day apart, one row of nine in a hundred thousand looks so.
    """
    if len(gaps_s) < ENOUGH:
        return False
    ordered = sorted(gaps_s)
    median = ordered[len(ordered) // 2]
    within = max(_EVEN * median, _ROUGHLY_S)
    return median - ordered[0] <= within and ordered[-2] - median <= within
