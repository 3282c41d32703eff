"""What commands that work on the database share: the settings file, the database, the clock, who is acting."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.clock import Clock, SystemClock
from collector.errors import ConfigError
from wardkeeper.settings import Settings

if TYPE_CHECKING:  # not every command needs a database
    from asset_registry.db import Database

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file.", show_default=False)]


def load(config: Path) -> Settings:
    """The settings. Raises SettingsError (exit 2)."""
    from wardkeeper import catalog, settings

    return settings.load(config, catalog.config_of, catalog.kinds())


@contextmanager
def database_of(config: Path) -> Iterator["Database"]:
    """The database that the settings file names, upgraded; closed afterwards."""
    database = database_in(load(config), SystemClock())
    try:
        yield database
    finally:
        database.close()


def database_in(settings: Settings, clock: Clock, *, backup: bool = True) -> "Database":
    """The database that the settings name, upgraded; a line on stderr says so."""
    from wardkeeper.backups import Backups
    from wardkeeper.database import open_database

    settings.make_data()
    backups = Backups(settings.data / "backups", settings.backups.keep, clock) if backup else None
    return open_database(settings.database_url, backups, lambda line: print(line, file=sys.stderr, flush=True))


def text_of(file: Path) -> str:
    """What the file says. Raises ConfigError."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error


def operator() -> str:
    """Who sits at the keyboard, for the audit log."""
    return f"{getpass.getuser()} (command line)"
