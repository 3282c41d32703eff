"""The backup before an upgrade: whole, read back, for its owner alone; without one nothing is upgraded."""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from asset_registry.db import Database
from collector.clock import ManualClock
from collector.errors import Unreachable
from tests.wardkeeper.earlier import BEFORE, NEWEST, OPEN, ROOT, build, content, fill, kept, version
from wardkeeper.backups import Backups
from wardkeeper.database import open_database


@pytest.fixture
def url(new_database):
    return new_database(tables=False)


@pytest.fixture
def backups(tmp_path):
    return Backups(tmp_path / "backups", 2, ManualClock())


def test_it_says_what_it_did_and_the_backup_holds_what_was_there(url, backups, tmp_path, dialect, restored):
    before = fill(build(url, BEFORE))
    said = []
    open_database(url, backups, said.append)
    [name] = kept(tmp_path)
    assert said == [f"Database upgraded from {BEFORE} to {NEWEST}; the backup is {tmp_path / 'backups' / name}"]
    assert name == f"20261124T064200Z-{BEFORE}.{'db' if dialect == 'sqlite' else 'dump'}"
    assert (tmp_path / "backups" / name).stat().st_mode & 0o077 == 0
    database = restored(tmp_path / "backups" / name)
    assert (version(database), content(database)) == (BEFORE, before)
    open_database(str(database.engine.url), None).close()  # and goes the same way again


@pytest.fixture
def restored(dialect, new_database, postgres_programs, tmp_path):
    """A function that restores a backup as docs/database.md says, into a database of its own."""

    def restore(backup):
        if dialect == "sqlite":
            shutil.copy(backup, tmp_path / "restored.db")
            return Database(f"sqlite:///{tmp_path}/restored.db")
        url = new_database(tables=False)
        address = url.replace("+psycopg", "")
        subprocess.run([postgres_programs / "pg_restore", "--exit-on-error", f"--dbname={address}", backup], check=True)
        return Database(url)

    return restore


def test_a_new_database_and_one_of_today_need_no_backup(url, backups, tmp_path):
    said = []
    open_database(url, backups, said.append).close()
    open_database(url, backups, said.append).close()
    assert (said, kept(tmp_path)) == ([], [])


def test_the_newest_backups_are_kept(url, backups, tmp_path):
    (tmp_path / "backups").mkdir()
    for name in ("20240101T000000Z-0001.db", "20250101T000000Z-0001.dump", "20250202T000000Z-0001.db", "mine.db"):
        (tmp_path / "backups" / name).touch()
    build(url, BEFORE).close()
    open_database(url, backups).close()
    *old, new, mine = kept(tmp_path)
    assert (old, new[:4], mine) == (["20250202T000000Z-0001.db"], "2026", "mine.db")


def test_without_a_backup_nothing_is_upgraded(url, tmp_path):
    before = fill(build(url, BEFORE))
    (tmp_path / "backups").write_text("a file where the folder should be")
    with pytest.raises(Unreachable, match=rf"version {BEFORE}.*no backup can be written.*--no-backup"):
        open_database(url, Backups(tmp_path / "backups", 2, ManualClock()))
    database = Database(url)
    assert (version(database), content(database)) == (BEFORE, before)


@pytest.mark.dialects("postgresql")
def test_a_machine_without_pg_dump_is_told_what_to_install(url, backups, monkeypatch, tmp_path):
    build(url, BEFORE).close()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreachable, match=r"pg_dump is not installed \(Debian: postgresql-client"):
        open_database(url, backups)
    assert (version(Database(url)), kept(tmp_path)) == (BEFORE, [])


def test_a_full_disk_stops_the_backup_and_so_the_upgrade(url, tmp_path):
    """A kernel that lets no file grow beyond 64 KB stands in for the disk."""
    before = fill(build(url, BEFORE), rows=500)
    done = subprocess.run(
        [sys.executable, "-c", OPEN, url, str(tmp_path / "backups")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, resource.RLIM_INFINITY)),
        input="go\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Unreachable" in done.stderr
    assert "Nothing was changed" in done.stderr
    database = Database(url)
    assert (version(database), content(database), kept(tmp_path)) == (BEFORE, before, [])


@pytest.mark.dialects("sqlite")
def test_a_damaged_database_gives_no_backup(url, backups, tmp_path):
    fill(build(url, BEFORE), rows=500)
    file = Path(url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as bytes_:
        bytes_.seek(file.stat().st_size // 2)
        bytes_.write(random.Random(1).randbytes(8192))
    with pytest.raises(Unreachable, match="Nothing was changed"):
        open_database(url, backups)
    assert kept(tmp_path) == []
