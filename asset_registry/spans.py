"""Assets, rooms and buildings as the devices that spoke for them, each for its time: what to ask a store for."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from asset_registry.known import KnownBinding
from asset_registry.snapshot import Snapshot
from collector.ports import Span
from collector.spans import merged


def spans_of_asset(snapshot: Snapshot, asset_id: int, start: datetime, end: datetime) -> tuple[Span, ...]:
    """The asset's own voice, tags and sensors, for as long as each was its own."""
    return tuple(merged(_cut(snapshot, snapshot.past_bindings_of_asset(asset_id), start, end)))


def spans_of_place(snapshot: Snapshot, place_id: int, start: datetime, end: datetime) -> tuple[Span, ...]:
    """What was bound to be in a site, building, floor, room or bed, as `Snapshot.place_of` has it.

    Those are its sensors while they were there, its gateways, and the devices of assets at home there that stay put.
    Where an asset that moves has been only fixes can tell.
    """
    found: list[Span] = []
    inside = set(_inside(snapshot, place_id))
    for place in inside:
        found += _cut(snapshot, snapshot.past_bindings_of_place(place), start, end)
    for asset in snapshot.assets.values():
        if not asset.mobile and asset.home_id in inside:
            found += spans_of_asset(snapshot, asset.id, start, end)
    for device_id, gateway in snapshot.gateways.items():
        if gateway.place_id in inside:
            found.append(Span(snapshot.devices[device_id].native_id, start, end))
    return tuple(merged(found))


def _inside(snapshot: Snapshot, place_id: int) -> Iterator[int]:
    yield place_id
    for place in snapshot.children(place_id):
        yield from _inside(snapshot, place.id)


def _cut(snapshot: Snapshot, bindings: Iterable[KnownBinding], start: datetime, end: datetime) -> Iterator[Span]:
    for binding in bindings:
        first, last = max(start, binding.since), min(end, binding.until or end)
        if first < last:
            yield Span(snapshot.devices[binding.device_id].native_id, first, last)
