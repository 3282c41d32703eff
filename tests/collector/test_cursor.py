"""How far a remote store has come, on this machine's disk."""

import resource

import pytest

from collector.cursor import Cursor, DeadLetters
from collector.errors import Unreachable


@pytest.fixture
def cursor_for(tmp_path, seconds):
    return lambda server="one", keep_s=0.0: Cursor(tmp_path / "deep" / "influx.json", server, keep_s, seconds)


def test_it_is_there_after_a_restart(cursor_for):
    cursor_for().advance(7, 123.0)
    again = cursor_for()
    assert (again.position, again.settled, again.newest) == (7, 7, 123.0)


def test_before_anything_was_written_nothing_is_newer(cursor_for):
    cursor = cursor_for()
    assert (cursor.position, cursor.newest) == (0, float("-inf"))
    cursor.advance(1, float("-inf"))
    assert cursor_for().newest == float("-inf")


def test_another_server_begins_at_0(cursor_for):
    cursor_for("one").advance(7, 123.0)
    other = cursor_for("two")
    assert (other.position, other.newest) == (0, float("-inf"))


def test_settled_trails_by_a_minute_and_a_rewind_goes_back_to_it(cursor_for, seconds):
    cursor = cursor_for(keep_s=60.0)
    for seconds.now, position in ((0.0, 1), (30.0, 2), (60.0, 3)):
        cursor.advance(position, 0.0)
    assert (cursor.position, cursor.settled) == (3, 1)
    cursor.rewind()
    assert cursor.position == 1
    seconds.now = 91.0
    cursor.advance(2, 0.0)
    assert cursor.settled == 1  # what was delivered before the rewind has not been confirmed again
    assert cursor_for(keep_s=60.0).position == 1


def test_a_file_that_makes_no_sense_says_what_it_means(cursor_for, tmp_path):
    cursor_for().advance(1, 0.0)
    (tmp_path / "deep" / "influx.json").write_text("{")
    with pytest.raises(Unreachable, match=r"influx\.json.*without it what the spool holds is written again"):
        cursor_for()


def test_a_full_disk_leaves_the_position_as_it_was(cursor_for):
    cursor = cursor_for()
    cursor.advance(1, 0.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(Unreachable, match="is the disk full"):
            cursor.advance(2, 0.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert cursor.position == cursor_for().position == 1


def test_dead_letters_are_counted_across_restarts_and_the_file_does_not_grow_for_ever(tmp_path, monkeypatch):
    letters = DeadLetters(tmp_path / "refused.jsonl")
    letters.keep("a b=1 1", "why")
    letters.keep("a b=1 1", "why")  # the same, sent again
    monkeypatch.setattr("collector.cursor._LETTERS_BYTES", 10)
    letters.keep("a b=2 2", "why")
    assert letters.count == 2
    assert letters.path.read_text() == '{"why":"why","line":"a b=1 1"}\n'
    assert DeadLetters(tmp_path / "refused.jsonl").count == 1
