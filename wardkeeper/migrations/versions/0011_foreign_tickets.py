"""Tickets in foreign systems, and why the outbox has not come through yet."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "remote_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("sink", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("trying", sa.String(), nullable=False),
        sa.Column("tried", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unconfirmed", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("checked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_remote_ticket_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_ticket")),
        sa.UniqueConstraint("incident_id", "sink", name=op.f("uq_remote_ticket_incident_id")),
    )
    op.create_index(op.f("ix_remote_ticket_sink"), "remote_ticket", ["sink"], unique=False)
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("error", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("outbox") as table:
        table.alter_column("error", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        table.drop_column("error")
    op.drop_table("remote_ticket")
