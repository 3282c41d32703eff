"""Alerts of other monitoring."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("alert",)


def upgrade() -> None:
    _alert()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("firing", sa.Boolean(), nullable=False),
        sa.Column("heard", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("device", name=op.f("uq_alert_device")),
    )
    op.create_index(op.f("ix_alert_heard"), "alert", ["heard"], unique=False)
