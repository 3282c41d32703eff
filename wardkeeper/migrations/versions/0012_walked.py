"""Surveys by walking, and the maps made of them.."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = ("location_map", "survey_point")


def upgrade() -> None:
    _location_map()
    _survey_point()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _location_map() -> None:
    op.create_table(
        "location_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_map")),
    )


def _survey_point() -> None:
    op.create_table(
        "survey_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("x_m", sa.Double(), nullable=False),
        sa.Column("y_m", sa.Double(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["floor_id"], ["place.id"], name=op.f("fk_survey_point_floor_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_point")),
    )
    op.create_index("ix_survey_point_floor", "survey_point", ["floor_id", "id"], unique=False)
