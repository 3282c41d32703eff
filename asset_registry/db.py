"""The one database: engine, sessions, Base. SQLite (WAL) or PostgreSQL; one writer at a time on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, TimeoutError  # noqa: A004 - SQLAlchemy has one too
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_POSTGRESQL = {
    "application_name": "wardkeeper",
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A machine that vanishes without a word is noticed within half a minute; the address may say otherwise."""

AWAY = (OperationalError, InterfaceError, TimeoutError)
"""What SQLAlchemy raises when the database is locked, away, too busy or on a full disk: waiting helps."""


def reason(error: SQLAlchemyError) -> str:
    """The driver's own words, without the statement."""
    return str(getattr(error, "orig", None) or error)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite has no zones, so they are put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse a naive datetime: nobody could say what it means."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime reached the database; give it a zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """SQLite gives back naive UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the registry and the desk."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: Moment}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


_ONLY_ADDED = {
    "sqlite": (
        "CREATE TRIGGER TABLE_keep_update BEFORE UPDATE ON TABLE BEGIN SELECT RAISE(ABORT, 'WHY'); END",
        "CREATE TRIGGER TABLE_keep_delete BEFORE DELETE ON TABLE BEGIN SELECT RAISE(ABORT, 'WHY'); END",
        # INSERT OR REPLACE deletes without firing the trigger above
        """CREATE TRIGGER TABLE_keep_replace BEFORE INSERT ON TABLE WHEN EXISTS (SELECT 1 FROM TABLE WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'WHY'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION TABLE_keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'WHY'; END $$""",
        "CREATE TRIGGER TABLE_keep_rows BEFORE UPDATE OR DELETE ON TABLE FOR EACH ROW EXECUTE FUNCTION TABLE_keep()",
        "CREATE TRIGGER TABLE_keep_table BEFORE TRUNCATE ON TABLE FOR EACH STATEMENT EXECUTE FUNCTION TABLE_keep()",
    ),
}


def only_added(model: type[Base], why: str) -> None:
    """Let the database refuse to change or delete a row of this table, with `why`.

    `create_all` makes it so. A migration, which stays as it is for ever, has statements of its own.
    """

    def made(_table: object, connection: Connection, **_: object) -> None:
        for statement in _ONLY_ADDED.get(connection.dialect.name, ()):
            connection.exec_driver_sql(statement.replace("TABLE", model.__tablename__).replace("WHY", why))

    event.listen(model.__table__, "after_create", made)


_NOTED = {
    "sqlite": (
        """CREATE TRIGGER TABLE_noted_insert AFTER INSERT ON TABLE
        BEGIN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', NEW.KEY); END""",
        """CREATE TRIGGER TABLE_noted_update AFTER CHANGE ON TABLE
        BEGIN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', NEW.KEY); END""",
        """CREATE TRIGGER TABLE_noted_delete AFTER DELETE ON TABLE
        BEGIN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', OLD.KEY); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION TABLE_noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', OLD.KEY);
        ELSE INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', NEW.KEY); END IF; RETURN NULL; END $$""",
        """CREATE TRIGGER TABLE_noted AFTER INSERT OR CHANGE OR DELETE ON TABLE
        FOR EACH ROW EXECUTE FUNCTION TABLE_noted()""",
    ),
}


def noted(model: type[Base], key: str = "id", change: str = "UPDATE") -> None:
    """Let the database note which rows of this table changed, however that came (`audit.RegistryChange`).

    `change` may name columns: `UPDATE OF name`.
    """

    def made(_table: object, connection: Connection, **_: object) -> None:
        for statement in noting(model.__tablename__, connection.dialect.name, key, change):
            connection.exec_driver_sql(statement)

    event.listen(model.__table__, "after_create", made)


def noting(table: str, dialect: str, key: str = "id", change: str = "UPDATE") -> Iterator[str]:
    """The statements that make a table's changes noted."""
    for statement in _NOTED.get(dialect, ()):
        yield statement.replace("TABLE", table).replace("KEY", key).replace("CHANGE", change)


class Database:
    """An engine and its sessions. Synchronous: never call it on the event loop."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy has it: `sqlite:////var/lib/wardkeeper/wardkeeper.db`, `postgresql+psycopg://…`."""
        # an error is logged and may stand on a page: values of rows, hashes among them, have no place there
        address = make_url(url)
        afar = address.get_backend_name() == "postgresql"
        self.engine: Engine = create_engine(
            address,
            hide_parameters=True,
            pool_pre_ping=afar,  # what a server that was restarted left behind is not handed out
            connect_args={name: value for name, value in _POSTGRESQL.items() if afar and name not in address.query},
        )
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _tune_sqlite)
            event.listen(self.engine, "begin", _begin)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: takes no write lock, rolls back anything written; what was read stays readable."""
        with self._sessions() as session:
            session.connection(execution_options={"wardkeeper_read": True})
            yield session
            session.expunge_all()  # a rollback would empty the rows that were read
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end or rolled back whole. On SQLite it takes the write lock at once."""
        with self._sessions.begin() as session:
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _tune_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    connection.isolation_level = None  # SQLAlchemy's own BEGIN below, not the driver's
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows the letters of English only


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's Connection, untyped in this event
    read = connection.get_execution_options().get("wardkeeper_read")
    connection.exec_driver_sql("BEGIN" if read else "BEGIN IMMEDIATE")
