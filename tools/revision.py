"""Writes the next step of the database's history: `python -m tools.revision "why"`; read it before it is committed.

The first step is written table by table, a function each, so that it can be read.
"""

import re
import sys
import tempfile
from pathlib import Path

from alembic import command

from asset_registry.db import Database
from wardkeeper.database import MIGRATIONS, alembic_config


def main() -> None:
    """Compare the tables with a database at the newest step, and write what is missing."""
    known = sorted((MIGRATIONS / "versions").glob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'now.db'}")
        config = alembic_config(database)
        config.attributes["batch"] = bool(known)
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=f"{len(known) + 1:04}")
        database.close()
    if not known:
        _split(next((MIGRATIONS / "versions").glob("*.py")))


def _split(path: Path) -> None:
    """One function a table; going back is dropping them all."""
    text = path.read_text(encoding="utf-8")
    head, _, body = text.partition("def upgrade() -> None:\n")
    body, _, _ = body.partition("\n\ndef downgrade")
    blocks = re.split(r"(?=^    op\.create_table\()", body, flags=re.MULTILINE)[1:]
    tables = [re.search(r"create_table\('(\w+)'", block).group(1) for block in blocks]  # type: ignore[union-attr]  # split there
    blocks = [re.sub(r"^    # ###.*\n", "", block, flags=re.MULTILINE) for block in blocks]
    head += "TABLES = " + repr(tuple(tables)) + "\n\n\n"
    head += "def upgrade() -> None:\n" + "".join(f"    _{table}()\n" for table in tables)
    head += "\n\ndef downgrade() -> None:\n    for table in reversed(TABLES):\n        op.drop_table(table)\n"
    functions = [f"\n\ndef _{table}() -> None:\n{block.rstrip()}\n" for table, block in zip(tables, blocks, strict=True)]
    path.write_text(head + "".join(functions), encoding="utf-8")


if __name__ == "__main__":
    main()
