"""Small files written whole or not at all, and kept through a power cut."""

import os
from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write a file anew, durably. Raises OSError; then it is as it was."""
    aside = path.with_suffix(path.suffix + ".new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """What is in a file, or the names in a folder, survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
