"""The database's history: it makes exactly the tables of the code, and nobody opens what a newer program wrote."""

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import asset_registry
import service_desk
from collector.errors import ConfigError, Unreachable
from wardkeeper.database import MIGRATIONS, newest, open_database, version
from wardkeeper.tables import MODULES, Base


@pytest.fixture
def url(new_database):
    return new_database(tables=False)


def test_the_history_makes_the_tables_of_the_code(url):
    database = open_database(url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_table_of_the_code_is_in_the_list():
    for package in (asset_registry, service_desk):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    named = {module.__name__ for module in MODULES}
    assert {mapper.class_.__module__ for mapper in Base.registry.mappers} <= named


def test_the_audit_log_of_a_migrated_database_only_grows(url):
    database = open_database(url)
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO audit VALUES (1, '2026-11-24', 'a', 'b', 'c', '1', NULL, NULL, NULL)"))
    for statement in (
        "UPDATE audit SET who = 'x'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit" if url.startswith("sqlite") else "TRUNCATE audit",
    ):
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(text(statement))


def test_the_version_of_the_code_is_the_last_step_of_the_history(url):
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    database = open_database(url)
    with database.engine.connect() as connection:
        assert version(connection) == newest() == head


def test_opening_again_changes_nothing(url):
    open_database(url).close()
    open_database(url).close()


def test_a_database_of_a_newer_program_is_refused(url):
    database = open_database(url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer Wardkeeper"):
        open_database(url)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unreachable, match="nowhere"):
        open_database(f"sqlite:///{tmp_path}/nowhere/w.db")


@pytest.mark.parametrize("url", ["postgres://ward:sesame@db/ward", "nothing://ward:sesame@db/w", "ward:sesame@db"])
def test_an_address_that_is_none_is_refused_without_its_password(url):
    with pytest.raises(ConfigError, match="address cannot be used") as caught:
        open_database(url)
    assert "sesame" not in str(caught.value)


def test_a_database_that_does_not_answer_is_named_without_its_password(free_port):
    with pytest.raises(Unreachable, match=r"ward:\*\*\*@127\.0\.0\.1") as caught:
        open_database(f"postgresql+psycopg://ward:sesame@127.0.0.1:{free_port()}/ward")
    assert "sesame" not in str(caught.value)
