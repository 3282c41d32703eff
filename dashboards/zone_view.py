"""The zones of a floor, for people: which rooms each has, and which of them one minds when something goes there."""

from dataclasses import dataclass, field

from asset_registry.known import KnownPlace
from asset_registry.snapshot import Snapshot
from asset_registry.zones import Zone

WORDS = {"hvac": "HVAC", "lighting": "Lighting", "cleaning": "Cleaning", "restricted": "Restricted", "exit": "Exit"}
GUARDED = ("restricted", "exit")


@dataclass
class ZoneView:
    """A zone with its rooms on one floor."""

    zone: Zone
    rooms: list[KnownPlace] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Its kind as people write it."""
        return WORDS[self.zone.kind]

    @property
    def guarded(self) -> bool:
        """Whether it is drawn on the plan: what goes in there, or out by it, concerns somebody."""
        return self.zone.kind in GUARDED


def zones_on(now: Snapshot, floor_id: int) -> list[ZoneView]:
    """The zones of a floor that have rooms, those that are drawn first."""
    found: dict[Zone, ZoneView] = {}
    for room in now.rooms_on(floor_id):
        for zone in now.zones_of(room):
            found.setdefault(zone, ZoneView(zone)).rooms.append(room)
    return sorted(found.values(), key=lambda view: (not view.guarded, view.zone.kind, view.zone.name))
