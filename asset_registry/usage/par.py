"""Par levels: how many usable assets of a category a place should have, and what to bring where.

A place may be a room, a floor or a building; what is inside counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.audit import hold, record
from asset_registry.db import Base
from asset_registry.errors import Invalid, Missing
from asset_registry.places import Place
from asset_registry.snapshot import Snapshot


class ParLevel(Base):
    """At least `least` usable assets of a category, and no more than `most`, in a place."""

    __tablename__ = "par_level"
    __table_args__ = (UniqueConstraint("place_id", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    category: Mapped[str]
    least: Mapped[int]
    most: Mapped[int | None]


@dataclass(frozen=True)
class Level:
    """A par level as it is now: `here` are the usable ones; `bring` where to fetch what is wanting, nearest first."""

    par: ParLevel
    here: Sequence[int]
    bring: Sequence[int] = ()

    @property
    def wanting(self) -> int:
        """How many are wanting."""
        return max(0, self.par.least - len(self.here))

    @property
    def over(self) -> int:
        """How many there are too many."""
        return max(0, len(self.here) - self.par.most) if self.par.most is not None else 0


def set_par(
    session: Session, place_id: int, category: str, least: int, most: int | None, who: str, now: datetime
) -> ParLevel | None:
    """Say how many there should be; 0 and no upper limit takes the level away. Raises Invalid, Missing."""
    hold(session)
    if session.get(Place, place_id) is None:
        raise Missing(f"there is no place {place_id}")
    if not category.strip():
        raise Invalid("a par level is for a category: infusion pump")
    if least < 0 or (most is not None and most < least):
        raise Invalid("a par level is at least 0, and its upper limit is not below it")
    row = session.scalar(select(ParLevel).where(ParLevel.place_id == place_id, ParLevel.category == category.strip()))
    before = {"least": row.least, "most": row.most} if row else None
    if not least and most is None:
        if row is not None:
            session.delete(row)
            record(session, now, who, "par", ("place", place_id), before, {"category": category, "least": 0})
        return None
    if row is None:
        row = ParLevel(place_id=place_id, category=category.strip())
        session.add(row)
    row.least, row.most = least, most
    session.flush()
    after = {"category": row.category, "least": least, "most": most}
    record(session, now, who, "par", ("place", place_id), before, after)
    return row


def pars(session: Session) -> list[ParLevel]:
    """Every par level."""
    return list(session.scalars(select(ParLevel).order_by(ParLevel.place_id, ParLevel.category)))


def levels_of(rows: Iterable[ParLevel], snapshot: Snapshot, usable: Mapping[int, int]) -> list[Level]:
    """Every par level as it is now, the emptiest first. `usable`: the room of each asset that can be taken now.

    What is brought comes from places that have more than their own level, and is promised once.
    """
    found = [Level(row, _inside(snapshot, row, usable)) for row in rows if row.place_id in snapshot.places]
    kept = {asset for level in found for asset in level.here[: level.par.least]}
    promised: set[int] = set()
    told = []
    for level in sorted(found, key=lambda each: (-each.wanting, each.par.place_id, each.par.category)):
        free = [asset for asset in usable if asset not in kept and asset not in promised and asset not in level.here]
        near = _nearest(snapshot, level.par, free, usable)[: level.wanting]
        promised.update(near)
        told.append(Level(level.par, level.here, near))
    return told


def _inside(snapshot: Snapshot, row: ParLevel, usable: Mapping[int, int]) -> list[int]:
    return sorted(
        asset
        for asset, room in usable.items()
        if snapshot.assets[asset].category == row.category
        and any(place.id == row.place_id for place in snapshot.path(room))
    )


def _nearest(snapshot: Snapshot, row: ParLevel, free: Iterable[int], usable: Mapping[int, int]) -> list[int]:
    same = [asset for asset in free if snapshot.assets[asset].category == row.category]
    place = snapshot.places[row.place_id]
    start = snapshot.room_of(place) or next(iter(snapshot.rooms_on(place.id)), None)

    def far(asset: int) -> tuple[float, int]:
        metres = snapshot.distance_m(start.id, usable[asset]) if start is not None else None
        return (float("inf") if metres is None else metres, asset)

    return sorted(same, key=far)
