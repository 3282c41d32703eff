"""Where an asset is now: by the fix of its tag, or because it stays put."""

from dataclasses import dataclass
from datetime import datetime

from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.service import fix_of
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


NOWHERE = Whereabouts(None, 0.0)


def whereabouts(here: Context, now: Snapshot, asset: KnownAsset) -> Whereabouts:
    """The newest fix of the asset's tags; the home of an asset without tag that is not mobile."""
    fixes = [fix_of_tag(here, now, device.native_id) for device in now.devices_of_asset(asset.id, here.clock.now())]
    heard = [fix for fix in fixes if fix is not None and fix.at is not None]
    if heard:
        return max(heard, key=lambda fix: fix.at or asset.changed)
    home = now.places.get(asset.home_id) if asset.home_id is not None and not asset.mobile else None
    return Whereabouts(home, 1.0) if home else NOWHERE


def fix_of_tag(here: Context, now: Snapshot, tag: str) -> Whereabouts | None:
    """What locating last said about a tag, its confidence as of now; None when it never said anything."""
    fix = fix_of(here.latest.of(tag), here.clock.now())
    if fix is None:
        return None
    place = now.places.get(fix.place_id) if fix.place_id is not None else None
    return Whereabouts(place, fix.confidence if place else 0.0, fix.at)
