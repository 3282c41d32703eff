"""No file over 400 lines, no function over 50: what is longer is two things."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import tree

FILE_LINES = 400
FUNCTION_LINES = 50


def over(path: Path) -> Iterator[str]:
    """What stands over a ceiling in one file, as `line: what`."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield f"1: the file has {lines} lines, {FILE_LINES} at most"
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    yield f"{node.lineno}: {node.name} has {length} lines, {FUNCTION_LINES} at most"


def main(root: Path = tree.ROOT) -> int:
    """Print what is over, as `path:line: what`."""
    paths = [path for path in tree.files(root) if path.suffix in {".py", ".js"}]
    found = [f"{path.relative_to(root)}:{what}" for path in paths for what in over(path)]
    print("\n".join(found) or f"{len(paths)} files, all under the ceilings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
