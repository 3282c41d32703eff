"""No committed file names a package registry's host or a path of one person's machine.

Locks must work behind any mirror, and what names somebody's folder works only there.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import tree

# In pieces, so that this file passes its own check.
HOSTS = [
    ".".join(pieces.split())
    for pieces in (
        "pypi org",
        "pythonhosted org",
        "registry npmjs org",
        "registry yarnpkg com",
        "crates io",
        "proxy golang org",
        "maven org",
        "repo maven apache org",
        "deb debian org",
        "security debian org",
    )
]
FOLDERS = ("work", "root", "home", "Users")
FORBIDDEN = re.compile(
    rf"(?P<host>\b(?:{'|'.join(map(re.escape, HOSTS))})\b)|(?<![\w./*-])(?P<path>/(?:{'|'.join(FOLDERS)})/\w+)"
)


def named(text: str) -> Iterator[tuple[int, str]]:
    """Line number and name of every forbidden host or path."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in FORBIDDEN.finditer(line):
            yield number, match.group()


def main(root: Path = tree.ROOT) -> int:
    """Print what is named, as `path:line: what`."""
    found = []
    for path in tree.files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(root)}:{number}: names {name}" for number, name in named(text)]
    print("\n".join(found) or "no registry host, no path of one machine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
