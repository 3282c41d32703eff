"""Zones: what several rooms of a floor have in common. They live with the floor's drawing, and nowhere else."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from asset_registry.known import KnownPlace
from asset_registry.outlines import Point, box_around
from asset_registry.places import outline_of
from asset_registry.polygons import contains

KINDS = ("hvac", "lighting", "cleaning", "restricted", "exit")


class Zone(msgspec.Struct, frozen=True):
    """A zone by its kind and the name that people gave it; zones of one name on several floors are one."""

    kind: str
    name: str


def zones_by_room(
    floors: Iterable[KnownPlace], rooms_on: Callable[[int], Sequence[KnownPlace]]
) -> dict[int, tuple[Zone, ...]]:
    """The zones that each room lies in, in the order in which they were drawn, by the room's id.

    A zone names its rooms by their numbers, or has an outline: then those whose middle lies in it.
    """
    found: dict[int, list[Zone]] = defaultdict(list)
    for floor in floors:
        for drawn in floor.plan.get("zones") or ():
            zone, outline = Zone(drawn["kind"], drawn["name"]), outline_of(drawn)
            numbers = set(drawn.get("rooms") or ())
            for room in rooms_on(floor.id):
                if room.number in numbers or (len(outline) > 2 and _middle_in(room, outline)):
                    found[room.id].append(zone)
    return {room: tuple(zones) for room, zones in found.items()}


def _middle_in(room: KnownPlace, outline: Sequence[Point]) -> bool:
    corners = outline_of(room.plan)
    return len(corners) > 2 and contains(outline, box_around(corners).center)
