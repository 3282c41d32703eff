"""A place may say that an asset is soiled: what is believed to stand in a soiled utility room is. None says clean."""

import threading
from collections.abc import Mapping
from datetime import datetime

from asset_registry.db import Database
from asset_registry.find import Newest, whereabouts
from asset_registry.locating.words import LIKELY
from asset_registry.people import TELEMETRY
from asset_registry.snapshot import Snapshot, SnapshotSource
from asset_registry.status import set_status
from collector.clock import Clock

SOILING = ("soiled_utility",)
"""Types of rooms where nothing clean is put down."""


def rooms_of(snapshot: Snapshot, latest: Newest, now: datetime) -> dict[int, int]:
    """The room in which each movable asset is likely to be; those of which nobody is that sure are left out."""
    found = {}
    for asset in snapshot.assets.values():
        if asset.mobile:
            room, confidence, _ = whereabouts(snapshot, latest, asset, now)
            if room is not None and confidence >= LIKELY:
                found[asset.id] = room.id
    return found


def soiled_by_place(snapshot: Snapshot, before: Mapping[int, int], after: Mapping[int, int]) -> list[int]:
    """Assets that came into such a room: who cleans one there and scans it is not contradicted."""
    return [
        asset_id
        for asset_id, room_id in after.items()
        if before.get(asset_id) != room_id
        and snapshot.places[room_id].room_type in SOILING
        and snapshot.assets[asset_id].hygiene in ("clean", "unknown")
        and snapshot.assets[asset_id].condition != "sequestered"
    ]


def watch_soiling(
    database: Database, snapshots: SnapshotSource, latest: Newest, clock: Clock, stop: threading.Event
) -> None:
    """Look every 15 seconds, until `stop`; takes the write lock only when there is something to say."""
    before: dict[int, int] | None = None
    while not clock.wait(stop, 15.0):
        snapshot = snapshots.current
        if not any(room.room_type in SOILING for room in snapshot.rooms):
            continue
        after = rooms_of(snapshot, latest, clock.now())
        found = soiled_by_place(snapshot, before, after) if before is not None else []
        if found:
            with database.write() as session:
                for asset_id in found:
                    set_status(session, asset_id, {"hygiene": "soiled"}, TELEMETRY, clock.now(), "by its place")
        before = after
