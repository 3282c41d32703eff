"""Databases of earlier versions, with rows in every table, and a program that opens one."""

from datetime import UTC, date, datetime
from pathlib import Path

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, Integer, LargeBinary, MetaData, String, insert, select

from asset_registry.db import Database
from wardkeeper.database import MIGRATIONS
from wardkeeper.upgrade import alembic_config

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
    """Rows in every table, whatever its columns are; by table what is in them then. Some are filled by triggers."""
    tables = reflect(database)
    with database.engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name not in ("alembic_version", "revision", "registry_change"):
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
        Date: date(2026, 11, number % 30 + 1),
        JSON: {"number": number, "words": ["Ångström", None, True]},
        Float: number / 8,
        Integer: number,
        LargeBinary: bytes([0, number % 256]),
        String: f"{column.name} {number} Ä'\"\\",
    }
    return next(value for kind, value in values.items() if isinstance(column.type, kind))


def content(database, old=None):
    """By table what is in it: of the tables and columns of `old`, those of an earlier version, when given."""
    tables = old or reflect(database)
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*table.columns)).mappings()))
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def version(database):
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def kept(tmp_path):
    """The names of the backups."""
    folder = tmp_path / "backups"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


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
