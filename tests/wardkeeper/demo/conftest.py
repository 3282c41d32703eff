"""One Linden General and one morning for all tests of the demo."""

import shutil
from datetime import UTC, datetime
from functools import cache

import pytest

from asset_registry.db import Database
from wardkeeper.demo.seed import seed
from wardkeeper.demo.world import World, build_world


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(1)


@pytest.fixture(scope="session")
def morning() -> datetime:
    return datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


@pytest.fixture(scope="session")
def seeded_once(world, morning, tmp_path_factory, request):
    """A function that gives the address of a database of a dialect with the hospital in it, to be copied."""

    @cache
    def address(dialect):
        if dialect == "sqlite":
            file = tmp_path_factory.mktemp("seeded") / "seeded.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), file)
            url = f"sqlite:///{file}"
        else:
            url = request.getfixturevalue("postgres").make(request.getfixturevalue("postgres_template"))
        database = Database(url)
        seed(database, world, morning)
        database.close()
        return url

    return address


@pytest.fixture
def seeded(seeded_once, dialect, new_database):
    """A database with the hospital in it."""
    database = Database(new_database(like=seeded_once(dialect)))
    yield database
    database.close()
