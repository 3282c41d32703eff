"""Signed records in a chain: what is changed behind our back shows (21 CFR 11.10 (e), 11.70)."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar


class Signed(Protocol):
    """A record with the digest that was made when it was signed."""

    @property
    def digest(self) -> str:
        """Of itself and the one before."""


Record = TypeVar("Record", bound=Signed)


def digest(signed: Sequence[object]) -> str:
    """The SHA-256 of a record as JSON; its first entry is the digest of the record before it."""
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def broken_at(records: Sequence[Record], digest_of: Callable[[Record, str], str]) -> Record | None:
    """The oldest record that is not as it was signed; None when all are. `records` newest first."""
    before = ""
    for row in reversed(records):
        if row.digest != digest_of(row, before):
            return row
        before = row.digest
    return None
