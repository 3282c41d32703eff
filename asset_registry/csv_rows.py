"""Tables as people send them: , ; or tab between cells, a byte order mark, blank lines. A fault has line and field."""

import csv
import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asset_registry.errors import Invalid

LONGEST_CELL = 1000
LONGEST_JSON = 100_000


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken: the line it starts on, the column, and why. Line 1 is the header."""

    line: int
    field: str
    why: str


class BadCell(Invalid):
    """A cell that cannot be taken."""

    def __init__(self, field: str, why: str) -> None:
        """`field` is the column's name."""
        super().__init__(why)
        self.field = field


class Row:
    """A row's cells by column, and what they mean. A column that the file does not have is absent, not empty."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        """`line` is where it starts."""
        self.line = line
        self.cells = cells

    def __contains__(self, field: str) -> bool:
        """Whether the file has this column."""
        return field in self.cells

    def text(self, field: str, *, needed: bool = False) -> str:
        """The cell without outer space."""
        cell = self.cells.get(field, "").strip()
        if needed and not cell:
            raise BadCell(field, "must not be empty")
        if len(cell) > LONGEST_CELL:
            raise BadCell(field, f"is longer than {LONGEST_CELL} characters")
        if "\0" in cell:
            raise BadCell(field, "holds a NUL character")
        return cell

    def one_of(self, field: str, words: Sequence[str], otherwise: str | None = None) -> str:
        """One of `words`; `otherwise` for an empty cell, when given."""
        cell = self.text(field)
        if not cell and otherwise is not None:
            return otherwise
        if cell not in words:
            near = difflib.get_close_matches(cell, words, 1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; it is one of {', '.join(words)}"
            raise BadCell(field, f'cannot be "{cell}"{hint}')
        return cell

    def number(self, field: str, *, needed: bool = False) -> float | None:
        """A finite number, with a point or a comma; None for an empty cell."""
        cell = self.text(field, needed=needed)
        if not cell:
            return None
        try:
            number = float(cell.replace(",", "."))
        except ValueError:
            raise BadCell(field, f'"{cell}" is not a number') from None
        if not math.isfinite(number):
            raise BadCell(field, f'"{cell}" is not a number')
        return number

    def yes(self, field: str) -> bool:
        """Yes or no."""
        word = self.text(field).lower()
        if word in ("yes", "true", "1"):
            return True
        if word in ("no", "false", "0"):
            return False
        raise BadCell(field, f'"{word}" is neither yes nor no')

    def moment(self, field: str) -> datetime | None:
        """A time with its zone (2026-11-24T06:42:00Z); None for an empty cell."""
        cell = self.text(field)
        if not cell:
            return None
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            raise BadCell(field, f'"{cell}" is not a time like 2026-11-24T06:42:00Z') from None
        if moment.tzinfo is None:
            raise BadCell(field, f'"{cell}" has no zone; write 2026-11-24T06:42:00Z or …+01:00')
        return moment.astimezone(UTC)

    def json(self, field: str) -> dict[str, Any]:
        """A JSON object; {} for an empty cell."""
        cell = self.cells.get(field, "").strip()
        if not cell:
            return {}
        try:
            value = json.loads(cell) if len(cell) <= LONGEST_JSON else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise BadCell(field, "is not a JSON object")
        return value


Table = Iterable[tuple[int, Sequence[str] | str]]
"""Lines with their cells, or, in place of cells, what is wrong with the line."""


def csv_table(text: str) -> Iterator[tuple[int, Sequence[str] | str]]:
    """The lines of CSV."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=_delimiter(lines[0] if lines else ""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"is not CSV: {error}"


def read_rows(table: Table, columns: Mapping[str, bool], rejected: list[Rejection]) -> Iterator[Row]:
    """The rows of a table whose header names some of `columns` (True: must be there). Faults go to `rejected`.

    A header with a wrong or missing column refuses the whole file: nobody wants half of what a misspelt column says.
    """
    header: list[str] | None = None
    for line, cells in table:
        if isinstance(cells, str):
            rejected.append(Rejection(line, "", cells))
        elif not any(cell.strip() for cell in cells):
            continue
        elif header is None:
            header = [cell.strip().lower() for cell in cells]
            faults = _header_faults(header, columns, line)
            rejected += faults
            if faults:
                return
        elif len(cells) != len(header):
            rejected.append(Rejection(line, "", f"has {len(cells)} cells, the header has {len(header)}"))
        else:
            yield Row(line, dict(zip(header, cells, strict=True)))
    if header is None:
        rejected.append(Rejection(1, "", f"is empty; the first line names the columns: {', '.join(columns)}"))


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _header_faults(header: Sequence[str], columns: Mapping[str, bool], line: int) -> list[Rejection]:
    faults = []
    for name in header:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"the columns are {', '.join(columns)}"
            faults.append(Rejection(line, name, f"is not a column; {hint}"))
        elif header.count(name) > 1:
            faults.append(Rejection(line, name, "stands there more than once"))
    missing = (name for name, needed in columns.items() if needed and name not in header)
    return faults + [Rejection(line, name, "is missing from the header") for name in missing]
