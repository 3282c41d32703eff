"""The database with places, assets, people, rules and tickets: reachable, whole, of this version."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, func, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from asset_registry.db import Database
from asset_registry.people import has_admin
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well
from wardkeeper.upgrade import alembic_config

UNREACHABLE = Trouble(
    "database.unreachable",
    "Without its database Wardkeeper does not start.",
    "Check that it runs and that `database` names the right host, user and database; PostgreSQL's own log says why it "
    "refuses somebody.",
)
DAMAGED = Trouble(
    "database.damaged",
    "The file of the database is damaged.",
    "Stop Wardkeeper, keep a copy of the file, and restore the newest backup; then look at the disk (`dmesg`, "
    "`smartctl`).",
)
NEWER = Trouble(
    "database.newer",
    "A newer Wardkeeper wrote this database; this one does not know how to read it.",
    "Start that version again, or restore a backup of the time before.",
)
NO_ADMIN = Trouble(
    "database.no-admin",
    "Nobody can sign in as administrator.",
    "`wardkeeper serve` prints a link that makes the first one; or `wardkeeper user add NAME --role admin`.",
)
CLOCKS = Trouble(
    "database.clock",
    "The clocks of this machine and of the database's machine differ.",
    "Let the same time service set both.",
)

NO_BACKUPS = Trouble(
    "database.pg_dump",
    "The next upgrade will refuse to start: it makes a backup first and cannot.",
    "Install PostgreSQL's client programs, not older than the server (Debian: `postgresql-client`).",
)

_PATIENCE_S = "5"
_APART_S = 2.0

CURRENT = "It has the version of this Wardkeeper"


def look(case: Case) -> Iterator[Finding]:
    """Everything about the one database."""
    try:
        url = address(case.settings.database_url)
        where = url.render_as_string()
        path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
        if path is not None and not path.exists():
            yield well(where, "It is not there yet and will be made at the first start")
            return
        database = Database(url.render_as_string(hide_password=False))
    except (ArgumentError, ImportError) as trouble:
        yield UNREACHABLE.at("database", f"The address cannot be used: {trouble}")
        return
    try:
        with database.read() as session:
            connection = session.connection()
            yield whole(case, connection, where) if path is not None else clocks(case, connection, where)
            yield backups(case, connection, where)
            standing = version(connection, database, where)
            yield standing
            if standing.what == CURRENT:
                yield (
                    well(where, "Somebody can administer")
                    if has_admin(session)
                    else NO_ADMIN.at(where, "Nobody can administer")
                )
    except SQLAlchemyError as trouble:
        yield failure(trouble, where)
    finally:
        database.close()


def address(given: str) -> URL:
    """The address, with an end to waiting for a server that does not answer."""
    url = make_url(given)
    if url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
        return url.update_query_dict({"connect_timeout": _PATIENCE_S})
    return url


def version(connection: Connection, database: Database, where: str) -> Finding:
    """Which step of the history it stands at; nothing is upgraded."""
    stands = MigrationContext.configure(connection).get_current_revision()
    steps = [step.revision for step in ScriptDirectory.from_config(alembic_config(database)).walk_revisions()]
    if stands is None:
        return well(where, "It is empty and will be filled at the first start")
    if stands not in steps:
        return NEWER.at(where, f"It has version {stands}, and this Wardkeeper knows up to {steps[0]}")
    return well(where, CURRENT if stands == steps[0] else f"It has version {stands}: the next start upgrades it")


def backups(case: Case, connection: Connection, where: str) -> Finding:
    """Whether the next upgrade can make its backup; how old the newest of those is."""
    server = int((connection.dialect.server_version_info or (0,))[0])
    if connection.dialect.name == "postgresql" and pg_dump() < server:
        has = f"pg_dump is of version {pg_dump()}" if pg_dump() else "There is no pg_dump"
        return NO_BACKUPS.at(where, f"{has}, and the server is of version {server}")
    made = [path.stat().st_mtime for path in (case.settings.data / "backups").glob("*Z-*.d*")]
    if not made:
        return unseen(where, "It was never upgraded, so Wardkeeper made no backup; yours are not known here")
    newest = datetime.fromtimestamp(max(made), UTC)
    return well(where, f"The newest backup that Wardkeeper made is of {newest:%Y-%m-%d}; yours are not known here")


def pg_dump() -> int:
    """The major version of PostgreSQL's program for backups; 0 when there is none."""
    program = shutil.which("pg_dump")
    if program is None:
        return 0
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+", said)
    return int(found.group()) if found else 0


def whole(case: Case, connection: Connection, where: str) -> Finding:
    """Whether SQLite finds its file in order."""
    if case.gentle:
        return unseen(where, "Whether the file is whole was not looked at: --gentle")
    case.say("whether the database is whole")
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return well(where, "The file is whole") if found == "ok" else DAMAGED.at(where, str(found))


def clocks(case: Case, connection: Connection, where: str) -> Finding:
    """The clock of a database on another machine against ours."""
    theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    apart = (theirs - case.clock.now()).total_seconds()
    if abs(apart) > _APART_S:
        return CLOCKS.at(where, f"Its clock is {abs(apart):,.0f} s {'ahead of' if apart > 0 else 'behind'} this one")
    return well(where, "It answers, and its clock agrees with this one")


def failure(trouble: SQLAlchemyError, where: str) -> Finding:
    """What the driver says, as one of the troubles above."""
    cause = getattr(trouble, "orig", None) or trouble
    damaged = isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)
    return (DAMAGED if damaged else UNREACHABLE).at(where, " ".join(str(cause).split()))
