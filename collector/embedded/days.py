"""Sealed days on disk: Parquet files that the table `sealed` names, each written aside, synced and then renamed.

What the table does not name is left over from a crash; a file stays as long as a query that may read it.
"""

import logging
import os
import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from collector.durable import sync
from collector.embedded.batch import DAY_MS

_log = logging.getLogger(__name__)

RAW = "points"
STEPS_MS = {"1m": 60_000, "15m": 900_000, "1d": DAY_MS}
"""The rollups of a day, the finest first."""

LEVELS = (RAW, *STEPS_MS)
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.(\w+)\.(\d+)\.parquet")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sealed(NamedTuple):
    """A file of a sealed day: `day` since 1970. Not `complete`: retention has taken series out of it."""

    day: int
    level: str
    generation: int
    rows: int
    complete: bool


def date_of(day: int) -> str:
    """As it stands in a file's name."""
    return f"{_EPOCH + timedelta(days=day):%Y-%m-%d}"


def catalog(
    cursor: duckdb.DuckDBPyConnection, first: int = -(10**9), last: int = 10**9
) -> dict[int, dict[str, Sealed]]:
    """The files of the days from `first` to `last`, as the cursor's transaction sees them."""
    found: dict[int, dict[str, Sealed]] = {}
    rows = cursor.execute("FROM sealed WHERE day BETWEEN ? AND ? ORDER BY day", [first, last]).fetchall()
    for one in map(Sealed._make, rows):
        found.setdefault(one.day, {})[one.level] = one
    return found


class Files:
    """The folder of sealed days."""

    def __init__(self, folder: Path, store: str) -> None:
        """`store` is the name that stands in the files of one `points.duckdb`."""
        self.folder, self.store = folder, store
        self.missing: set[str] = set()
        self._lock = threading.Lock()
        self._readers: dict[int, int] = {}  # how many queries began at which serial number
        self._serial = 0
        self._retired: list[tuple[int, Path]] = []

    def path(self, sealed: Sealed) -> Path:
        """Where a file is."""
        return self.folder / f"{date_of(sealed.day)}.{sealed.level}.{sealed.generation}.parquet"

    def there(self, sealed: Sealed) -> bool:
        """Whether it was there when the store was opened, or was written since."""
        return self.path(sealed).name not in self.missing

    def aside(self, sealed: Sealed) -> Path:
        """Where it is written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.path(sealed).with_suffix(".part")

    def publish(self, sealed: Collection[Sealed]) -> None:
        """Sync what was written aside, and give it its name."""
        for one in sealed:
            sync(self.aside(one))
            self.aside(one).replace(self.path(one))
        sync(self.folder)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """No file that is in use now goes before the end."""
        with self._lock:
            serial = self._serial
            self._readers[serial] = self._readers.get(serial, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._readers[serial] -= 1
                if not self._readers[serial]:
                    del self._readers[serial]
                self._sweep()

    def retire(self, paths: Collection[Path]) -> None:
        """Remove files that are no longer named, as soon as nothing reads them."""
        with self._lock:
            self._retired += [(self._serial, path) for path in paths]
            self._serial += 1
            self._sweep()

    def _sweep(self) -> None:
        oldest = min(self._readers, default=self._serial)
        for serial, path in self._retired:
            if serial < oldest:
                path.unlink(missing_ok=True)
        self._retired = [(serial, path) for serial, path in self._retired if serial >= oldest]

    def generations(self) -> list[int]:
        """Those of all files there are."""
        found = [_NAME.fullmatch(path.name) for path in self.folder.glob("*.parquet")]
        return [int(name[3]) for name in found if name]

    def tidy(self, named: dict[int, dict[str, Sealed]], hot: Collection[int]) -> None:
        """After a start: remove what a crash has left behind, and find out what is missing.

        What belongs to another `points.duckdb`, or to a later state of this one, is left alone.
        """
        present = {path.name for path in self.folder.glob("*.parquet")} if self.folder.is_dir() else set()
        wanted = {self.path(one).name for levels in named.values() for one in levels.values()}
        self.missing = {name for name in wanted if name not in present or not _is_whole(self.folder / name)}
        if self.missing:
            _log.error("%s: %s and perhaps more is missing or damaged: restore it", self.folder, min(self.missing))
        whole = {date_of(day) for day, levels in named.items() if all(map(self.there, levels.values()))}
        known = whole | {date_of(day) for day in set(hot) - named.keys()}
        for name in sorted(present - wanted):
            found = _NAME.fullmatch(name)
            if found and found[1] in known and self._own(self.folder / name):
                (self.folder / name).unlink()
            else:
                _log.warning("%s: no part of this store, and left alone", self.folder / name)
        self.clear()

    def clear(self) -> None:
        """Remove what was begun aside and came to nothing; for who writes."""
        for part in self.folder.glob("*.part"):
            part.unlink()

    def _own(self, path: Path) -> bool:
        try:
            return (pq.read_metadata(path).metadata or {}).get(b"wardkeeper_store") == self.store.encode()
        except (OSError, pa.ArrowException):
            return False


def _is_whole(path: Path) -> bool:
    """Whether it ends as Parquet does: what was cut short, or never written, does not."""
    with path.open("rb") as file:
        file.seek(-min(4, path.stat().st_size), os.SEEK_END)
        return file.read() == b"PAR1"
