"""How much of the disk a spool may use: what was set, but never what the disk's other users need (docs/spool.md)."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from collector.clock import monotonic

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk is full, or this user's part of it."""

OWN = 64 << 10
"""Bytes beyond the capacity, for the alarm that there is no room: nothing else may use them."""

_RESERVE = 256 << 20
_RESERVE_PART = 20
_FRESH_S = 0.02


class Disk(NamedTuple):
    """Bytes that are free to this user, and of the whole file system."""

    free: int
    total: int


def disk_of(directory: Path) -> Disk | None:
    """The file system `directory` is on; None where it does not say."""
    try:
        told = os.statvfs(directory)
    except OSError:
        return None
    return Disk(told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize)


class Quota:
    """`set_bytes` at most, None for as much as there is; and on the disk a twentieth, at most 256 MiB, stays free.

    The database and the stores are on that disk too: they must be able to take an alarm while the spool is full.
    """

    def __init__(self, directory: Path, set_bytes: int | None, disk: Callable[[Path], Disk | None] = disk_of) -> None:
        self._directory = directory
        self._set = set_bytes
        self._disk = disk
        self._asked = -_FRESH_S  # when the disk was asked last
        self._room = set_bytes  # the capacity then

    def capacity(self, used: int) -> int | None:
        """How large a spool that has `used` bytes now may become; None when nothing bounds it."""
        self._asked, disk = monotonic(), self._disk(self._directory)
        self._room = self._set
        if disk is not None:
            left = used + disk.free - min(disk.total // _RESERVE_PART, _RESERVE)
            self._room = max(0, left if self._set is None else min(self._set, left))
        return self._room

    def has_room(self, used: int, more: int) -> bool:
        """Whether a spool of `used` bytes may become `more` bytes larger.

        The disk is not asked again when it just was: what the spool itself writes does not change its capacity.
        """
        capacity = self._room if monotonic() - self._asked < _FRESH_S else self.capacity(used)
        return capacity is None or used + more <= capacity

    def why(self, used: int) -> str:
        """What has no room left."""
        if self._set is not None and self.capacity(used) == self._set:
            return f"its {self._set} bytes are used up"
        return "the disk has no more left than must stay free"
