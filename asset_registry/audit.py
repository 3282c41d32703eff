"""The append-only audit log, the change history in it, and the revision that snapshots follow."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.db import Base


class Audit(Base):
    """Who did what to which object, and how it was before and after. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object_kind", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Revision(Base):
    """One row: counts every change of the registry, so that snapshots know when they are old."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


def record(
    session: Session,
    at: datetime,
    who: str,
    action: str,
    target: tuple[str, object],
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add a line to the audit log in the caller's transaction. `target` is (kind, id); `who` a login or "wardkeeper"."""
    kind, identity = target
    session.add(
        Audit(
            at=at,
            who=who,
            action=action,
            object_kind=kind,
            object_id=str(identity),
            before=before,
            after=after,
        )
    )


def bump(session: Session) -> None:
    """Say that the registry changed: in the same transaction as the change."""
    row = session.get(Revision, 1, with_for_update=True)
    if row is None:
        session.add(Revision(id=1, number=1))
    else:
        row.number += 1
