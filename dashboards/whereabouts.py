"""Where an asset is now: by the fix of its tag, or because it stays put."""

from dataclasses import dataclass
from datetime import datetime

from asset_registry.known import KnownAsset, KnownPlace
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
        return confidence_word(self.confidence) if self.place else "unknown"


def confidence_word(confidence: float) -> str:
    """Sure from 0.9, likely from 0.7, perhaps from 0.4, unknown below."""
    steps = ((0.9, "sure"), (0.7, "likely"), (0.4, "perhaps"))
    return next((word for least, word in steps if confidence >= least), "unknown")


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
    """What the locating engine last said about a tag; None when it never said anything."""
    room, confidence = here.latest.get(tag, "room"), here.latest.get(tag, "fix_confidence")
    if room is None:
        return None
    said = str(room.value)
    place = now.places.get(int(said)) if said.isdecimal() else None
    sure = float(confidence.value) if confidence is not None and place is not None else 0.0
    return Whereabouts(place, sure, room.at)
