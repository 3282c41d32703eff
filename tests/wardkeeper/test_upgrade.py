"""A database of every earlier version is upgraded: every row kept, all or nothing, by one process."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from asset_registry.db import Database
from collector.clock import ManualClock
from collector.errors import ConfigError, Unreachable
from tests.wardkeeper.earlier import BEFORE, HISTORY, NEWEST, OPEN, ROOT, build, content, fill, kept, reflect, version
from wardkeeper import database as opening
from wardkeeper.backups import Backups
from wardkeeper.database import MIGRATIONS, open_database
from wardkeeper.tables import Base


@pytest.fixture
def url(new_database):
    return new_database(tables=False)


@pytest.fixture
def backups(tmp_path):
    return Backups(tmp_path / "backups", 2, ManualClock())


# ---------------------------------------------------------------- every earlier version


@pytest.mark.parametrize("old", HISTORY[:-1])
def test_every_row_of_every_earlier_version_is_kept_in_the_tables_of_the_code(url, old):
    earlier = build(url, old)
    before, tables = fill(earlier), reflect(earlier)
    assert all(rows for table, rows in before.items() if table != "revision")
    database = open_database(url)
    after = content(database, tables)
    for table, rows in before.items():
        assert len(after[table]) >= len(rows)
        assert table == "revision" or after[table] == rows
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_upgraded_database_notes_and_refuses_what_one_of_the_code_does(url, new_database):
    fill(build(url, HISTORY[0]))
    assert triggers(open_database(url)) == triggers(Database(new_database()))


def triggers(database):
    """What the database does by itself; a table that a step makes anew loses it without a word."""
    asked = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE NOT t.tgisinternal",
    }
    with database.engine.connect() as connection:
        found = {
            name: " ".join(said.split()) for name, said in connection.exec_driver_sql(asked[connection.dialect.name])
        }
    database.close()
    assert found
    return found


def test_a_position_beyond_32_bits_is_kept(url):
    from service_desk.db import Cursor

    fill(build(url, "0002"))
    database = open_database(url)
    with database.write() as session:
        session.get(Cursor, "name 1").position = 5_000_000_000
    with database.read() as session:
        assert session.get(Cursor, "name 1").position == 5_000_000_000


# ---------------------------------------------------------------- all or nothing, and once

POISON = f"""
from alembic import op
import sqlalchemy as sa
revision = "9000"
down_revision = "{NEWEST}"
branch_labels = depends_on = None

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
    with pytest.raises((Unreachable, SystemExit)) as failed:
        open_database(url, backups)
    assert failed.type is SystemExit or "cannot be upgraded from" in str(failed.value)
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
    code = f"from pathlib import *; from wardkeeper import database; {OPEN_NOW.format(opening.MIGRATIONS)}"
    done = subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    database = Database(url)
    assert (version(database), content(database)) == (NEWEST, before)


OPEN_NOW = "import sys; database.MIGRATIONS = {!r}; database.open_database(sys.argv[1])"


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


def wardkeeper(config, *words):
    line = [sys.executable, "-m", "wardkeeper.cli", *words, "--config", str(config)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_command_upgrades_and_says_so_beside_its_output(config, url):
    done = wardkeeper(config, "user", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"Database upgraded from {BEFORE} to {NEWEST}; the backup is {config.parent}/data/")
    assert version(Database(url)) == NEWEST


def test_serve_upgrades_without_a_backup_only_when_it_is_told_to(config, url):
    (config.parent / "data").mkdir()
    (config.parent / "data" / "backups").write_text("in the way")
    done = wardkeeper(config, "serve")
    assert (done.returncode, version(Database(url))) == (1, BEFORE)
    assert "start once with `wardkeeper serve --no-backup`" in done.stderr
    line = [sys.executable, "-m", "wardkeeper.cli", "serve", "--no-backup", "--config", str(config)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith("Wardkeeper is at")
        running.terminate()
        _, said = running.communicate(timeout=30)
    assert said.startswith(f"Database upgraded from {BEFORE} to {NEWEST}; without a backup\n")
    assert version(Database(url)) == NEWEST
