"""Days that have ended: the same answers from files as from the table, whatever comes late, crashes or is dropped."""

import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import Unreachable
from collector.points import readings_of
from collector.ports import Selection, TendedStore
from collector.reading import Quality, Reading
from collector.stores.duckdb import Config, open_store
from collector.stores.memory import Config as MemoryConfig
from collector.stores.memory import open_store as open_memory
from collector.upkeep import ForEver

DAY = timedelta(days=1)
D0 = datetime(2026, 11, 20, tzinfo=UTC)
NOW = D0 + 10 * DAY
ALL = Selection(D0 - 1000 * DAY, NOW + DAY)


def reading(value, hours=0.0, device="d", metric="temperature", quality=Quality.GOOD, delay=0.0):
    at = D0 + timedelta(hours=hours)
    return Reading(device, metric, value, at, at + timedelta(seconds=delay), quality=quality)


def files(directory: Path, level: str = "*") -> list[str]:
    return sorted(path.name for path in (directory / "days").glob(f"*.{level}.*"))


def hot(store) -> int:
    return store._hot.connection.execute("SELECT count(*) FROM point").fetchall()[0][0]


@pytest.fixture
def store(tmp_path):
    made = open_store(Config(), tmp_path)
    yield made
    made.close()


def test_a_day_is_sealed_an_hour_after_it_has_ended_and_answers_stay_the_same(store, tmp_path):
    assert isinstance(store, TendedStore)
    wrote = [
        reading(20.5, 1, delay=0.25),
        reading(20.0, 23.9, quality=Quality.UNCERTAIN),
        reading(19.0, 24),
        reading(True, 2, metric="door_open"),
        reading("4.12", 3, metric="room", quality=Quality.BAD),
    ]
    store.write(wrote, 1)
    before = store.query(ALL)
    store.tend(D0 + timedelta(hours=24, minutes=59), ForEver())
    assert files(tmp_path) == []
    store.tend(D0 + timedelta(hours=25), ForEver())
    assert files(tmp_path) == ["2026-11-20.1d.2.parquet", "2026-11-20.points.1.parquet"]
    assert hot(store) == 1
    assert store.query(ALL) == before
    assert store.latest().num_rows == 3


def test_a_file_says_its_format_and_is_sorted_by_series_and_time(store, tmp_path):
    store.write([reading(float(h), h, device) for h in (3, 1, 2) for device in "ba"], 1)
    store.tend(NOW, ForEver())
    (name,) = files(tmp_path, "points")
    table = pq.read_table(tmp_path / "days" / name)
    assert table["sid"].to_pylist() == [1, 1, 1, 2, 2, 2]
    assert table["v"].to_pylist() == [1.0, 2.0, 3.0] * 2
    metadata = pq.read_metadata(tmp_path / "days" / name)
    assert metadata.metadata[b"wardkeeper_format"] == b"2"
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_late_points_of_a_sealed_day_are_seen_at_once_and_merged_later_the_last_written_stands(store, tmp_path):
    store.write([reading(1.0, 1), reading(2.0, 2), reading(9.0, 200)], 1)
    store.tend(NOW, ForEver())
    store.write([reading(2.5, 2), reading(1.5, 1.5)], 2)
    store.write([reading(2.7, 2), reading(0.5, 0.5, device="new")], 3)
    expected = [reading(1.0, 1), reading(1.5, 1.5), reading(2.7, 2), reading(9.0, 200), reading(0.5, 0.5, "new")]
    count = Selection(ALL.start, ALL.end, ("d",), every=DAY, aggregate="count")
    for _ in range(2):
        assert readings_of(store.query(ALL)) == expected
        assert store.query(count)["number"].to_pylist() == [3.0, 1.0]
        assert [r.value for r in readings_of(store.latest())] == [9.0, 0.5]
        store.tend(NOW, ForEver())
    assert len(files(tmp_path, "points")) == 2
    assert store._hot.connection.execute("SELECT count(*) FROM late").fetchall() == [(0,)]
    store.close()
    store.__init__(Config(), tmp_path)
    assert readings_of(store.query(ALL)) == expected


def test_points_of_a_day_that_come_while_it_is_being_sealed_are_kept(store, monkeypatch):
    store.write([reading(1.0, 1), reading(2.0, 2)], 1)
    publish = store._files.publish

    def publish_later(made):
        store.write([reading(5.0, 1), reading(3.0, 3)], 2)
        publish(made)

    monkeypatch.setattr(store._files, "publish", publish_later)
    store.tend(NOW, ForEver())
    monkeypatch.undo()
    for _ in range(2):
        assert readings_of(store.query(ALL)) == [reading(5.0, 1), reading(2.0, 2), reading(3.0, 3)]
        store.tend(NOW, ForEver())


def test_a_question_that_has_begun_keeps_the_files_it_reads(store, tmp_path):
    store.write([reading(1.0, 1)], 1)
    store.tend(NOW, ForEver())
    old = files(tmp_path)
    with store._files.reading():
        store.write([reading(2.0, 2)], 2)
        store.tend(NOW, ForEver())
        assert set(old) < set(files(tmp_path))
    assert not set(old) & set(files(tmp_path))


CRASH = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from collector.embedded import days
from collector.stores.duckdb import Config, open_store
from collector.upkeep import ForEver
store = open_store(Config(), Path(sys.argv[1]))
def killed_before(owner, name, nth=1):
    real, calls = getattr(owner, name), []
    def dies(*given, **named):
        calls.append(1)
        if len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    setattr(owner, name, dies)
step = sys.argv[2]
if step == "written aside": killed_before(days, "sync")
if step == "one renamed": killed_before(days, "sync", 2)
if step == "all renamed": killed_before(store._hot, "transaction")
if step == "in the transaction":
    name = store._sealing._name
    store._sealing._name = lambda *given: (name(*given), os.kill(os.getpid(), signal.SIGKILL))
if step == "named": killed_before(store._files, "retire")
store.tend(datetime.fromisoformat(sys.argv[3]), ForEver())
"""


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "step, late",
    [
        pytest.param("written aside", False, marks=LONG),
        pytest.param("written aside", True, marks=LONG),
        pytest.param("one renamed", False, marks=LONG),
        ("one renamed", True),
        ("all renamed", False),
        ("all renamed", True),
        pytest.param("in the transaction", False, marks=LONG),
        ("in the transaction", True),
        pytest.param("named", False, marks=LONG),
        ("named", True),
    ],
)
def test_killed_between_any_two_steps_of_sealing_nothing_is_lost_and_nothing_is_there_twice(tmp_path, step, late):
    store = open_store(Config(), tmp_path)
    expected = [reading(1.0, 1), reading(2.0, 2), reading(3.0, 3)]
    store.write(expected, 1)
    if late:
        store.tend(NOW, ForEver())
        store.write([reading(2.5, 2)], 2)
        expected[1] = reading(2.5, 2)
    store.close()
    command = [sys.executable, "-c", CRASH, str(tmp_path), step, NOW.isoformat()]
    dead = subprocess.run(command, capture_output=True, check=False, text=True)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    store = open_store(Config(), tmp_path)
    assert readings_of(store.query(ALL)) == expected
    assert not list((tmp_path / "days").glob("*.part"))
    store.tend(NOW, ForEver())
    assert readings_of(store.query(ALL)) == expected
    assert len(files(tmp_path)) == 2
    store.close()


@pytest.mark.parametrize("room", [500, 10_000])
def test_a_disk_that_is_full_leaves_a_day_as_it_was_and_no_half_of_a_file(store, tmp_path, room):
    """The points do not fit, or the points do and the transaction does not."""
    wrote = [reading(n / 7, n / 300) for n in range(5000)]
    store.write(wrote, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))  # the kernel lets no file grow beyond it
    try:
        for _ in range(2):
            with pytest.raises(Unreachable, match=r"sealing a day of .*disk full"):
                store.tend(NOW, ForEver())
            assert list((tmp_path / "days").iterdir()) == []
            assert readings_of(store.query(ALL)) == wrote
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    store.tend(NOW, ForEver())
    assert len(files(tmp_path, "points")) == 1
    assert readings_of(store.query(ALL)) == wrote


def test_files_that_another_store_has_left_are_not_touched(tmp_path):
    store = open_store(Config(), tmp_path)
    store.write([reading(1.0, 1)], 1)
    store.tend(NOW, ForEver())
    store.close()
    there = files(tmp_path)
    (tmp_path / "points.duckdb").unlink()
    for position in (1, 2):
        store = open_store(Config(), tmp_path)
        store.write([reading(7.0, 1)], position)
        store.close()
        assert files(tmp_path) == there
    store = open_store(Config(), tmp_path)
    store.tend(NOW, ForEver())
    assert readings_of(store.query(ALL)) == [reading(7.0, 1)]
    assert set(there) < set(files(tmp_path))
    store.close()


@pytest.mark.parametrize("cut", [None, 0, 500])
def test_a_file_that_is_missing_or_cut_short_is_told_and_the_others_are_read(tmp_path, caplog, cut):
    store = open_store(Config(), tmp_path)
    store.write([reading(1.0, 1), reading(2.0, 30)], 1)
    store.tend(NOW, ForEver())
    store.close()
    gone = tmp_path / "days" / files(tmp_path, "points")[0]
    aside = gone.rename(tmp_path / "aside")
    if cut is not None:
        gone.write_bytes(aside.read_bytes()[:cut])
    store = open_store(Config(), tmp_path)
    assert f"{gone.name} and perhaps more is missing or damaged" in caplog.text
    store.write([reading(1.5, 1.5)], 2)
    store.tend(NOW, ForEver())
    assert readings_of(store.query(ALL)) == [reading(1.5, 1.5), reading(2.0, 30)]
    store.close()
    aside.rename(gone)
    store = open_store(Config(), tmp_path)
    assert readings_of(store.query(ALL)) == [reading(1.0, 1), reading(1.5, 1.5), reading(2.0, 30)]
    store.close()


def test_drop_reaches_into_sealed_days(store, tmp_path):
    wrote = [reading(float(h), h, metric=m) for h in range(0, 96, 6) for m in ("temperature", "spo2")]
    store.write(wrote, 1)
    store.tend(NOW, ForEver())
    store.write([reading(0.5, 1)], 2)
    assert store.drop("environment", D0 + timedelta(hours=40)) == 8
    assert store.drop("environment", D0 + timedelta(hours=40)) == 0
    left = [
        r
        for r in sorted(wrote, key=lambda r: (r.metric, r.at))
        if r.metric == "spo2" or r.at >= D0 + timedelta(hours=40)
    ]
    assert readings_of(store.query(ALL)) == left
    days = Selection(ALL.start, ALL.end, metrics=("temperature",), every=DAY, aggregate="count")
    assert store.query(days)["number"].to_pylist() == [1.0, 4.0, 4.0]
    assert store.drop("environment", NOW) == 9
    assert store.drop("vital", NOW) == 16
    assert files(tmp_path) == []
    assert store.query(ALL).num_rows == store.latest().num_rows == 0


VALUES = st.one_of(st.integers(-9, 9).map(float), st.booleans(), st.text("ab", max_size=1))
POINTS = st.lists(
    st.builds(
        reading,
        VALUES,
        hours=st.integers(0, 24 * 20).map(lambda n: n / 5),
        device=st.sampled_from("ab"),
        metric=st.sampled_from(["co2", "humidity"]),
        quality=st.sampled_from(Quality),
        delay=st.integers(0, 9),
    ),
    max_size=12,
)
STEPS = st.lists(st.one_of(POINTS, st.sampled_from(["tend", "open"])), max_size=6)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, every=st.sampled_from([1, 15, 90, 7 * 60, 24 * 60, 7 * 24 * 60]), start=st.integers(0, 90))
def test_sealed_or_not_every_answer_is_that_of_the_memory_store(tmp_path_factory, steps, every, start):
    directory = tmp_path_factory.mktemp("store")
    store, memory = open_store(Config(), directory), open_memory(MemoryConfig(), directory)
    for position, step in enumerate(steps):
        if step == "tend":
            store.tend(NOW, ForEver())
        elif step == "open":
            store.close()
            store = open_store(Config(), directory)
        else:
            store.write(step, position)
            memory.write(step, position)
    assert store.query(ALL) == memory.query(ALL)
    assert store.latest() == memory.latest()
    for aggregate in ("mean", "min", "max", "last", "count"):
        begin = D0 + timedelta(hours=start)
        window = Selection(begin, begin + 3 * DAY, (), (), timedelta(minutes=every), aggregate)
        got, expected = readings_of(store.query(window)), readings_of(memory.query(window))
        assert [r.value for r in got] == pytest.approx([r.value for r in expected])
        assert [(r.device, r.metric, r.at, r.quality, r.received) for r in got] == [
            (r.device, r.metric, r.at, r.quality, r.received) for r in expected
        ]
    store.close()
