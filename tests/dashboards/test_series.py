"""Charts: what is a gap and what is a line."""

from datetime import UTC, datetime, timedelta

from dashboards.series import gaps

T0 = datetime(2026, 11, 24, tzinfo=UTC)
APART = timedelta(minutes=3)


def at(*minutes):
    return [T0 + timedelta(minutes=minute) for minute in minutes]


def test_a_device_that_was_silent_for_half_an_hour_leaves_a_gap():
    assert gaps(at(0, 1, 2, 36, 37, 38), APART) == {3}


def test_a_sparse_history_is_a_line_up_to_where_the_live_points_begin():
    assert gaps(at(0, 20, 40, 60, 80, 81, 82), APART) == {4}
    assert gaps(at(0, 20, 40, 60), APART) == set()


def test_two_silences_with_one_word_between_them_are_gaps_both():
    assert gaps(at(0, 1, 2, 32, 62, 63, 64), APART) == {3, 4}


def test_few_points_are_no_reason_to_stumble():
    assert gaps([], APART) == gaps(at(0), APART) == set()
    assert gaps(at(0, 30), APART) == {1}
