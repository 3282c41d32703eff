"""The audit log: who did what to which object, and how it was before and after."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import select

from asset_registry.audit import Audit
from dashboards.access import admit
from dashboards.api.models import At
from dashboards.context import Here
from dashboards.paging import Cursor, Limit, Listed, decode, encode

router = APIRouter(prefix="/audit", tags=["audit"], dependencies=[admit("auditor")])

Word = Annotated[str | None, Query(max_length=100)]


class AuditOut(BaseModel):
    """One line of the log."""

    id: int
    at: At
    who: str
    action: str
    object_kind: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@router.get("")
def audit(
    here: Here,
    object_kind: Word = None,
    object_id: Word = None,
    who: Word = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listed[AuditOut]:
    """The log, newest first."""
    wanted = {"object_kind": object_kind, "object_id": object_id, "who": who}
    query = select(Audit).filter_by(**{name: value for name, value in wanted.items() if value is not None})
    before = decode(cursor, int)
    if before is not None:
        query = query.where(Audit.id < before)
    with here.database.read() as session:
        rows = list(session.scalars(query.order_by(Audit.id.desc()).limit(limit + 1)))
    items = [AuditOut(**{name: getattr(row, name) for name in AuditOut.model_fields}) for row in rows[:limit]]
    return Listed(items=items, next=encode(items[-1].id) if len(rows) > limit else None)
