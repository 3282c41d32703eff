"""The time-series store: whether it can be used, and keeps what it is given as long as it is meant to.

A server is asked for its settings; nothing is written to it.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from collector.ports import RemoteStore, Store
from collector.stores.duckdb import Config as DuckConfig
from wardkeeper.checkup import Case, Finding, Trouble, well
from wardkeeper.collecting import part, store_folder, without_kind

LOCKED = Trouble(
    "store.locked",
    "Another program has the file of the store open, so Wardkeeper cannot start.",
    "End that program (a second Wardkeeper, a DuckDB shell, a notebook): the file belongs to one process.",
)
DAMAGED = Trouble(
    "store.damaged",
    "The file of the store cannot be opened.",
    "Look at the disk (`dmesg`). Restore it, or move it away with its .wal and `days`: Wardkeeper begins a new "
    "one, and what the spool still has is in it.",
)
FORBIDDEN = Trouble(
    "store.forbidden",
    "This user may not write the file of the store.",
    "Give it back to the user that runs Wardkeeper: `chown wardkeeper {file}*`.",
)
FILLING = Trouble(
    "store.filling",
    "The store keeps everything, and the disk has less room left than the store already takes.",
    "Give `data` more room before it is full.",
)
SERVER = Trouble(
    "store.server",
    "The server of the store does not answer, does not let Wardkeeper in, keeps points for a shorter time than "
    "`keep_days`, or (VictoriaMetrics) keeps points twice that were written again.",
    "Do what it says, at the server; docs/stores.md has the settings of each kind.",
)
IN_MEMORY = Trouble(
    "store.memory",
    "This store is for tests: everything measured is gone when Wardkeeper ends.",
    "Take `store.duckdb`, or leave `store` out of the settings.",
)

_OWNER = re.compile(r"PID (\d+)")
_GB = 1e9
_LEAST = 1e9


def look(case: Case) -> Iterator[Finding]:
    """Every store that the settings name."""
    for name, given in case.settings.all_stores.items():
        kind = given["kind"]
        if kind == "store.duckdb":
            config = DuckConfig.model_validate(without_kind(given))
            yield from file(case, store_folder(case.settings.data, name) / config.file)
        elif kind == "store.memory":
            yield IN_MEMORY.at(kind, "It keeps nothing")
        else:
            yield from server(case, given)


def file(case: Case, path: Path) -> Iterator[Finding]:
    """The one file of DuckDB."""
    if not path.exists():
        yield well(str(path), "It is not there yet and will be made at the first start")
        return
    yield opened(case, path)
    days = sum(each.stat().st_size for each in path.parent.glob("days/*.parquet"))
    size, free = path.stat().st_size + days, shutil.disk_usage(path.parent).free
    words = f"It takes {size / _GB:,.2f} GB, and {free / _GB:,.1f} GB are free"
    yield FILLING.at(str(path), words) if free < max(size, _LEAST) else well(str(path), words)


def opened(case: Case, path: Path) -> Finding:
    """Whether it can be opened; by us only when nobody else has it."""
    if case.running:
        return well(str(path), "The Wardkeeper that runs has it")
    if not os.access(path, os.W_OK, effective_ids=True):
        return FORBIDDEN.at(str(path), "It cannot be written", file=path)
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.Error as trouble:
        owner = _OWNER.search(str(trouble))
        if "set lock on file" in str(trouble):
            return LOCKED.at(str(path), f"Process {owner.group(1) if owner else 'unknown'} has it open")
        return DAMAGED.at(str(path), str(trouble).partition("\n")[0])
    return well(str(path), "It can be opened")


def server(case: Case, given: Mapping[str, Any]) -> Iterator[Finding]:
    """What the store's own kind knows to ask its server."""
    case.say(given["kind"])
    module, config = part(given)
    with TemporaryDirectory() as elsewhere:  # where the running store keeps its position is not touched
        store: Store = module.open_store(config, Path(elsewhere))
        found = store.troubles() if isinstance(store, RemoteStore) else []
        store.close()
    where = str(given.get("url", given["kind"]))
    yield from (SERVER.at(where, each) for each in found)
    if not found:
        yield well(where, "It answers, and keeps points as it should")
