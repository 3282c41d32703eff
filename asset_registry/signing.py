"""Signed records in a chain: what is changed behind our back shows (21 CFR 11.10 (e), 11.70)."""

import hashlib
import json
from collections.abc import Sequence


def digest(signed: Sequence[object]) -> str:
    """The SHA-256 of a record as JSON; its first entry is the digest of the record before it."""
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
