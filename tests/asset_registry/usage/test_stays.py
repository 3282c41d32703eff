"""Rooms heard in, stays out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asset_registry.usage.stays import Stay, dwell, in_room, moves, stays_of
from collector.reading import Reading

START = datetime(2026, 11, 24, tzinfo=UTC)


def at(minute):
    return START + timedelta(minutes=minute)


def heard(*changes):
    return [
        Reading("ble:117", "room", str(room or ""), at(minute), at(minute), "wardkeeper") for minute, room in changes
    ]


def told(changes, start=0, end=60):
    stays = stays_of(7, heard(*changes), at(start), at(end))
    return [((s.start - START).seconds // 60, (s.end - START).seconds // 60, s.place_id) for s in stays]


def test_a_stay_lasts_until_the_next_room():
    assert told([(0, 12), (10, 19), (40, 12)]) == [(0, 10, 12), (10, 40, 19), (40, 60, 12)]


def test_where_it_was_before_counts_from_the_start():
    assert told([(0, 12), (30, 19)], start=20) == [(20, 30, 12), (30, 60, 19)]


def test_unknown_is_a_stay_of_its_own_and_the_same_room_again_is_one_stay():
    assert told([(0, 12), (10, None), (20, 12), (30, 12)]) == [(0, 10, 12), (10, 20, None), (20, 60, 12)]


def test_what_comes_after_the_end_does_not_count():
    assert told([(50, 12), (70, 19)]) == [(50, 60, 12)]
    assert told([]) == []


def test_a_tag_that_is_heard_no_more_is_not_still_there():
    assert told([(0, 12)]) == [(0, 30, 12), (30, 60, None)]
    assert not any(stay.going_on for stay in stays_of(7, heard((0, 12)), at(0), at(60)))
    assert told([(0, 12), (25, 12), (50, 12)]) == [(0, 60, 12)], "it was said again"
    assert stays_of(7, heard((40, 12)), at(0), at(60))[-1].going_on


def test_who_was_there_the_longest_first():
    stays = [Stay(1, 12, at(0), at(5)), Stay(2, 12, at(0), at(50)), Stay(3, 19, at(0), at(60))]
    assert [stay.asset_id for stay in in_room(stays, {12})] == [2, 1]
    assert [stay.asset_id for stay in in_room(stays, {12}, timedelta(minutes=10))] == [2]


def test_moves_are_counted_between_known_rooms():
    assert moves(stays_of(7, heard((0, 12), (10, None), (20, 12), (30, 19)), at(0), at(60))) == 1


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from([None, 12, 19, 21])), max_size=30), st.integers(0, 100))
def test_stays_follow_each_other_without_gap_or_overlap_and_add_up(changes, start):
    stays = stays_of(7, heard(*sorted(changes, key=lambda change: change[0])), at(start), at(240))
    for one, other in pairwise(stays):
        assert one.end == other.start
        assert one.place_id != other.place_id
    assert all(stay.start < stay.end for stay in stays)
    if stays:
        assert stays[-1].end == at(240)
        assert sum(dwell(stays).values(), timedelta()) == at(240) - stays[0].start
