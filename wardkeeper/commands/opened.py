"""What commands that work on the database share: the settings file, the database, the clock, who is acting."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from asset_registry.db import Database
from wardkeeper.settings import Settings

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file.", show_default=False)]


def load(config: Path) -> Settings:
    """The settings. Raises SettingsError (exit 2)."""
    from wardkeeper import catalog, settings

    return settings.load(config, catalog.config_of, catalog.kinds())


@contextmanager
def database_of(config: Path) -> Iterator[Database]:
    """The database that the settings file names, migrated; closed afterwards."""
    from wardkeeper.database import open_database

    settings = load(config)
    settings.make_data()
    database = open_database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def operator() -> str:
    """Who sits at the keyboard, for the audit log."""
    return f"{getpass.getuser()} (command line)"
