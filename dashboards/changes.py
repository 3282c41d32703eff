"""What was done to a thing, newest first, out of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.asset_fields import FIELDS
from asset_registry.audit import Audit, history
from asset_registry.places import Place
from dashboards.standing import names_of

SHOWN = 12
_LABELS = {
    "home_id": "belongs in",
    **{field.name: field.label.lower() for field in FIELDS if field.group != "identity"},
}
_TIMES = ("sequestered", "return_asked")
"""Their line stands beside them."""


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
    places = {str(place_id): number for place_id, number in session.execute(select(Place.id, Place.number))}
    return [Change(names.get(row.who, row.who), _words(row, places), row.at) for row in rows]


def _words(row: Audit, places: Mapping[str, str]) -> str:
    before, after = row.before or {}, row.after or {}
    parts = []
    for field, value in after.items():
        if before.get(field) != value and field not in _TIMES and not isinstance(value, dict | list):
            was, to = (before.get(field), value)
            if field == "home_id":
                was, to = (places.get(str(each), each) for each in (was, to))
            began = f"{_plain(was)} → " if field in before else ""
            parts.append(f"{_LABELS.get(field, _plain(field))}: {began}{_plain(to)}")
    return ", ".join(parts) or _plain(row.action)


def _plain(text: object) -> str:
    return "nothing" if text in (None, "") else str(text).replace("_", " ")
