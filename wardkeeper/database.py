"""Opens the one database and brings it to the newest version."""

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from asset_registry.db import Database, reason
from collector.errors import ConfigError, Unreachable
from wardkeeper import tables
from wardkeeper.backups import Backups

MIGRATIONS = Path(__file__).parent / "migrations"
"""The history of the database, step by step."""

_REVISION = re.compile(r'^revision\b.*= "(\w+)"', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision\b.*= "(\w+)"', re.MULTILINE)

TABLES = tables.Base.metadata
"""Whoever opens the database knows every table, however little of the product a command has loaded."""


def _nobody(_line: str) -> None:
    """Nobody wants to be told."""


def open_database(url: str, backups: Backups | None = None, told: Callable[[str], None] = _nobody) -> Database:
    """The database at `url`, made or upgraded; a backup is made first, or `backups` is None. `told` hears of it.

    Raises Unreachable, or ConfigError when a newer program wrote it. Whatever fails, the database is as it was.
    """
    try:
        database = Database(url)
    except (ArgumentError, ImportError) as error:  # its text never has the address itself
        raise ConfigError(f"The database address cannot be used: {error}; write it as SQLAlchemy does") from error
    try:
        with database.read() as session:
            upgraded = version(session.connection()) == newest()
        if not upgraded:
            from wardkeeper.upgrade import upgrade  # noqa: PLC0415 - Alembic takes 0.2 s to load, at every start

            upgrade(database, MIGRATIONS, backups, told)
    except SQLAlchemyError as error:
        shown = database.engine.url.render_as_string(hide_password=True)
        raise Unreachable(
            f"The database {shown} cannot be opened: {reason(error)}. "
            "Is it running, and may this user write there? A damaged one has to be restored from a backup."
        ) from error
    return database


def newest() -> str:
    """The version of the code: the step that none comes after. Alembic would import every step to say so."""
    steps = [step.read_text(encoding="utf-8") for step in (MIGRATIONS / "versions").glob("*.py")]
    here, before = ({found for step in steps for found in line.findall(step)} for line in (_REVISION, _BEFORE))
    [last] = map(str, here - before)
    return last


def version(connection: Connection) -> str | None:
    """The version of a database; None of an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
