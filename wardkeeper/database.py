"""Opens the one database and brings it to the newest version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from asset_registry.db import Database
from collector.errors import ConfigError, Unreachable

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(database: Database) -> Config:
    """What Alembic needs to know, over one connection of `database`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    return config


def open_database(url: str) -> Database:
    """The database at `url`, made or migrated.

    Raises Unreachable, or ConfigError when a newer program wrote it.
    """
    try:
        database = Database(url)
    except (ArgumentError, ImportError) as error:  # its text never has the address itself
        raise ConfigError(f"The database address cannot be used: {error}; write it as SQLAlchemy does") from error
    config = alembic_config(database)
    try:
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            f"The database was written by a newer Wardkeeper ({error}). Start that version, or restore a backup."
        ) from error
    except SQLAlchemyError as error:
        shown = database.engine.url.render_as_string(hide_password=True)
        raise Unreachable(
            f"The database {shown} cannot be opened: {getattr(error, 'orig', None) or error}. "
            "Is it running, and may this user write there? A damaged one has to be restored from a backup."
        ) from error
    return database
