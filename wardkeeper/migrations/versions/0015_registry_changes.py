"""Which rows of the registry changed, noted by the database, so that a snapshot reads those alone."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0012b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NOTED = (
    ("place", "id", "UPDATE"),
    ("serves", "asset_id", "UPDATE"),
    ("asset", "id", "UPDATE"),
    ("device", "id", "UPDATE"),
    ("gateway", "device_id", "UPDATE"),
    ("binding", "id", "UPDATE"),
    ("room_air", "place_id", "UPDATE"),
    ("location_map", "id", "UPDATE"),
    ("person", "id", "UPDATE OF name"),
)

TRIGGERS = {
    "sqlite": (
        """CREATE TRIGGER TABLE_noted_insert AFTER INSERT ON TABLE
        BEGIN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', NEW.KEY); END""",
        """CREATE TRIGGER TABLE_noted_update AFTER CHANGE ON TABLE
        BEGIN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', NEW.KEY); END""",
        """CREATE TRIGGER TABLE_noted_delete AFTER DELETE ON TABLE
        BEGIN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', OLD.KEY); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION TABLE_noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', OLD.KEY);
        ELSE INSERT INTO registry_change (kind, row_id) VALUES ('TABLE', NEW.KEY); END IF; RETURN NULL; END $$""",
        """CREATE TRIGGER TABLE_noted AFTER INSERT OR CHANGE OR DELETE ON TABLE
        FOR EACH ROW EXECUTE FUNCTION TABLE_noted()""",
    ),
}
GONE = {
    "sqlite": tuple(f"DROP TRIGGER TABLE_noted_{what}" for what in ("insert", "update", "delete")),
    "postgresql": ("DROP TRIGGER TABLE_noted ON TABLE", "DROP FUNCTION TABLE_noted()"),
}


def upgrade() -> None:
    op.create_table(
        "registry_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_change")),
    )
    op.create_index(op.f("ix_registry_change_revision"), "registry_change", ["revision"], unique=False)
    _say(TRIGGERS)


def downgrade() -> None:
    _say(GONE)
    op.drop_table("registry_change")


def _say(statements: dict[str, tuple[str, ...]]) -> None:
    for statement in _filled(statements[op.get_bind().dialect.name]):
        op.execute(statement)


def _filled(statements: Sequence[str]) -> Iterator[str]:
    for table, key, change in NOTED:
        for statement in statements:
            yield statement.replace("TABLE", table).replace("KEY", key).replace("CHANGE", change)
