"""Audits by walking."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012b"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("asset_audit", "asset_audit_sight")


def upgrade() -> None:
    _asset_audit()
    _asset_audit_sight()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _asset_audit() -> None:
    op.create_table(
        "asset_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(), nullable=False),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_audit")),
    )
    op.create_index(op.f("ix_asset_audit_signed"), "asset_audit", ["signed"], unique=False)


def _asset_audit_sight() -> None:
    op.create_table(
        "asset_audit_sight",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_asset_audit_sight_asset_id_asset")),
        sa.ForeignKeyConstraint(
            ["audit_id"], ["asset_audit.id"], name=op.f("fk_asset_audit_sight_audit_id_asset_audit")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_asset_audit_sight_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_audit_sight")),
        sa.UniqueConstraint("audit_id", "asset_id", name=op.f("uq_asset_audit_sight_audit_id")),
    )
    op.create_index(op.f("ix_asset_audit_sight_audit_id"), "asset_audit_sight", ["audit_id"], unique=False)
