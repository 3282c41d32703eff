"""Rollups say of every window what the points said, also once the points are gone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.points import readings_of, table_of
from collector.ports import Selection, Span
from collector.reading import Quality, Reading
from collector.stores.duckdb import Config, open_store
from collector.stores.memory import Config as MemoryConfig
from collector.stores.memory import open_store as open_memory
from collector.upkeep import ForEver

DAY = timedelta(days=1)
D0 = datetime(2026, 11, 20, tzinfo=UTC)
AGGREGATES = ("mean", "min", "max", "last", "count")


class PointsForADay(ForEver):
    def keep(self, device, metric):
        return DAY, None


def said(seed):
    """Two days of four series, every 20 s with gaps, now and then UNCERTAIN or BAD, heard up to 9 s later."""
    found = []
    for step in range(2 * 4320):
        at = D0 + timedelta(seconds=20 * step, milliseconds=step * seed % 999)
        quality = Quality.BAD if step * 7 % 13 < seed % 5 else Quality.UNCERTAIN if step % 11 == 3 else Quality.GOOD
        values = {"temperature": step * seed % 17 / 4, "door_open": step % 3 == 0, "room": f"{step % 5}"}
        if step * seed % 1000 > 900:
            values = {"room": 7.0}  # a number where texts are usual
        for metric, value in values.items():
            found.append(Reading("d", metric, value, at, at + timedelta(seconds=step % 10), quality=quality))
        if step % 400 == 0:
            found.append(Reading("slow", "temperature", float(step), at, at))
    return found


@pytest.fixture(scope="module", params=[3, 10])
def stores(request, tmp_path_factory):
    """The points in memory, sealed with their rollups, and as rollups alone."""
    wrote = said(request.param)
    memory = open_memory(MemoryConfig(), tmp_path_factory.mktemp("memory"))
    memory.write(wrote, 1)
    sealed, alone = (open_store(Config(), tmp_path_factory.mktemp("store")) for _ in range(2))
    for store, retention in ((sealed, ForEver()), (alone, PointsForADay())):
        store.write_table(table_of(wrote))
        store.tend(D0 + 9 * DAY, retention)
    yield memory, sealed, alone
    sealed.close()
    alone.close()


def agree(one, other, selection):
    got, expected = readings_of(one.query(selection)), readings_of(other.query(selection))
    assert [r.value for r in got] == [
        pytest.approx(r.value) if isinstance(r.value, float) else r.value for r in expected
    ]
    assert [(r.metric, r.at, r.quality, r.received) for r in got] == [
        (r.metric, r.at, r.quality, r.received) for r in expected
    ]


def test_the_points_are_gone_and_three_rollups_a_day_are_there(stores):
    _, sealed, alone = stores
    levels = [sorted({path.name.split(".")[1] for path in store.folder.glob("days/*")}) for store in (sealed, alone)]
    assert levels == [["15m", "1d", "1m", "points"], ["15m", "1d", "1m"]]
    assert alone.query(Selection(D0, D0 + 3 * DAY)).num_rows == 0


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("minutes", [1, 5, 15, 45, 1440, 2880])
def test_windows_of_rollups_alone_are_those_of_the_points(stores, aggregate, minutes):
    memory, sealed, alone = stores
    selection = Selection(D0, D0 + 3 * DAY, every=timedelta(minutes=minutes), aggregate=aggregate)
    agree(alone, memory, selection)
    agree(sealed, memory, selection)


@settings(max_examples=20, deadline=None)
@given(
    start=st.integers(0, 2 * 86_400),
    length=st.integers(1, 2 * 86_400),
    minutes=st.sampled_from([0.5, 1, 15, 1440]),
    aggregate=st.sampled_from(AGGREGATES),
    span=st.one_of(st.none(), st.tuples(st.integers(0, 86_400), st.integers(1, 2 * 86_400))),
)
def test_a_selection_that_cuts_windows_is_answered_from_the_points(stores, start, length, minutes, aggregate, span):
    memory, sealed, _ = stores
    begin = D0 + timedelta(seconds=start)
    spans = span and (Span("d", D0 + timedelta(seconds=span[0]), D0 + timedelta(seconds=sum(span))),)
    every = timedelta(minutes=minutes)
    agree(sealed, memory, Selection(begin, begin + timedelta(seconds=length), (), (), every, aggregate, spans=spans))
