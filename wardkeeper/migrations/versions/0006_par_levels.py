"""How many usable assets of a category a place should have."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("par_level",)


def upgrade() -> None:
    _par_level()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _par_level() -> None:
    op.create_table(
        "par_level",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_par_level_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_par_level")),
        sa.UniqueConstraint("place_id", "category", name=op.f("uq_par_level_place_id")),
    )
    op.create_index(op.f("ix_par_level_place_id"), "par_level", ["place_id"], unique=False)
