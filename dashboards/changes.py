"""What was done to a thing, newest first, out of the audit log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from asset_registry.audit import Audit, history
from dashboards.standing import names_of

SHOWN = 12


@dataclass(frozen=True)
class Change:
    """Who did what, when: "use: idle → in use"."""

    who: str
    what: str
    at: datetime


def changes_of(session: Session, kind: str, identity: int) -> list[Change]:
    """The last changes of one object."""
    rows = history(session, kind, identity, SHOWN)
    names = names_of(session, {row.who for row in rows})
    return [Change(names.get(row.who, row.who), _words(row), row.at) for row in rows]


def _words(row: Audit) -> str:
    before, after = row.before or {}, row.after or {}
    parts = []
    for field, value in after.items():
        if before.get(field) != value and not isinstance(value, dict | list):
            was = f"{_plain(before[field])} → " if field in before else ""
            parts.append(f"{_plain(field)}: {was}{_plain(value)}")
    return ", ".join(parts) or _plain(row.action)


def _plain(text: object) -> str:
    return "nothing" if text in (None, "") else str(text).replace("_", " ")
