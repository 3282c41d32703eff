"""The round of a technician: what to visit today, in the order of the way; what is in use comes last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.snapshot import Snapshot


@dataclass(frozen=True)
class Visit:
    """An asset to be seen: why, and where it is believed to be (None: nobody knows)."""

    asset: KnownAsset
    reasons: Sequence[str]
    room: KnownPlace | None
    metres: float | None = None

    @property
    def in_use(self) -> bool:
        """Whether somebody needs it now."""
        return self.asset.use == "in_use"


def round_of(snapshot: Snapshot, visits: Iterable[Visit], start: KnownPlace | None) -> list[Visit]:
    """The visits in order, each with the metres from the one before: always the nearest next.

    First what is free, then what is in use, last what nobody knows where to find.
    """
    known = list(visits)
    lost = sorted((each for each in known if each.room is None), key=_number)
    here, ordered = start, list[Visit]()
    for in_use in (False, True):
        left = sorted((each for each in known if each.room is not None and each.in_use is in_use), key=_number)
        while left:
            here, found = _next(snapshot, here, left)
            ordered += found
            left = [each for each in left if each.room is not here]
    return ordered + lost


def _next(snapshot: Snapshot, here: KnownPlace | None, left: Sequence[Visit]) -> tuple[KnownPlace, list[Visit]]:
    """The nearest room of those left, and all that is to be seen there."""
    rooms = {each.room.id: each.room for each in left if each.room is not None}

    def far(room: KnownPlace) -> tuple[float, str]:
        metres = snapshot.distance_m(here.id, room.id) if here is not None else 0.0
        return (float("inf") if metres is None else metres, room.number)

    room = min(rooms.values(), key=far)
    metres = snapshot.distance_m(here.id, room.id) if here is not None else None
    there = [each for each in left if each.room is room]
    return room, [
        Visit(each.asset, each.reasons, room, metres if index == 0 else 0.0) for index, each in enumerate(there)
    ]


def _number(visit: Visit) -> str:
    return visit.asset.number
