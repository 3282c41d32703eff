"""The last snapshot on disk, so that a start without the database has one."""

from pathlib import Path

import msgspec

from asset_registry.known import Content
from collector.durable import replace


def keep(cache: Path, content: Content) -> str:
    """Write it; what is wrong when that cannot be done, else ""."""
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        replace(cache, msgspec.msgpack.encode(content))
    except OSError as error:
        return f"{cache}: the snapshot cannot be kept ({error.strerror}); free some space there"
    return ""


def kept(cache: Path) -> Content | str:
    """Read it, or what is wrong with it."""
    try:
        return msgspec.msgpack.decode(cache.read_bytes(), type=Content)
    except (msgspec.MsgspecError, OSError) as error:
        return f"{cache}: the kept snapshot cannot be read ({error}); it is made anew"
