"""Incidents have a cause and a parent; what a person took apart stays apart; what is told says of which alarms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "apart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rule.id"], name=op.f("fk_apart_rule_id_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apart")),
        sa.UniqueConstraint("rule_id", "subject", "cause", name=op.f("uq_apart_rule_id")),
    )
    with op.batch_alter_table("incident") as incident:
        incident.add_column(sa.Column("cause", sa.String(), server_default="", nullable=False))
        incident.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        incident.create_index(op.f("ix_incident_parent_id"), ["parent_id"], unique=False)
        incident.create_foreign_key(op.f("fk_incident_parent_id_incident"), "incident", ["parent_id"], ["id"])
    op.execute("UPDATE incident SET cause = 'place:' || place_id WHERE place_id IS NOT NULL")
    op.execute("UPDATE incident SET cause = 'asset:' || asset_id WHERE asset_id IS NOT NULL")
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("about", sa.JSON(), server_default="[]", nullable=False))
    op.create_index(op.f("ix_alarm_incident_id"), "alarm", ["incident_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_alarm_incident_id"), table_name="alarm")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("about")
    with op.batch_alter_table("incident") as incident:
        incident.drop_constraint(op.f("fk_incident_parent_id_incident"), type_="foreignkey")
        incident.drop_index(op.f("ix_incident_parent_id"))
        incident.drop_column("parent_id")
        incident.drop_column("cause")
    op.drop_table("apart")
