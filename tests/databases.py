"""Databases for tests: SQLite and a real PostgreSQL, copied from a template, so that no test waits for tables."""

import os
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from asset_registry.db import Database
from wardkeeper.tables import Base

DIALECTS = ("sqlite", "postgresql")
QUICK = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200"]


def programs():
    """The folder of PostgreSQL's programs; None when it is not installed."""
    found = shutil.which("initdb") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None)
    return Path(found).resolve().parent if found else None


class Postgres:
    """A server of one's own on `port`; its superuser `ward` needs no password."""

    def __init__(self, port):
        self.bin, self.port = programs(), port
        if self.bin is None:
            pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        self.folder = Path(tempfile.mkdtemp(prefix="wardkeeper-pg-"))
        self._someone = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._someone = {"user": "postgres"}
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", self.folder / "data", "-U", "ward", "-A", "trust", "--no-sync", "--locale=C.UTF-8")
        self.version = int((self.folder / "data" / "PG_VERSION").read_text())
        self._made = 0

    def start(self):
        options = f"-k {self.folder} -h 127.0.0.1 -p {self.port} " + " ".join(f"-c {option}" for option in QUICK)
        self._run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        return self

    def stop(self, how="immediate"):
        self._run("pg_ctl", "-D", self.folder / "data", "-m", how, "stop")

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, name):
        return f"postgresql+psycopg://ward@127.0.0.1:{self.port}/{name}"

    def make(self, template="template1"):
        """The address of a new database."""
        self._made += 1
        name = f"db{self._made}"
        quick = "STRATEGY FILE_COPY" if self.version >= 15 else ""  # older ones know no other
        self.say(f"CREATE DATABASE {name} TEMPLATE {template} {quick}")
        return self.url(name)

    def drop(self, url):
        self.say(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def say(self, statement):
        with psycopg.connect(f"postgresql://ward@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program, *arguments):
        command = [self.bin / program, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._someone)


@pytest.fixture(scope="session")
def postgres(free_port):
    """The server that the session's tests share."""
    server = Postgres(free_port()).start()
    yield server
    server.remove()


@pytest.fixture
def postgres_programs():
    """The folder of PostgreSQL's programs."""
    return programs()


@pytest.fixture
def postgres_of_ones_own(free_port):
    """A server to stop and start."""
    server = Postgres(free_port()).start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A file that has the tables of the code."""
    file = tmp_path_factory.mktemp("template") / "tables.db"
    _make_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """The name of a database that has the tables of the code."""
    url = postgres.make()
    _make_tables(url)
    return url.rpartition("/")[2]


@pytest.fixture
def dialect(request):
    """`sqlite` or `postgresql`: a test that asks for this, or for what needs it, runs on both (tests/conftest.py)."""
    return request.param


@pytest.fixture
def new_database(dialect, tmp_path, request):
    """A function that gives the address of a database with the tables of the code, or with none; nothing is in them.

    `like` is the address of one that nobody has open: the new one is its copy.
    """
    made = []

    def sqlite(*, tables=True, like=""):
        made.append(tmp_path / f"database-{len(made)}.db")
        if like or tables:
            shutil.copy(like.removeprefix("sqlite:///") or request.getfixturevalue("sqlite_template"), made[-1])
        return f"sqlite:///{made[-1]}"

    if dialect == "sqlite":
        yield sqlite
        return
    server = request.getfixturevalue("postgres")

    def postgresql(*, tables=True, like=""):
        tabled = request.getfixturevalue("postgres_template") if tables else "template1"
        made.append(server.make(like.rpartition("/")[2] or tabled))
        return made[-1]

    yield postgresql
    for url in made:
        server.drop(url)


@pytest.fixture
def take_away(dialect, request):
    """A function after which the database at that address cannot be opened any more."""

    def gone(url):
        if dialect == "postgresql":
            request.getfixturevalue("postgres").drop(url)
            return
        file = Path(url.removeprefix("sqlite:///"))
        for each in file.parent.glob(f"{file.name}*"):
            each.unlink()
        file.mkdir()

    return gone


@pytest.fixture
def database_url(new_database):
    """The address of a database with the tables of the code, and nothing in them."""
    return new_database()


def _make_tables(url):
    database = Database(url)
    Base.metadata.create_all(database.engine)
    database.close()


def at_once(*jobs):
    """What each of them gave or raised when all were begun at the same moment, each in a thread."""
    start = threading.Barrier(len(jobs))

    def run(job):
        start.wait()
        try:
            return job()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
