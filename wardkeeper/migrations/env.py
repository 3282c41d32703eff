"""Alembic's entry: runs the history over the connection that `wardkeeper.database` hands in."""

from alembic import context

from wardkeeper.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
