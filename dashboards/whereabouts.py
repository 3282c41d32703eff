"""Where an asset is now: by the fix of its tag, or because it stays put."""

from dataclasses import dataclass
from datetime import datetime

from asset_registry import find
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.words import word_of
from asset_registry.snapshot import Snapshot
from dashboards.context import Context


@dataclass(frozen=True)
class Whereabouts:
    """`place` None: unknown. `at` is when that was last known, None for what stays put or was never heard."""

    place: KnownPlace | None
    confidence: float
    at: datetime | None = None

    @property
    def words(self) -> str:
        """How sure it is: sure, likely, perhaps, unknown."""
        return word_of(self.confidence) if self.place else "unknown"


def whereabouts(here: Context, now: Snapshot, asset: KnownAsset) -> Whereabouts:
    """The best fix of the asset's devices, or the home of what stays put (`asset_registry.find`)."""
    place, confidence, at = find.whereabouts(now, here.latest, asset, here.clock.now())
    return Whereabouts(place, confidence, at)
