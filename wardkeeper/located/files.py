"""Reads surveys and truths (CSV or Parquet), gateways and rooms (JSON), and models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from asset_registry.locating.layout import GatewayAt, Room
from asset_registry.locating.model import Model, decode, encode
from asset_registry.locating.recording import Recording, recording_of
from collector.errors import ConfigError


def read_recording(path: Path) -> Recording:
    """A survey or a truth; the file's ending says which form. Raises ConfigError."""
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            table = pq.read_table(path)
        else:
            as_text = {name: pa.string() for name in ("gateway", "tag", "floor", "room")}
            table = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types=as_text))
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return recording_of(table, str(path))


def read_gateways(path: Path) -> list[GatewayAt]:
    """`[{"gateway", "x_m", "y_m", "floor"?}, …]`; what else stands there is left alone. Raises ConfigError."""
    found = []
    for n, row in enumerate(_rows(path)):
        try:
            found.append(
                GatewayAt(str(row["gateway"]), float(row["x_m"]), float(row["y_m"]), str(row.get("floor") or ""))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}: entry {n + 1}: needs gateway, x_m and y_m ({error})") from error
    if len({one.id for one in found}) < len(found):
        raise ConfigError(f"{path}: a gateway stands there twice")
    return found


def read_rooms(path: Path) -> list[Room]:
    """`[{"room", "floor"?, "polygon": [[x, y], …], "way"?}, …]`, metres. Raises ConfigError."""
    found = []
    for n, row in enumerate(_rows(path)):
        try:
            corners = [(float(x), float(y)) for x, y in row["polygon"]]
            found.append(Room(str(row["room"]), str(row.get("floor") or ""), corners, way=bool(row.get("way"))))
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}: entry {n + 1}: needs room and polygon ({error})") from error
        if len(corners) < 3:
            raise ConfigError(f"{path}: entry {n + 1}: a polygon has three corners at least")
    return found


def _rows(path: Path) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: is no JSON: {error}") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{path}: must be a list of objects")
    return rows


def read_model(path: Path) -> Model:
    """Raises ConfigError."""
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def write_model(model: Model, path: Path) -> None:
    """Raises ConfigError."""
    try:
        path.write_bytes(encode(model))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def write_fixes(table: pa.Table, path: Path) -> None:
    """CSV or Parquet, as the ending says. Raises ConfigError."""
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            pq.write_table(table, path)
        else:
            pyarrow.csv.write_csv(table, path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error}") from error
