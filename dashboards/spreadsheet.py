"""Tables for spreadsheets."""

import csv
import io
from collections.abc import Iterable

from starlette.responses import Response

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(name: str, rows: Iterable[Iterable[object]]) -> Response:
    """Rows as a CSV file to download. A text that a spreadsheet would take for a formula is made harmless."""
    text = io.StringIO()
    csv.writer(text).writerows([[_harmless(cell) for cell in row] for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
