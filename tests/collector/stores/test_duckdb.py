"""What only the DuckDB store does: it survives, and what fails in the middle leaves nothing."""

import resource
import subprocess
import sys
from datetime import timedelta

import duckdb
import pytest
from pydantic import ValidationError

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Reading
from collector.stores.duckdb import Config, open_store

T0 = ManualClock().now()
ALL = Selection(start=T0 - timedelta(days=1), end=T0 + timedelta(days=1))


def reading(value, device="d", at=0):
    return Reading(device, "temperature", value, T0 + timedelta(seconds=at), T0)


def test_points_series_and_position_survive_reopening(tmp_path):
    store = open_store(Config(), tmp_path)
    store.write([reading(1.0), reading(2.0, device="b")], 3)
    store.close()
    store = open_store(Config(), tmp_path)
    store.write([reading(3.0, at=1), reading(4.0, device="c")], 4)
    store.close()
    store = open_store(Config(), tmp_path)
    assert store.position() == 4
    assert readings_of(store.query(ALL)) == [
        reading(2.0, device="b"),
        reading(4.0, device="c"),
        reading(1.0),
        reading(3.0, at=1),
    ]
    store.close()


def test_a_write_that_fails_in_the_middle_leaves_neither_points_nor_series_nor_position(tmp_path):
    store = open_store(Config(), tmp_path)
    store.write([reading(1.0)], 1)
    with store._hot.connection.cursor() as aside:
        aside.execute("ALTER TABLE latest RENAME TO hidden")
        with pytest.raises(duckdb.Error):
            store.write([reading(2.0, device="new")], 2)
        aside.execute("ALTER TABLE hidden RENAME TO latest")
    assert store.position() == 1
    assert readings_of(store.query(ALL)) == [reading(1.0)]
    store.write([reading(2.0, device="new")], 2)
    assert readings_of(store.query(ALL)) == [reading(1.0), reading(2.0, device="new")]
    store.close()


def test_a_file_that_another_process_holds_is_unreachable(tmp_path):
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "points.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(Unreachable, match=r"points\.duckdb.*another process"):
            open_store(Config(), tmp_path)
        other.stdin.close()


def test_a_disk_that_is_full_is_unreachable_says_so_and_is_over_when_it_has_room(tmp_path):
    store = open_store(Config(), tmp_path)
    store.write([reading(1.0)], 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the kernel lets no file grow beyond it
    try:
        for _ in range(2):
            with pytest.raises(Unreachable, match=r"points\.duckdb.*Could not write.*disk full"):
                store.write([reading(float(n), at=n) for n in range(5000)], 2)
        assert store.position() == 1
        assert store.query(ALL).num_rows == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    store.write([reading(float(n), at=n) for n in range(5000)], 2)
    assert store.position() == 2
    assert store.query(ALL).num_rows == 5000
    store.close()


@pytest.mark.parametrize("damage", ["other", "block", "half"])
def test_a_damaged_file_says_what_to_do(tmp_path, damage):
    store = open_store(Config(), tmp_path)
    store.write([reading(n / 10, str(n % 40), n) for n in range(2000)], 1)
    store.close()
    path = tmp_path / "points.duckdb"
    whole = path.read_bytes()
    broken = {
        "other": b"not a database at all" * 1000,
        "block": whole[:8192] + bytes(byte ^ 0xFF for byte in whole[8192:8200]) + whole[8200:],
        "half": whole[: len(whole) // 2],
    }
    path.write_bytes(broken[damage])
    with pytest.raises(Unreachable, match=r"points\.duckdb cannot be opened.*move it away"):
        open_store(Config(), tmp_path)


def test_a_misspelt_setting_is_refused():
    with pytest.raises(ValidationError):
        Config(memory=1)
