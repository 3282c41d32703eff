"""Spreadsheets (Office Open XML, .xlsx) as rows of text: the first sheet, as `csv_rows` reads CSV."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO

from asset_registry.errors import Invalid

LARGEST_UNPACKED = 400 << 20
MOST_ROWS = 200_000
MOST_COLUMNS = 500


def is_sheet(content: bytes) -> bool:
    """Whether it is packed as a spreadsheet is."""
    return content.startswith(b"PK\x03\x04")


def sheet_table(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows with their numbers, as wide as the header. Raises Invalid for what is no spreadsheet, or too much."""
    from openpyxl import load_workbook  # noqa: PLC0415 - takes 0.15 s, and few read a sheet
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > LARGEST_UNPACKED:
            raise Invalid(f"unpacks to more than {LARGEST_UNPACKED >> 20} MB")
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as broken:
        raise Invalid(f"is no spreadsheet that can be read: {broken}") from broken
    width = 0
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what some programs write there is wrong
    for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), 1):
        if number > MOST_ROWS:
            raise Invalid(f"has more than {MOST_ROWS:,} rows")
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1].strip() and len(cells) > width:
            cells.pop()
        width = width or len(cells)
        yield number, cells + [""] * (width - len(cells))
    book.close()


def _text(cell: object) -> str:
    """A cell as CSV would have it."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
    return str(cell)
