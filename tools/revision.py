"""Writes the next step of the database's history: `python -m tools.revision "why" [PACKAGE]`.

With a package only its tables count. A step that only makes tables gets a function for each. Read it, then commit it.
"""

import re
import sys
import tempfile
from pathlib import Path

from alembic import command

from asset_registry.db import Base, Database
from wardkeeper.database import MIGRATIONS
from wardkeeper.tables import MODULES
from wardkeeper.upgrade import alembic_config

VERSIONS = MIGRATIONS / "versions"


def main() -> None:
    """Compare the tables with a database at the newest step, and write what is missing."""
    why, package = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    known = set(VERSIONS.glob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'now.db'}")
        config = alembic_config(database)
        config.attributes["tables"] = _tables_of(package)
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            command.revision(config, message=why, autogenerate=True, rev_id=f"{len(known) + 1:04}")
        database.close()
    (written,) = set(VERSIONS.glob("*.py")) - known
    text = written.read_text(encoding="utf-8")
    if "op.create_table(" in text and not re.search(r"op\.(add_column|alter_column|drop_column)\(", text):
        written.write_text(_by_table(text), encoding="utf-8")


def _tables_of(package: str) -> set[str]:
    names = {module.__name__ for module in MODULES if module.__name__.startswith(package)}
    return {mapper.local_table.name for mapper in Base.registry.mappers if mapper.class_.__module__ in names}  # type: ignore[attr-defined]  # all are tables


def _by_table(text: str) -> str:
    """One function a table; going back is dropping them all."""
    head, _, body = text.partition("def upgrade() -> None:\n")
    body = re.sub(r"^    # ###.*\n", "", body.partition("\n\ndef downgrade")[0], flags=re.MULTILINE)
    body = re.sub(
        r"^    with op\.batch_alter_table\('(\w+)'.*\n((?:        .*\n)+)", _plain_indexes, body, flags=re.MULTILINE
    )
    blocks = re.split(r"(?=^    op\.create_table\()", body, flags=re.MULTILINE)[1:]
    tables = [block.split("'", 2)[1] for block in blocks]
    head += "TABLES = " + repr(tuple(tables)) + "\n\n\n"
    head += "def upgrade() -> None:\n" + "".join(f"    _{table}()\n" for table in tables)
    head += "\n\ndef downgrade() -> None:\n    for table in reversed(TABLES):\n        op.drop_table(table)\n"
    functions = [
        f"\n\ndef _{table}() -> None:\n{block.rstrip()}\n" for table, block in zip(tables, blocks, strict=True)
    ]
    return head + "".join(functions)


def _plain_indexes(found: re.Match[str]) -> str:
    table, lines = found.groups()
    lines = lines.replace("        batch_op.create_index(batch_op.f(", "    op.create_index(op.f(")
    lines = lines.replace("        batch_op.create_index(", "    op.create_index(")
    return re.sub(r", \[", f", '{table}', [", lines)


if __name__ == "__main__":
    main()
