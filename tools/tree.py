"""The files of the tree that the checks look at."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def files(root: Path = ROOT) -> Iterator[Path]:
    """What is committed or about to be: what git knows and what it does not ignore."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 (whichever git is there)
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.split("\0"):
        path = root / name
        if name and path.is_file():  # git also lists what was deleted but not yet committed
            yield path
