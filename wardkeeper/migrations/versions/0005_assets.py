"""What is to be known of an asset besides its status, files at it, own fields, and changes that can be undone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from asset_registry.db import Moment

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TEXTS = ("nomenclature", "code", "risk_class", "price", "supplier", "counterparty", "custodian", "recall")
DAYS = ("purchased", "warranty_until", "return_due", "maintenance_due")
MOMENTS = ("return_asked", "custody_since", "sequestered")


def upgrade() -> None:
    # made anew, so that SQLite never gives a number out again: labels of what is gone may still be somewhere
    with op.batch_alter_table("asset", recreate="auto", table_kwargs={"sqlite_autoincrement": True}) as asset:
        for name in TEXTS:
            asset.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        for name in DAYS:
            asset.add_column(sa.Column(name, sa.Date(), nullable=True))
        for name in MOMENTS:
            asset.add_column(sa.Column(name, Moment(timezone=True), nullable=True))
        asset.add_column(sa.Column("custom", sa.JSON(), nullable=False, server_default="{}"))
        asset.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        asset.create_foreign_key(op.f("fk_asset_merged_into_asset"), "asset", ["merged_into"], ["id"])
    op.create_index(op.f("ix_asset_merged_into"), "asset", ["merged_into"], unique=False)
    op.create_table(
        "change_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("undone", Moment(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_set")),
    )
    op.create_index(op.f("ix_change_set_at"), "change_set", ["at"], unique=False)
    # SQLite adds a column with its reference in one statement only, and a table made anew would lose its triggers
    op.execute(
        "ALTER TABLE audit ADD COLUMN change_set_id INTEGER "
        "CONSTRAINT fk_audit_change_set_id_change_set REFERENCES change_set (id)"
    )
    op.create_index(op.f("ix_audit_change_set_id"), "audit", ["change_set_id"], unique=False)
    _own_fields()
    _models()
    _files()


def _own_fields() -> None:
    op.create_table(
        "custom_field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint("name", name=op.f("uq_custom_field_name")),
    )


def _models() -> None:
    op.create_table(
        "device_model",
        sa.Column("di", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("maker", "model", "brand", "code", "description")),
        sa.PrimaryKeyConstraint("di", name=op.f("pk_device_model")),
    )


def _files() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("added", Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("removed", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_attachment_asset_id_asset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_asset_id"), "attachment", ["asset_id"], unique=False)


def downgrade() -> None:
    op.drop_table("attachment")
    op.drop_table("device_model")
    op.drop_table("custom_field")
    op.drop_index(op.f("ix_asset_merged_into"), "asset")
    with op.batch_alter_table("asset") as asset:
        asset.drop_constraint(op.f("fk_asset_merged_into_asset"), type_="foreignkey")
        for name in (*TEXTS, *DAYS, *MOMENTS, "custom", "merged_into"):
            asset.drop_column(name)
    op.drop_index(op.f("ix_audit_change_set_id"), "audit")
    if op.get_bind().dialect.name == "postgresql":  # SQLite cannot without losing the triggers: there it says nothing
        op.drop_constraint(op.f("fk_audit_change_set_id_change_set"), "audit")
        op.drop_column("audit", "change_set_id")
        op.drop_table("change_set")
