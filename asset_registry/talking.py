"""Whether a device should talk, and how often. Silent means silent though expected to talk: a stored pump is off."""

from datetime import timedelta
from typing import Protocol

from asset_registry.snapshot import Snapshot

AWAY = ("missing", "retired", "loaned_out")


class Heard(Protocol):
    """Who was heard how often (`collector.latest.Latest`)."""

    def interval(self, device: str) -> timedelta | None:
        """How often the device was heard."""


def interval(known: Snapshot, heard: Heard, native_id: str) -> timedelta | None:
    """How often a device talks: what it announced, else what was learned from when it was heard."""
    device = known.device(native_id)
    said = device.interval_s if device else None
    return timedelta(seconds=said) if said else heard.interval(native_id)


def announced(known: Snapshot, native_id: str) -> bool:
    """Whether it said itself how often it talks."""
    device = known.device(native_id)
    return bool(device and device.interval_s)


def expected(known: Snapshot, native_id: str) -> bool:
    """Equipment that goes round speaks for itself while it is in use; tags, sensors and what is fixed always speak."""
    asset = known.asset_of(native_id)
    if asset is None:
        return True
    own_voice = any(one.role == "self" and one.holds(known.taken) for one in known.bindings_of(native_id))
    return asset.holding not in AWAY and not (own_voice and asset.mobile and asset.use != "in_use")
