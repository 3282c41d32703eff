"""The tables of `points.duckdb` and their versions (docs/stores.md, "duckdb").

Version 1 (Wardkeeper 0.1.0 before days were sealed) has no table `format` and kept `received` where 2 keeps `delay`.
"""

from pathlib import Path

import duckdb

from collector.errors import ConfigError

VERSION = 2

COLUMNS = "sid, t, v, s, kind, quality, delay"
"""Of a point: `delay` is `received - at` in ms; `v` a number, or a boolean as 0 and 1; `s` a text."""

NUMBER, TEXT, BOOLEAN = 0, 1, 2
"""What `kind` says."""

_POINT = "t TIMESTAMP_MS, v DOUBLE, s VARCHAR, kind UTINYINT, quality UTINYINT, delay BIGINT"
_TABLES = f"""
CREATE TABLE series (sid INTEGER PRIMARY KEY, device VARCHAR, metric VARCHAR, gateway VARCHAR);
CREATE TABLE point (sid INTEGER, {_POINT});
CREATE TABLE latest (sid INTEGER PRIMARY KEY, {_POINT});
CREATE TABLE consumed (position BIGINT);
INSERT INTO consumed VALUES (0);
"""
_SINCE_2 = f"""
CREATE TABLE late (sid INTEGER, {_POINT}, batch BIGINT);
CREATE TABLE sealed (day INTEGER, level VARCHAR, generation INTEGER, rows BIGINT, complete BOOLEAN,
    PRIMARY KEY (day, level));
CREATE TABLE format (version INTEGER, store VARCHAR);
INSERT INTO format VALUES ({VERSION}, CAST(uuid() AS VARCHAR));
"""
_FROM_1 = "".join(
    f"""
ALTER TABLE {table} RENAME TO {table}_1;
CREATE TABLE {table} (sid INTEGER{key}, {_POINT});
INSERT INTO {table} SELECT sid, t, v, s, kind, quality, epoch_ms(received) - epoch_ms(t) FROM {table}_1;
DROP TABLE {table}_1;
"""
    for table, key in (("point", ""), ("latest", " PRIMARY KEY"))
)


def prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Make the tables, or those of an older version anew, in one transaction; say what the store's own name is.

    Raises ConfigError when a newer Wardkeeper made them.
    """
    version = _version(connection)
    if version > VERSION:
        raise ConfigError(
            f"{path} has format {version}, this Wardkeeper knows up to {VERSION}: start the newer one again, "
            "or restore a backup that was made before it"
        )
    if version < VERSION:
        statements = {0: _TABLES, 1: _FROM_1}[version] + _SINCE_2
        connection.execute(f"BEGIN; {statements} COMMIT")
    ((store,),) = connection.execute("SELECT store FROM format").fetchall()
    return str(store)


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    """0: there is nothing in the file."""
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "format" not in tables:
        return 1 if "point" in tables else 0
    ((version,),) = connection.execute("SELECT version FROM format").fetchall()
    return int(version)
