"""Points on this machine: DuckDB for what is new, Parquet for days that have ended; nothing else to install.

Document: docs/stores.md (tables, files, what survives, how duplicates are kept out), https://duckdb.org/docs/stable/.
The file belongs to one process: the web shares the collector's.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from collector.embedded import answers, batch, format  # noqa: A004 - the version of the files
from collector.embedded.days import Files
from collector.embedded.hot import Hot, number
from collector.embedded.sealing import Sealing
from collector.embedded.upkeep import Upkeep
from collector.errors import Unreachable
from collector.metrics import family_of
from collector.points import SCHEMA, ms_of
from collector.ports import Retention, Selection, Store
from collector.reading import Item
from collector.spans import devices_of

PROVEN = True


class Config(BaseModel):
    """`memory_mb` bounds what DuckDB may hold in memory, `threads` how many cores a query may take."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    file: str = Field("points.duckdb", description="Name of the file below `data/store`.")
    memory_mb: int = Field(default=320, ge=64, description="What DuckDB may use of the memory.")
    threads: int = Field(default=2, ge=1, description="What DuckDB may use of the processors.")


def open_store(config: Config, directory: Path) -> Store:
    """The store in `directory`, made when it is not there.

    Raises Unreachable when another process has it, ConfigError when a newer Wardkeeper has written it.
    """
    return DuckStore(config, directory)


class DuckStore:
    """The hot table, the sealed days, and what makes the one into the other; see `collector.embedded`."""

    def __init__(self, config: Config, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.folder = directory
        self._path = directory / config.file
        with self._trouble("opening"), self._damage():
            connection = duckdb.connect(
                str(self._path),
                config={
                    "threads": config.threads,
                    "memory_limit": f"{config.memory_mb}MB",
                    "autoinstall_known_extensions": "false",  # nothing is fetched: it works without a network
                    "autoload_known_extensions": "false",
                },
            )
            self._files = Files(directory / "days", format.prepare(connection, self._path))
            self._hot = Hot(connection)
            self._sealing = Sealing(self._hot, self._files)
            self._upkeep = Upkeep(self._hot, self._files, self._sealing)

    def write(self, items: Sequence[Item], position: int) -> None:
        with self._trouble("writing to"):
            self._hot.write(lambda series: batch.of_items(items, series), position)

    def write_table(self, table: pa.Table, position: int | None = None) -> None:
        with self._trouble("writing to"):
            self._hot.write(lambda series: batch.of_table(table, series), position)

    def position(self) -> int:
        with self._trouble("reading from"), self._hot.cursor() as cursor:
            return number(cursor, "SELECT position FROM consumed")

    def query(self, selection: Selection) -> pa.Table:
        with self._trouble("reading from"), self._files.reading(), self._hot.cursor() as cursor:
            devices = devices_of(selection)
            if devices is None:
                return SCHEMA.empty_table()
            chosen = self._hot.series.chosen(devices, selection.metrics)
            question = answers.Question(cursor, self._files, selection, chosen)
            return question.points() if selection.every is None else question.windows(selection.every)

    def latest(self, devices: Collection[str] = (), metrics: Collection[str] = ()) -> pa.Table:
        with self._trouble("reading from"), self._hot.cursor() as cursor:
            return answers.latest(cursor, self._hot.series.chosen(devices, metrics))

    def drop(self, family: str, before: datetime) -> int:
        sids = [sid for (_, metric, _), sid in list(self._hot.series.ids.items()) if family_of(metric) == family]
        with self._trouble("dropping from"):
            return self._sealing.drop(sids, ms_of(before))

    def tend(self, now: datetime, retention: Retention) -> None:
        with self._trouble("sealing a day of"):
            self._upkeep.tend(now, retention)

    def close(self) -> None:
        with self._hot.lock:
            self._hot.connection.close()

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """What DuckDB finds wrong with a file when it opens it has no one class of error."""
        try:
            yield
        except duckdb.Error as found:
            if "set lock on file" in str(found):  # another process has it
                raise
            raise Unreachable(
                f"{self._path} cannot be opened: {found}. If the disk is well and may be written to, the file is "
                "damaged: restore it, or move it away with its .wal and its days and Wardkeeper begins anew"
            ) from found

    @contextmanager
    def _trouble(self, doing: str) -> Iterator[None]:
        """What the disk or another process does to us is Unreachable; a mistake of ours stays what it is."""
        try:
            yield
        except (duckdb.OperationalError, duckdb.ConnectionException) as trouble:
            raise Unreachable(
                f"{doing} {self._path}: {trouble}; is the disk full, or another process using it?"
            ) from trouble
