"""Positions outgrow 32 bits, and the revision row is there from the first day.

SQLite keeps any integer in 64 bits; on PostgreSQL a house with a hundred batches a second would have stopped after
eight months. The revision row is the lock that all writers of the registry take: two that were the first to write
would each have made it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for table in ("cursor", "registry_cursor"):
        with op.batch_alter_table(table) as changed:
            changed.alter_column("position", type_=sa.BigInteger(), existing_nullable=False)
    op.execute("INSERT INTO revision (id, number) SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM revision WHERE id = 1)")


def downgrade() -> None:
    for table in ("cursor", "registry_cursor"):
        with op.batch_alter_table(table) as changed:
            changed.alter_column("position", type_=sa.Integer(), existing_nullable=False)
