"""Days that are old enough are unlinked; where something in them must stay they are rewritten."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Reading
from collector.stores.duckdb import Config, open_store

DAY, WEEK = timedelta(days=1), timedelta(days=7)
D0 = datetime(2026, 11, 20, tzinfo=UTC)
NOW = D0 + 10 * DAY
ALL = Selection(D0 - 1000 * DAY, NOW + DAY)


def reading(value, hours, device="d"):
    at = D0 + timedelta(hours=hours)
    return Reading(device, "temperature", value, at, at)


def files(directory, level="*"):
    return sorted(path.name for path in (directory / "days").glob(f"*.{level}.*"))


@pytest.fixture
def store(tmp_path):
    made = open_store(Config(), tmp_path)
    yield made
    made.close()


class Keeping:
    """`points` by device, else a week; rollups for `rollups`."""

    def __init__(self, rollups=WEEK, **points):
        self.points, self.rollups = points, rollups

    def keep(self, device, metric):
        points = self.points.get(device, WEEK)
        return points, None if points is None or self.rollups is None else max(points, self.rollups)


@pytest.fixture
def filled(store):
    """Devices a and b, every six hours of five days."""
    store.write([reading(float(h), h, device) for h in range(0, 120, 6) for device in "ab"], 1)
    return store


def days(store, device):
    return sorted({(r.at - D0).days for r in readings_of(store.query(ALL)) if r.device == device})


def test_days_that_are_old_enough_in_everything_are_unlinked(filled, tmp_path):
    filled.tend(D0 + 2 * DAY + WEEK, Keeping())
    assert [name[:10] for name in files(tmp_path, "points")] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert days(filled, "a") == days(filled, "b") == [2, 3, 4]


def test_where_families_differ_days_are_rewritten_and_a_held_device_keeps_everything(filled, tmp_path):
    filled.tend(D0 + 2 * DAY + WEEK, Keeping(a=None))
    assert len(files(tmp_path, "points")) == 5
    assert days(filled, "a") == [0, 1, 2, 3, 4]
    assert days(filled, "b") == [2, 3, 4]
    rewritten = files(tmp_path)
    filled.tend(D0 + 2 * DAY + WEEK, Keeping(a=None))
    assert files(tmp_path) == rewritten, "once is enough"
    filled.tend(D0 + 2 * DAY + WEEK, Keeping())
    assert days(filled, "a") == [2, 3, 4], "the hold was lifted"


def test_rollups_outlive_their_points_and_answer_for_them(filled, tmp_path):
    question = Selection(ALL.start, ALL.end, ("b",), every=DAY, aggregate="mean")
    before = filled.query(question)
    filled.tend(NOW, Keeping(rollups=None, a=None, b=DAY))
    assert days(filled, "b") == []
    assert filled.query(question) == before
    filled.write([reading(99.0, 1, "a")], 2)
    filled.tend(NOW, Keeping(rollups=None, a=None, b=DAY))
    assert filled.query(question) == before, "a late point of another device changes nothing"
    filled.write([reading(-99.0, 1, "b")], 3)
    filled.tend(NOW, Keeping(rollups=None, a=None, b=DAY))
    assert filled.query(question) == before, "what comes after its day was forgotten does not stand for the day"
    assert days(filled, "b") == []


def test_the_newest_point_is_forgotten_with_its_days(filled):
    filled.tend(D0 + 40 * DAY, Keeping(a=None))
    assert filled.latest()["device"].to_pylist() == ["a"]


def test_a_point_that_comes_after_its_day_was_unlinked_is_taken_and_goes_the_same_way(filled, tmp_path):
    filled.tend(D0 + 40 * DAY, Keeping())
    assert files(tmp_path) == []
    filled.write([reading(1.0, 1)], 2)
    assert days(filled, "d") == [0]
    filled.tend(D0 + 40 * DAY, Keeping())
    assert files(tmp_path) == []
    assert filled.query(ALL).num_rows == 0
