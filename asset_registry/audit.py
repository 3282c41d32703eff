"""The append-only audit log, the change history in it, and the revision that snapshots follow."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, Table, delete, event, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.db import Base, only_added


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
    change_set_id: Mapped[int | None] = mapped_column(ForeignKey("change_set.id"), index=True)


class ChangeSet(Base):
    """Changes of many objects that were made, and can be undone, together: an import, an edit, a merge."""

    __tablename__ = "change_set"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    changed: Mapped[int] = mapped_column(default=0)
    undone: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(default="")


class Revision(Base):
    """One row: counts every change of the registry, so that snapshots know when they are old."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


KEPT_REVISIONS = 2_000
"""So many revisions back the database can tell which rows changed."""


class RegistryChange(Base):
    """A row of the registry that changed, and the revision that says so; None until the next one.

    Triggers of the tables write it (`db.noted`), so that no way of changing a row can be forgotten.
    """

    __tablename__ = "registry_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    row_id: Mapped[int]
    revision: Mapped[int | None] = mapped_column(index=True)


def record(
    session: Session,
    at: datetime,
    who: str,
    action: str,
    target: tuple[str, object],
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    change_set: int | None = None,
) -> None:
    """Add a line to the log in the caller's transaction. `target` is (kind, id); `who` a login or "wardkeeper"."""
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
            change_set_id=change_set,
        )
    )


def bump(session: Session) -> None:
    """Say that the registry changed: in the same transaction as the change."""
    row = session.get_one(Revision, 1, with_for_update=True)
    row.number += 1
    # whoever changed it, what is seen here is committed or our own
    noted, plain = RegistryChange.revision, {"synchronize_session": False}
    session.execute(update(RegistryChange).where(noted.is_(None)).values(revision=row.number), execution_options=plain)
    session.execute(delete(RegistryChange).where(noted < row.number - KEPT_REVISIONS), execution_options=plain)


def hold(session: Session) -> None:
    """Let nobody else change the registry or its people until the transaction ends; call it before any other lock.

    On SQLite the transaction does so itself; on PostgreSQL the revision row is the lock that all writers take first.
    """
    session.get_one(Revision, 1, with_for_update=True)


def history(
    session: Session, kind: str, identity: object, limit: int = 100, since: datetime | None = None
) -> list[Audit]:
    """What happened to one object, newest first; `since` it was made, where ids are given out again."""
    chosen = select(Audit).where(Audit.object_kind == kind, Audit.object_id == str(identity))
    if since is not None:
        chosen = chosen.where(Audit.at >= since)
    return list(session.scalars(chosen.order_by(Audit.at.desc(), Audit.id.desc()).limit(limit)))


@event.listens_for(Revision.__table__, "after_create")
def _make_row(table: Table, connection: Connection, **_: object) -> None:
    connection.execute(table.insert().values(id=1, number=0))


only_added(Audit, "the audit log is append-only")
