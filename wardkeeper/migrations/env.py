"""Alembic's entry: runs the history over the connection that `wardkeeper.database` hands in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from asset_registry.db import Moment
from wardkeeper.tables import Base


def _render(_kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401 - Alembic's signature
    """A moment is a plain column of the database: the history must not import today's code."""
    return "sa.DateTime(timezone=True)" if isinstance(thing, Moment) else False


def _counts(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001 - Alembic's
    tables = context.config.attributes.get("tables")
    return kind != "table" or tables is None or name in tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_object=_counts,
    render_item=_render,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
