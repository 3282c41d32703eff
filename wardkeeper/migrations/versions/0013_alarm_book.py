"""Alarms: why they have their priority, planned windows, out of service, and what becomes of what is reserved."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("alarm_window", "out_of_service", "disposition")


_APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER disposition_keep_update BEFORE UPDATE ON disposition
        BEGIN SELECT RAISE(ABORT, 'signed decisions are only ever added'); END""",
        """CREATE TRIGGER disposition_keep_delete BEFORE DELETE ON disposition
        BEGIN SELECT RAISE(ABORT, 'signed decisions are only ever added'); END""",
        """CREATE TRIGGER disposition_keep_replace BEFORE INSERT ON disposition
        WHEN EXISTS (SELECT 1 FROM disposition WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'signed decisions are only ever added'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION disposition_keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'signed decisions are only ever added'; END $$""",
        """CREATE TRIGGER disposition_keep_rows BEFORE UPDATE OR DELETE ON disposition
        FOR EACH ROW EXECUTE FUNCTION disposition_keep()""",
        """CREATE TRIGGER disposition_keep_table BEFORE TRUNCATE ON disposition
        FOR EACH STATEMENT EXECUTE FUNCTION disposition_keep()""",
    ),
}


def upgrade() -> None:
    op.add_column("alarm", sa.Column("why", sa.String(), nullable=False, server_default=""))
    op.add_column("incident", sa.Column("reserved", sa.String(), nullable=False, server_default=""))
    op.add_column("transition", sa.Column("speaks", sa.Boolean(), nullable=False, server_default=sa.false()))
    transition = sa.table("transition", sa.column("what"), sa.column("speaks"))
    op.execute(transition.update().where(transition.c.what == "raised").values(speaks=sa.true()))
    _alarm_window()
    _out_of_service()
    _disposition()
    for statement in _APPEND_ONLY.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION disposition_keep()")
    op.drop_column("transition", "speaks")
    op.drop_column("incident", "reserved")
    op.drop_column("alarm", "why")


def _alarm_window() -> None:
    op.create_table(
        "alarm_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("planned", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_alarm_window_asset_id_asset")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_alarm_window_place_id_place")),
        sa.ForeignKeyConstraint(["rule_id"], ["rule.id"], name=op.f("fk_alarm_window_rule_id_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_window")),
    )
    op.create_index(op.f("ix_alarm_window_ends"), "alarm_window", ["ends"], unique=False)


def _out_of_service() -> None:
    op.create_table(
        "out_of_service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_out_of_service_alarm_id_alarm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_out_of_service")),
    )
    op.create_index(op.f("ix_out_of_service_alarm_id"), "out_of_service", ["alarm_id"], unique=False)
    op.create_index(op.f("ix_out_of_service_state"), "out_of_service", ["state"], unique=False)


def _disposition() -> None:
    op.create_table(
        "disposition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_disposition_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
    )
    op.create_index(op.f("ix_disposition_incident_id"), "disposition", ["incident_id"], unique=False)
