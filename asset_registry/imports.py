"""Tables in and out: places, assets, devices, gateways, bindings. What `export_csv` writes, `import_csv` reads.

Columns by kind (* must be there), and by what a row is known again:

- places: kind*, number*, parent, name, level, room_type, plan (JSON, metres); by parent and number
- assets: number*, category*, every field of `asset_fields.FIELDS`, mobile (yes or no), home, serves, use (idle or
  in_use), hygiene, condition, holding, and custom.NAME for each field that the house defined; by number
- devices: native_id*, name, kind, maker, model, firmware, interval_s; by native_id
- gateways: native_id*, place*, x_m*, y_m*; by native_id
- bindings: device*, role*, asset or place, since, until; by device, role and since

A place is named by its path (`linden/A/4/4.12`) or, when only one has it, by the number on its door; `serves` holds
several with | between. Times have a zone; `since` empty means now. A column that is not in the file is left alone, an
empty cell empties. The four parts of the status count only for an asset that is new: afterwards people set them, not
files. Reading the same file again changes nothing. An import of places, assets or devices is a change set, which can be
undone.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from asset_registry.audit import bump, hold
from asset_registry.csv_rows import BadCell, Rejection, Row, Table, csv_table, read_rows
from asset_registry.db import Database
from asset_registry.errors import Invalid
from asset_registry.import_form import Form, Register
from asset_registry.import_forms import FORMS
from collector.errors import Refused

KINDS = tuple(FORMS)

PART = 1_000
REST_S = 0.12
"""SQLite lets who waits try again after 100 ms at the latest."""

Progress = Callable[[int, int], None]


@dataclass
class ImportReport:
    """What came of it. `kept` rows are in (or, after a dry run, would be): created, changed or already so."""

    kept: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    change_set: int | None = None
    rejected: list[Rejection] = field(default_factory=list)


def import_csv(  # noqa: PLR0913 - the command's options
    session: Session,
    kind: str,
    text: str | Table,
    *,
    site: str,
    who: str,
    now: datetime,
    atomic: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    title: str = "",
) -> ImportReport:
    """Take a file in: the good rows, or with `atomic` all or none; with `dry_run` none, but the report is the same.

    `text` is CSV, or the rows of a spreadsheet (`asset_registry.sheets`). `progress` is told how many rows of how many
    are done. `title` is what the change is called, the file's name. A dry run of assets writes nothing even within the
    transaction, and needs no lock. Raises Invalid for an unknown kind.
    """
    if not dry_run:
        hold(session)
    form = _form(kind, Register(session, site, who, now))
    report = ImportReport()
    table = csv_table(text) if isinstance(text, str) else text
    with session.begin_nested() as attempt, session.no_autoflush:
        rows = _in_order(form, list(read_rows(table, form.all_columns(), report.rejected)))
        seen: dict[tuple[str, ...], int] = {}
        for done, row in enumerate(rows, 1):
            _take(form, row, seen, report)
            if progress is not None:
                progress(done, len(rows))
        report.rejected.sort(key=lambda rejection: rejection.line)
        refused = atomic and bool(report.rejected)
        if refused or dry_run:
            attempt.rollback()
        elif report.created or report.changed:
            report.change_set = form.finish(title or f"import of {kind}")
            bump(session)
    if refused:
        report.kept = report.created = report.changed = report.unchanged = 0
    return report


def import_in_parts(  # noqa: PLR0913 - the command's options
    database: Database,
    kind: str,
    text: str | Table,
    *,
    site: str,
    who: str,
    now: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
    title: str = "",
    rest: Callable[[float], object] = lambda _seconds: None,
) -> ImportReport:
    """As `import_csv` without `atomic`, in transactions of `PART` rows each: whoever else writes waits for one of them.

    `rest` is called with `REST_S` after each, so that SQLite, which does not queue who waits, lets them in. What is in
    when it breaks off stays, as a change set; bringing the file in again changes nothing of it.
    """
    report = ImportReport()
    with database.read() as session:
        form = _form(kind, Register(session, site, who, now))
        table = csv_table(text) if isinstance(text, str) else text
        rows = _in_order(form, list(read_rows(table, form.all_columns(), report.rejected)))
    seen: dict[tuple[str, ...], int] = {}
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        with database.write() as session:
            hold(session)
            form = _form(kind, Register(session, site, who, now, part, report.change_set))
            before = report.created + report.changed
            with session.begin_nested() as attempt, session.no_autoflush:
                for done, row in enumerate(part, start + 1):
                    _take(form, row, seen, report)
                    if progress is not None:
                        progress(done, len(rows))
                if dry_run:
                    attempt.rollback()
                elif report.created + report.changed > before:
                    report.change_set = form.finish(title or f"import of {kind}")
                    bump(session)
        rest(REST_S)
    report.rejected.sort(key=lambda rejection: rejection.line)
    return report


def parts_of(kind: str, *, atomic: bool, dry_run: bool) -> bool:
    """Whether a file is taken in in parts: not all or none; nor, to be tried, rows that need those before them."""
    return not atomic and not (dry_run and kind == "places")


def _in_order(form: Form, rows: list[Row]) -> list[Row]:
    """Parents before children, whatever the file's order."""
    return sorted(rows, key=form.rank)


def _take(form: Form, row: Row, seen: dict[tuple[str, ...], int], report: ImportReport) -> None:
    try:
        _refuse_twin(form, row, seen)
        outcome = form.take(row)
    except BadCell as bad:
        report.rejected.append(Rejection(row.line, bad.field, str(bad)))
    except Refused as refused:
        report.rejected.append(Rejection(row.line, form.key_field, str(refused)))
    else:
        report.kept += 1
        setattr(report, outcome, getattr(report, outcome) + 1)


def _refuse_twin(form: Form, row: Row, seen: dict[tuple[str, ...], int]) -> None:
    key = form.key(row)
    if key in seen:
        raise BadCell(form.key_field, f'"{" ".join(key).strip()}" stands on line {seen[key]} already')
    seen[key] = row.line


def export_csv(session: Session, kind: str, *, site: str) -> str:
    """Everything of a kind, in the form that `import_csv` reads. Raises Invalid for an unknown kind."""
    form = _form(kind, Register(session, site))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(form.all_columns()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(form.rows())
    return out.getvalue()


def _form(kind: str, register: Register) -> Form:
    if kind not in FORMS:
        raise Invalid(f"there is no CSV of {kind}; kinds are {', '.join(FORMS)}")
    return FORMS[kind](register)
