"""Backups of the database before it is upgraded: whole, read back, on disk, or not there at all."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from collector.clock import Clock
from collector.durable import sync
from collector.errors import Unreachable


class Backups:
    """Files `<UTC time>-<version>.db` (SQLite) or `.dump` (pg_dump's custom format) in one folder."""

    def __init__(self, folder: Path, keep: int, clock: Clock) -> None:
        """`keep`: how many stay when older ones are removed."""
        self._folder = folder
        self._keep = keep
        self._clock = clock

    def make(self, engine: Engine, version: str) -> Path:
        """A backup of what is committed now. Raises Unreachable, saying what to do; nothing is left behind then."""
        copy, ending = (_sqlite, "db") if engine.dialect.name == "sqlite" else (_postgresql, "dump")
        made = self._folder / f"{self._clock.now():%Y%m%dT%H%M%SZ}-{version}.{ending}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _whole(made, lambda draft: copy(engine, draft))
        except (OSError, sqlite3.Error) as error:
            why = f"no backup can be written to {self._folder}: {getattr(error, 'strerror', None) or error}"
            raise Unreachable(f"{why}; is there room on its disk?") from error
        return made

    def prune(self) -> None:
        """Remove the oldest ones but `keep`."""
        kinds = ("*Z-*.db", "*Z-*.dump")
        for old in sorted(path for kind in kinds for path in self._folder.glob(kind))[: -self._keep]:
            old.unlink()


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """The file appears when all of it is on disk. Passwords' hashes are in it: only its owner may read it."""
    draft = path.with_suffix(".draft")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        write(draft)
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    finally:
        for left in path.parent.glob("*.draft*"):  # also of a life that was killed
            left.unlink()


def _sqlite(engine: Engine, draft: Path) -> None:
    source = engine.raw_connection()
    try:
        source.cursor().execute("VACUUM INTO ?", (str(draft),))
    finally:
        source.close()
    copy = sqlite3.connect(f"{draft.absolute().as_uri()}?immutable=1", uri=True)
    try:
        if (found := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise Unreachable(f"the database is damaged ({found}); restore an earlier backup")
    finally:
        copy.close()


def _postgresql(engine: Engine, draft: Path) -> None:
    _, given = engine.dialect.create_connect_args(engine.url)
    given.pop("context", None)  # SQLAlchemy's own
    password = given.pop("password", None)  # others on this machine can read a command's arguments
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    _run("pg_dump", "--format=custom", f"--file={draft}", f"--dbname={make_conninfo(**given)}", environment=environment)
    _run("pg_restore", f"--file={os.devnull}", str(draft), environment=environment)  # reads all of it


def _run(program: str, *arguments: str, environment: dict[str, str]) -> None:
    path = shutil.which(program)
    if path is None:
        raise Unreachable(f"{program} is not installed (Debian: postgresql-client, not older than the server)")
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise Unreachable(f"{program} failed: {said}")
