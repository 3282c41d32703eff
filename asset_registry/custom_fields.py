"""Fields of assets that a house defines for itself: "gas type", "hours of use", "leased with"."""

import re
from datetime import datetime

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.asset_fields import KINDS, AssetField
from asset_registry.audit import bump, hold, record
from asset_registry.db import Base
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import Principal

PREFIX = "custom."
"""Before the name, where custom fields stand among others: in CSV, in the audit log."""
MOST = 60

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class CustomField(Base):
    """A field that every asset may have. `kind` is one of `asset_fields.KINDS`; `choices` are those of "one_of".

    A `retired` field is shown and asked for no more; what was entered stays.
    """

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    kind: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    retired: Mapped[bool] = mapped_column(default=False)


def define(
    session: Session, field: tuple[str, str, str], choices: list[str], actor: Principal, now: datetime
) -> CustomField:
    """A new field by (name, label, kind). Raises Forbidden but for an admin, Invalid, Conflict."""
    name, label, kind = (part.strip() for part in field)
    if "admin" not in actor.roles:
        raise Forbidden("only an admin can define fields")
    if not _NAME.fullmatch(name):
        raise Invalid(f'"{name}" is no name of a field: small letters, digits and _, a letter first, at most 40')
    if not label or len(label) > 60:
        raise Invalid("a field needs a label of at most 60 characters")
    if kind not in KINDS:
        raise Invalid(f"{kind!r} is no kind of field; there are {', '.join(KINDS)}")
    words = list(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    if (kind == "one_of") != bool(words):
        raise Invalid("a field of kind one_of needs its choices" if not words else f"a field of kind {kind} has none")
    hold(session)
    known = list(session.scalars(select(CustomField)))
    if any(each.name == name for each in known):
        raise Conflict(f'there is a field "{name}" already')
    if len(known) >= MOST:
        raise Conflict(f"there are {MOST} fields already; more would be a second database")
    made = CustomField(name=name, label=label, kind=kind, choices=words, retired=False)
    session.add(made)
    session.flush()
    after = {"name": name, "label": label, "kind": kind, "choices": words}
    record(session, now, actor.login, "create", ("custom_field", made.id), after=after)
    bump(session)
    return made


def retire(session: Session, field_id: int, actor: Principal, now: datetime, *, retired: bool = True) -> CustomField:
    """Ask for the field no more, or again. Raises Forbidden, Missing."""
    if "admin" not in actor.roles:
        raise Forbidden("only an admin can retire fields")
    hold(session)
    field = session.get(CustomField, field_id)
    if field is None:
        raise Missing(f"there is no field {field_id}")
    record(
        session,
        now,
        actor.login,
        "retire",
        ("custom_field", field_id),
        {"retired": field.retired},
        {"retired": retired},
    )
    field.retired = retired
    bump(session)
    return field


def custom_fields(session: Session) -> list[AssetField]:
    """Those in use, as fields of an asset, in the order in which they were defined."""
    rows = session.scalars(select(CustomField).where(~CustomField.retired).order_by(CustomField.id))
    return [AssetField(f"{PREFIX}{row.name}", row.label, row.kind, "custom", tuple(row.choices)) for row in rows]
