"""A database of every earlier version is upgraded: a backup first, every row kept, all or nothing, by one process."""

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, DateTime, Float, Integer, MetaData, String, insert, select, text
from sqlalchemy.exc import OperationalError

from asset_registry.db import Database
from collector.clock import ManualClock
from collector.errors import ConfigError, Unreachable
from wardkeeper import database as opening
from wardkeeper.backups import Backups
from wardkeeper.database import MIGRATIONS, alembic_config, open_database
from wardkeeper.tables import Base

HISTORY = [step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
NEWEST, BEFORE = HISTORY[-1], HISTORY[-2]
ROOT = Path(__file__).parents[2]


def build(url, version):
    """A database as that version made it."""
    database = Database(url)
    config = alembic_config(database)
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    return database


def fill(database, rows=3):
    """Rows in every table, whatever its columns are; by table what is in them then."""
    tables = reflect(database)
    with database.engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name not in ("alembic_version", "revision"):
                connection.execute(insert(table), [row_of(table, number) for number in range(1, rows + 1)])
    return content(database)


def reflect(database):
    tables = MetaData()
    tables.reflect(database.engine)
    return tables


def row_of(table, number):
    return {column.name: value_of(column, number) for column in table.columns}


def value_of(column, number):
    if column.primary_key or column.foreign_keys:
        return f"{column.name} {number}" if isinstance(column.type, String) else number
    values = {
        Boolean: number % 2 == 0,
        DateTime: datetime(2026, 11, 24, 6, number % 60, 42, 123_000, UTC),
        JSON: {"number": number, "words": ["Ångström", None, True]},
        Float: number / 8,
        Integer: number,
        String: f"{column.name} {number} Ä'\"\\",
    }
    return next(value for kind, value in values.items() if isinstance(column.type, kind))


def content(database):
    tables = reflect(database)
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*table.columns)).mappings()))
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def version(database):
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.fixture
def url(new_database):
    return new_database(tables=False)


@pytest.fixture
def backups(tmp_path):
    return Backups(tmp_path / "backups", 2, ManualClock())


def kept(tmp_path):
    folder = tmp_path / "backups"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# ---------------------------------------------------------------- every earlier version


@pytest.mark.parametrize("old", HISTORY[:-1])
def test_every_row_of_every_earlier_version_is_kept(url, old):
    before = fill(build(url, old))
    assert all(rows for table, rows in before.items() if table != "revision")
    after = content(open_database(url))
    for table, rows in before.items():
        assert len(after[table]) >= len(rows)
        assert table == "revision" or after[table] == rows


@pytest.mark.parametrize("old", HISTORY[:-1])
def test_an_upgraded_database_has_the_tables_of_the_code(url, old):
    fill(build(url, old))
    database = open_database(url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_position_beyond_32_bits_is_kept(url):
    from service_desk.db import Cursor

    fill(build(url, "0002"))
    database = open_database(url)
    with database.write() as session:
        session.get(Cursor, "name 1").position = 5_000_000_000
    with database.read() as session:
        assert session.get(Cursor, "name 1").position == 5_000_000_000


# ---------------------------------------------------------------- the backup


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


# ---------------------------------------------------------------- all or nothing, and once

POISON = f"""
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "9000", "{NEWEST}", None, None

def upgrade():
    op.execute("UPDATE person SET name = 'nobody'")
    op.drop_table("serves")
    op.create_table("novelty", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO novelty VALUES (1)")
    {{poison}}
"""


@pytest.fixture
def poisoned(tmp_path, monkeypatch):
    """A function that adds a step to the history which does a lot and then goes wrong."""

    def add(poison):
        history = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, history)
        (history / "versions" / "9000_poison.py").write_text(POISON.format(poison=poison))
        monkeypatch.setattr(opening, "MIGRATIONS", history)

    return add


@pytest.mark.parametrize("poison", ["op.execute('SELECT * FROM nowhere')", "raise SystemExit", "op.drop_table('x')"])
@pytest.mark.parametrize("old", [BEFORE, NEWEST])
def test_a_step_that_fails_leaves_the_old_version_whole(url, old, poison, poisoned, backups, tmp_path):
    before = fill(build(url, old))
    poisoned(poison)
    with pytest.raises((Unreachable, SystemExit)):
        open_database(url, backups)
    database = Database(url)
    assert (version(database), content(database)) == (old, before)
    assert kept(tmp_path) == []


def test_a_step_may_not_leave_a_row_that_refers_to_nothing(url, poisoned):
    before = fill(build(url, NEWEST))
    poisoned("op.execute('DELETE FROM place')")
    with pytest.raises(Unreachable):
        open_database(url)
    assert content(Database(url)) == before


def test_a_table_that_is_made_anew_keeps_the_rows_that_refer_to_it(url, poisoned):
    before = fill(build(url, NEWEST))
    poisoned("with op.batch_alter_table('place', recreate='auto') as t: t.alter_column('name', nullable=True)")
    after = content(open_database(url))
    assert {name: after[name] for name in ("place", "asset", "gateway", "binding")} == {
        name: before[name] for name in ("place", "asset", "gateway", "binding")
    }


OPEN = """
import sys
from pathlib import Path
from collector.clock import SystemClock
from wardkeeper.backups import Backups
from wardkeeper.database import open_database
sys.stdin.readline()
open_database(sys.argv[1], Backups(Path(sys.argv[2]), 9, SystemClock()), print).close()
print("open")
"""


@pytest.mark.parametrize("old", [None, BEFORE])
def test_of_two_processes_that_start_at_once_one_upgrades(url, old, tmp_path):
    if old:
        fill(build(url, old), rows=200)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url, str(tmp_path / "backups")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [line for one in both for line in one.communicate(timeout=60)[0].splitlines()]
    assert said.count("open") == 3
    assert len(said) == (4 if old else 3)
    assert len(kept(tmp_path)) == (1 if old else 0)


def test_killed_while_it_upgrades_it_upgrades_at_the_next_start(url, tmp_path, poisoned):
    before = fill(build(url, NEWEST))
    poisoned("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    code = f"from wardkeeper import database; database.MIGRATIONS = {str(opening.MIGRATIONS)!r}; {OPEN_NOW}"
    done = subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    database = Database(url)
    assert (version(database), content(database)) == (NEWEST, before)


OPEN_NOW = "import sys; database.open_database(sys.argv[1])"


def test_who_writes_waits_while_the_backup_and_the_upgrade_are_made(url, backups, monkeypatch):
    """What an older process, still running, writes meanwhile is neither lost nor missing in the backup."""
    old = build(url, BEFORE)
    before = fill(old)
    seen = []

    def look(engine, version_):
        with old.read() as session:
            seen.append(session.scalar(text("SELECT count(*) FROM person")))
        with pytest.raises(OperationalError, match="lock"):
            write_impatiently(old)
        return backup(engine, version_)

    backup = backups.make
    monkeypatch.setattr(backups, "make", look)
    open_database(url, backups)
    assert seen == [len(before["person"])]
    assert content(Database(url))["person"] == before["person"]


def write_impatiently(database):
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA busy_timeout=100")
        else:
            connection.execute(text("SET lock_timeout = '100ms'"))
        connection.execute(text("UPDATE person SET name = 'late'"))


def test_a_database_of_a_newer_program_is_refused_without_a_backup(url, backups, tmp_path):
    database = open_database(url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer Wardkeeper"):
        open_database(url, backups)
    assert kept(tmp_path) == []


# ---------------------------------------------------------------- as a person meets it


@pytest.fixture
def config(tmp_path, url, free_port):
    """Settings of a house whose database is of an older version."""
    build(url, BEFORE).close()
    path = tmp_path / "w.yaml"
    path.write_text(f"site: test\ndata: {tmp_path}/data\ndatabase: {url}\nweb: {{port: {free_port()}}}\n")
    return path


def command(config, *words):
    line = [sys.executable, "-m", "wardkeeper.cli", *words, "--config", str(config)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_command_upgrades_and_says_so_beside_its_output(config, url):
    done = command(config, "user", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"Database upgraded from {BEFORE} to {NEWEST}; the backup is {config.parent}/data/")
    assert version(Database(url)) == NEWEST


def test_serve_upgrades_without_a_backup_only_when_it_is_told_to(config, url):
    (config.parent / "data").mkdir()
    (config.parent / "data" / "backups").write_text("in the way")
    done = command(config, "serve")
    assert (done.returncode, version(Database(url))) == (1, BEFORE)
    assert "start once with `wardkeeper serve --no-backup`" in done.stderr
    line = [sys.executable, "-m", "wardkeeper.cli", "serve", "--no-backup", "--config", str(config)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith("Wardkeeper is at")
        running.terminate()
        _, said = running.communicate(timeout=30)
    assert said.startswith(f"Database upgraded from {BEFORE} to {NEWEST}; without a backup\n")
    assert version(Database(url)) == NEWEST
