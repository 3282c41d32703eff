"""Uses in, how many are enough out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.usage.fleet import Fleet, Member, fleet_of, hoards, uses_of

START = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def at(hours):
    return START + timedelta(hours=hours)


def member(asset_id, *hours, rented=False):
    return Member(asset_id, START - WEEK, [(at(a), at(b)) for a, b in hours], rented)


def test_uses_between_two_moments():
    changes = [(at(-5), "in_use"), (at(2), "idle"), (at(4), "claimed"), (at(5), "in_use"), (at(6), "in_use")]
    assert uses_of(changes, at(0), at(10)) == [(at(0), at(2)), (at(5), at(10))]
    assert uses_of([(at(1), "idle")], at(0), at(10)) == []
    assert uses_of([(at(-9), "in_use"), (at(-8), "idle")], at(0), at(10)) == []


def test_a_fleet_in_figures():
    fleet = fleet_of(
        "infusion pump", [member(1, (0, 84)), member(2, (0, 84), (100, 101)), member(3)], START, START + WEEK
    )
    assert (fleet.size, fleet.most, fleet.busy, list(fleet.unused)) == (3, 2, 2, [3])
    assert fleet.utilization == pytest.approx((84 + 85) / (3 * 168))
    assert fleet.turnover == pytest.approx(1.0)
    assert (fleet.enough, fleet.spare) == (3, 0)


def test_a_rush_of_one_hour_a_week_is_not_what_a_fleet_is_bought_for():
    rush = [member(n, (0, 1)) for n in range(10)]
    fleet = fleet_of("pump", rush, START, START + WEEK)
    assert (fleet.most, fleet.busy) == (10, 0)


def fleet(size, busy, rented=0, days=30):
    return Fleet("pump", size, rented, 0.5, busy, busy, 1.0, [], timedelta(days=days))


@pytest.mark.parametrize(
    "told, advice",
    [
        (fleet(10, 5, rented=3), "3 of the 3 rented can go back"),
        (fleet(7, 5, rented=3), "1 of the 3 rented can go back"),
        (fleet(5, 5), "1 more would be enough"),
        (fleet(12, 5), "6 more than are needed: no need to buy or rent"),
        (fleet(7, 5), "about right"),
        (fleet(12, 5, days=3), ""),
    ],
)
def test_advice(told, advice):
    assert told.advice == advice


@given(st.lists(st.lists(st.tuples(st.integers(0, 160), st.integers(1, 8)), max_size=4), min_size=1, max_size=6))
def test_never_more_in_use_than_there_are_and_never_more_than_all_the_time(members):
    known = [member(n, *_apart(uses)) for n, uses in enumerate(members)]
    told = fleet_of("pump", known, START, START + WEEK)
    assert 0 <= told.busy <= told.most <= told.size
    assert 0 <= told.utilization <= 1
    assert set(told.unused) == {n for n, uses in enumerate(members) if not uses}


def _apart(uses):
    end = 0
    for start, length in sorted(uses):
        first = max(start, end)
        end = min(168, first + length)
        if first < end:
            yield first, end


def test_a_hoard_is_half_of_all_that_stand_idle():
    assert hoards({12: [1, 2, 3, 4], 19: [5, 6]}) == {12: [1, 2, 3, 4]}
    assert hoards({12: [1, 2, 3, 4], 19: [5, 6, 7, 8, 9]}) == {19: [5, 6, 7, 8, 9]}
    assert hoards({12: [1, 2, 3]}) == {}
