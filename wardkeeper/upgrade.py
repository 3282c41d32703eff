"""Upgrades the database with Alembic, alone and after a backup."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from asset_registry.db import Database, reason
from collector.errors import ConfigError, Unreachable
from wardkeeper.backups import Backups
from wardkeeper.database import MIGRATIONS, newest, version

_LOCK = 7_235_419
"""Of all the advisory locks in a PostgreSQL database, the one for upgrading this one."""


def alembic_config(database: Database, history: Path = MIGRATIONS) -> Config:
    """What Alembic needs to know, over one connection of `database`."""
    config = Config()
    config.set_main_option("script_location", str(history))
    config.attributes["database"] = database
    return config


def upgrade(database: Database, history: Path, backups: Backups | None, told: Callable[[str], None]) -> None:
    """Bring it to the newest step. Raises Unreachable or SQLAlchemyError, or ConfigError when a newer one wrote it."""
    config, now = alembic_config(database, history), newest()
    backup = None
    try:
        with _alone(database) as connection:
            old = version(connection)
            if old is not None:
                _known(config, old)
            if old not in (None, now) and backups is not None:
                backup = _backup(database, backups, old)
            _run(config, connection, f"from {old} to {now}")
    except BaseException:
        if backup is not None:
            backup.unlink()  # the database is what it says: at every start it would push out an older one
        raise
    if old in (None, now):
        return
    told(f"Database upgraded from {old} to {now}; " + (f"the backup is {backup}" if backup else "without a backup"))
    if backups is not None:
        backups.prune()


def _run(config: Config, connection: Connection, way: str) -> None:
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise Unreachable(
            f"The database cannot be upgraded {way}: {reason(error)}. Nothing was changed: "
            "the Wardkeeper before this one still works with it."
        ) from error


def _known(config: Config, old: str) -> None:
    try:
        ScriptDirectory.from_config(config).get_revision(old)
    except CommandError as error:
        raise ConfigError(
            f"The database was written by a newer Wardkeeper ({error}). Start that version, or restore a backup."
        ) from error


def _backup(database: Database, backups: Backups, old: str) -> Path:
    try:
        return backups.make(database.engine, old)
    except Unreachable as error:
        raise Unreachable(
            f"The database of version {old} has to be upgraded, but {error}. Nothing was changed. "
            "Mend that, or make a backup of your own and start once with `wardkeeper serve --no-backup`."
        ) from error


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction in which nobody else upgrades or writes, while others, such as a backup, can read."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # a table that is made anew would take along the rows that refer to it; no transaction can switch it off
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            connection.detach()  # nobody else gets such a connection
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                _hold_tables(connection)
            yield connection
            if connection.dialect.name == "sqlite":
                _check_references(connection)


def _hold_tables(connection: Connection) -> None:
    quoted = connection.dialect.identifier_preparer.quote
    if tables := inspect(connection).get_table_names():
        connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(map(quoted, tables))} IN SHARE MODE")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise Unreachable(f"Upgrading would leave a row of {broken[0]} that refers to nothing; nothing was changed.")
