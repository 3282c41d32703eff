"""Rooms: what is set of their air, visual checks, purges."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("room_air", "room_check", "room_purge")


_APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER room_check_keep_update BEFORE UPDATE ON room_check
        BEGIN SELECT RAISE(ABORT, 'signed checks are only ever added'); END""",
        """CREATE TRIGGER room_check_keep_delete BEFORE DELETE ON room_check
        BEGIN SELECT RAISE(ABORT, 'signed checks are only ever added'); END""",
        """CREATE TRIGGER room_check_keep_replace BEFORE INSERT ON room_check
        WHEN EXISTS (SELECT 1 FROM room_check WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'signed checks are only ever added'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION room_check_keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'signed checks are only ever added'; END $$""",
        """CREATE TRIGGER room_check_keep_rows BEFORE UPDATE OR DELETE ON room_check
        FOR EACH ROW EXECUTE FUNCTION room_check_keep()""",
        """CREATE TRIGGER room_check_keep_table BEFORE TRUNCATE ON room_check
        FOR EACH STATEMENT EXECUTE FUNCTION room_check_keep()""",
    ),
}


def upgrade() -> None:
    _room_air()
    _room_check()
    _room_purge()
    for statement in _APPEND_ONLY.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION room_check_keep()")


def _room_air() -> None:
    op.create_table(
        "room_air",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_room_air_place_id_place")),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_room_air")),
    )


def _room_check() -> None:
    op.create_table(
        "room_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_room_check_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_check")),
    )
    op.create_index(op.f("ix_room_check_at"), "room_check", ["at"], unique=False)
    op.create_index("ix_room_check_place_at", "room_check", ["place_id", "at"], unique=False)


def _room_purge() -> None:
    op.create_table(
        "room_purge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(), nullable=False),
        sa.Column("air_changes", sa.Double(), nullable=False),
        sa.Column("removed", sa.Double(), nullable=False),
        sa.Column("mixing_factor", sa.Double(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("released", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_room_purge_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_purge")),
    )
    op.create_index("ix_room_purge_place_begun", "room_purge", ["place_id", "begun"], unique=False)
