"""What docs/database.md tells people to do is done here, word for word: made, backed up, lost, restored, upgraded."""

import re
import shutil
import subprocess
from urllib.parse import quote

import psycopg
import pytest

from asset_registry.db import Database
from asset_registry.people import create_person
from collector.clock import ManualClock
from tools.tree import ROOT
from wardkeeper.backups import Backups
from wardkeeper.database import open_database

PAGE = (ROOT / "docs" / "database.md").read_text()
WRITTEN = "20261124T064200Z-0002"


def block(language, beginning):
    """The block of that language that begins so."""
    found = re.findall(rf"^```{language}\n({re.escape(beginning)}.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, beginning
    return found[0]


def run(commands, folder):
    done = subprocess.run(["sh", "-ec", commands], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def hire(database, login):
    with database.write() as session:
        create_person(session, login, login.title(), ["clinician"], "test", ManualClock().now())


def logins(database):
    with database.engine.connect() as connection:
        return sorted(connection.exec_driver_sql("SELECT login FROM person").scalars())


def test_sqlite(tmp_path):
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed (Debian: apt-get install sqlite3)")
    database = open_database(f"sqlite:///{tmp_path}/wardkeeper.db")
    hire(database, "lind")
    (tmp_path / "own").mkdir()
    own = block("shell", "sqlite3 ").replace("/mnt/backup", f"{tmp_path}/own")
    run(own.replace("/var/lib/wardkeeper", str(tmp_path)), "/")
    assert logins(Database(f"sqlite:///{tmp_path}/own/wardkeeper.db")) == ["lind"]
    backup = Backups(tmp_path / "backups", 5, ManualClock()).make(database.engine, "0002")
    assert backup.name == f"{WRITTEN}.db"
    hire(database, "late")
    database.close()
    run(block("shell", "cd /var").replace("/var/lib/wardkeeper", str(tmp_path)), "/")
    assert logins(open_database(f"sqlite:///{tmp_path}/wardkeeper.db")) == ["lind"]


def test_postgresql(tmp_path, postgres_of_ones_own, monkeypatch):
    server = postgres_of_ones_own
    monkeypatch.setenv("PATH", f"{server.bin}:/usr/bin:/bin")
    role, made = block("sql", "CREATE ROLE").splitlines()
    server.say(role)
    server.say(made)
    address = re.search(r"`(postgresql\+psycopg://\S+)`", PAGE).group(1)
    assert quote(re.search("PASSWORD '(.*)'", role).group(1)) in address
    here = address.replace("db.example:5432", f"127.0.0.1:{server.port}").replace("verify-full", "disable")
    database = open_database(here)
    hire(database, "lind")

    def as_written(commands):
        return commands.replace("db.example", f"127.0.0.1:{server.port}")

    run(as_written(block("shell", "pg_dump")), tmp_path)
    (tmp_path / "wardkeeper.dump").rename(tmp_path / "own.dump")
    backup = Backups(tmp_path, 5, ManualClock()).make(database.engine, "0002")
    assert backup.name == f"{WRITTEN}.dump"
    hire(database, "late")
    for each in (backup, tmp_path / "own.dump"):
        database.close()
        server.drop(here.partition("?")[0])
        server.say(made)
        each.rename(backup)
        run(as_written(block("shell", "pg_restore")), tmp_path)
        database = open_database(here)
        assert logins(database) == ["lind"]
        with database.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.exec_driver_sql("DELETE FROM audit")
    database.close()


def test_the_order_of_c_utf_8_is_that_of_sqlite(postgres):
    words = ["Zeta", "alpha", "Ähre", "beta", "_", "1"]
    with psycopg.connect(postgres.url("postgres").replace("+psycopg", "")) as connection:
        found = connection.execute("SELECT word FROM unnest(%s::text[]) word ORDER BY word", [words]).fetchall()
    assert [word for (word,) in found] == sorted(words)
