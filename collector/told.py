"""Where the readers of a spool are, written down beside it for a person: nothing depends on it, nothing is synced."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

_FILE = "cursors.json"
_EVERY = timedelta(seconds=10)


class Told(msgspec.Struct):
    """The positions up to which nothing need be kept for each reader, and when that was."""

    at: datetime
    positions: dict[str, int]


class Telling:
    """Writes it down now and then."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _FILE
        self._at: datetime | None = None

    def tell(self, positions: Mapping[str, int], now: datetime, *, at_once: bool = False) -> None:
        """Every 10 s, or `at_once`. A disk that is full or does not let it be written does no harm."""
        if not at_once and self._at is not None and timedelta(0) <= now - self._at < _EVERY:
            return
        self._at = now
        aside = self._path.with_suffix(".new")
        with suppress(OSError):
            aside.write_bytes(msgspec.json.encode(Told(now, dict(positions))))
            aside.replace(self._path)


def told_in(directory: Path) -> Told | None:
    """What was written down last; None when nothing was, or nothing of use."""
    try:
        return msgspec.json.decode((directory / _FILE).read_bytes(), type=Told)
    except (OSError, msgspec.DecodeError):
        return None
