"""The database: not there yet, whole, damaged, of another version, away; on SQLite and on a real PostgreSQL."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from asset_registry.db import Database
from asset_registry.people import create_person
from collector.clock import ManualClock, SystemClock
from wardkeeper.database import open_database


@pytest.fixture
def database(patient):
    """The file, made as the first start makes it, with an administrator."""
    patient.data.mkdir()
    made = open_database(f"sqlite:///{patient.data}/wardkeeper.db")
    with made.write() as session:
        create_person(session, "boss", "Boss", ["admin"], "test", SystemClock().now())
    made.close()
    return patient.data / "wardkeeper.db"


def run(path, statement):
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        session.execute(text(statement))
    database.close()


def test_before_the_first_start_there_is_none_and_none_is_made(patient):
    [finding] = patient.findings("database")
    assert (finding.state, "will be made at the first start" in finding.what) == ("well", True)
    assert not (patient.data / "wardkeeper.db").exists()


def test_all_is_well(patient, database):
    assert [(each[0], each[3]) for each in patient.says("database")] == [
        ("well", "The file is whole"),
        ("unseen", "It was never upgraded, so Wardkeeper made no backup; yours are not known here"),
        ("well", "It has the version of this Wardkeeper"),
        ("well", "Somebody can administer"),
    ]


def test_how_old_the_newest_backup_is(patient, database):
    (patient.data / "backups").mkdir()
    for day, name in ((10, "20261110T064200Z-0001.db"), (24, "20261124T064200Z-0002.db")):
        (patient.data / "backups" / name).touch()
        at = datetime(2026, 11, day, tzinfo=UTC).timestamp()
        os.utime(patient.data / "backups" / name, (at, at))
    assert "is of 2026-11-24" in patient.says("database")[1][3]


def test_nobody_can_administer(patient, database):
    run(database, "UPDATE person SET active = 0")
    assert patient.names("database") == ["database.no-admin"]


def test_an_older_version_is_no_trouble_and_is_not_upgraded_by_looking(patient, database):
    run(database, "UPDATE alembic_version SET version_num = '0001'")
    for _ in range(2):
        assert patient.says("database")[-1][3] == "It has version 0001: the next start upgrades it"


def test_a_newer_version(patient, database):
    run(database, "UPDATE alembic_version SET version_num = '9999'")
    [finding] = [each for each in patient.findings("database") if each.state == "trouble"]
    assert finding.name == "database.newer"
    assert "It has version 9999" in finding.what


def test_a_damaged_file(patient, database):
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 3] + bytes(len(whole) // 3) + whole[2 * len(whole) // 3 :])
    assert "database.damaged" in patient.names("database")


def test_a_file_that_is_no_database(patient, database):
    database.write_bytes(b"x" * 10_000)
    assert patient.names("database") == ["database.damaged"]


def test_gentle_does_not_read_the_whole_file(patient, database):
    assert patient.says("database", gentle=True)[0][0] == "unseen"


def test_an_address_that_makes_no_sense(patient, tmp_path):
    (tmp_path / "address").write_text("nonsense")
    patient.write(f"database: !file {tmp_path}/address\n")
    assert patient.names("database") == ["database.unreachable"]


@pytest.fixture
def in_postgres(patient, tmp_path):
    def at(address):
        (tmp_path / "address").write_text(address)
        patient.write(f"database: !file {tmp_path}/address\n")

    return at


def test_a_postgresql_that_is_well(patient, postgres, in_postgres):
    address = postgres.make()
    open_database(address).close()
    in_postgres(address)
    assert patient.names("database") == ["database.no-admin"]
    assert patient.says("database")[0][3] == "It answers, and its clock agrees with this one"


def test_a_postgresql_whose_clock_differs(patient, postgres, in_postgres):
    in_postgres(postgres.make())
    patient.clock = ManualClock(SystemClock().now() + timedelta(seconds=90))
    [finding] = [each for each in patient.findings("database") if each.state == "trouble"]
    assert finding.name == "database.clock"
    assert finding.what.endswith("s behind this one")


@pytest.mark.parametrize("version,what", [("", "There is no pg_dump"), ("9.6.24", "pg_dump is of version 9")])
def test_a_postgresql_that_could_not_be_backed_up_before_an_upgrade(
    patient, postgres, in_postgres, tmp_path, monkeypatch, version, what
):
    in_postgres(postgres.make())
    if version:
        (tmp_path / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
        (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    [finding] = [each for each in patient.findings("database") if each.state == "trouble"]
    assert finding.name == "database.pg_dump"
    assert finding.what.startswith(f"{what}, and the server is of version ")


def test_a_postgresql_that_is_away_is_named_without_its_password(patient, free_port, in_postgres):
    in_postgres(f"postgresql+psycopg://ward:sesame@127.0.0.1:{free_port()}/w")
    [finding] = patient.findings("database")
    assert finding.name == "database.unreachable"
    assert "sesame" not in f"{finding}"
