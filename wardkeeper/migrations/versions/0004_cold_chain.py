"""Cold stores, and what people sign about them: rows that are only ever added."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("cold_record", "cold_store")

_APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER cold_record_keep_update BEFORE UPDATE ON cold_record
        BEGIN SELECT RAISE(ABORT, 'signed records are only ever added'); END""",
        """CREATE TRIGGER cold_record_keep_delete BEFORE DELETE ON cold_record
        BEGIN SELECT RAISE(ABORT, 'signed records are only ever added'); END""",
        """CREATE TRIGGER cold_record_keep_replace BEFORE INSERT ON cold_record
        WHEN EXISTS (SELECT 1 FROM cold_record WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'signed records are only ever added'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION cold_record_keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'signed records are only ever added'; END $$""",
        """CREATE TRIGGER cold_record_keep_rows BEFORE UPDATE OR DELETE ON cold_record
        FOR EACH ROW EXECUTE FUNCTION cold_record_keep()""",
        """CREATE TRIGGER cold_record_keep_table BEFORE TRUNCATE ON cold_record
        FOR EACH STATEMENT EXECUTE FUNCTION cold_record_keep()""",
    ),
}


def upgrade() -> None:
    _cold_record()
    _cold_store()
    for statement in _APPEND_ONLY.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION cold_record_keep()")


def _cold_record() -> None:
    op.create_table(
        "cold_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_cold_record_asset_id_asset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cold_record")),
    )
    op.create_index(op.f("ix_cold_record_asset_id"), "cold_record", ["asset_id"], unique=False)


def _cold_store() -> None:
    op.create_table(
        "cold_store",
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("buffered", sa.Boolean(), nullable=False),
        sa.Column("accuracy_c", sa.Double(), nullable=True),
        sa.Column("certificate", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_cold_store_asset_id_asset")),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_cold_store")),
    )
