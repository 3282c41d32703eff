"""A survey by walking: the points where somebody stood with a tag, and the maps that were made of them.

A point keeps what gateways heard while somebody stood there. Of the maps at most one is in use; the others are kept,
so that one can go back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from asset_registry.audit import bump, hold, record
from asset_registry.db import Base, noted
from asset_registry.errors import Invalid, Missing
from asset_registry.locating.arrays import decibels, milliwatts
from asset_registry.places import Place
from collector.reading import Reading

STAND_S = 15.0
"""So long one stands at a point; longer where the tag speaks seldom."""
LONGEST_S = 300.0
FEWEST_PACKETS = 10
"""A point with fewer says little: three of a gateway make a level, and a map wants several gateways."""


class SurveyPoint(Base):
    """Where somebody stood with a tag. `heard`: (seconds after `begun`, native id of the gateway, dBm)."""

    __tablename__ = "survey_point"
    __table_args__ = (Index("ix_survey_point_floor", "floor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    x_m: Mapped[float]
    y_m: Mapped[float]
    tag: Mapped[str]
    begun: Mapped[datetime]
    seconds: Mapped[float]
    who: Mapped[str]
    heard: Mapped[list[tuple[float, str, float]]] = mapped_column(JSON)


class LocationMap(Base):
    """A location model that was made of the points, with its scores. `content`: the file of `locating.model`."""

    __tablename__ = "location_map"

    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[datetime]
    who: Mapped[str]
    points: Mapped[int]
    scores: Mapped[dict[str, Any]] = mapped_column(JSON)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    in_use: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True)
class Level:
    """How loud one gateway hears the tag: the mean of linear power in dBm, of so many packets."""

    gateway: str
    packets: int
    dbm: float


def levels(sightings: Iterable[Reading]) -> list[Level]:
    """What each gateway heard, the loudest first; `sightings` as a store keeps them."""
    by_gateway: dict[str, list[float]] = {}
    for each in sightings:
        if each.gateway and not isinstance(each.value, bool | str):
            by_gateway.setdefault(each.gateway, []).append(float(each.value))
    found = [
        Level(name, len(heard), round(float(decibels(milliwatts(np.array(heard)).sum(), np.array(len(heard)))), 1))
        for name, heard in by_gateway.items()
    ]
    return sorted(found, key=lambda each: -each.dbm)


@dataclass(frozen=True)
class Stood:
    """Somebody stood at a point of a floor with a tag, since `begun`, and this was heard of it."""

    floor_id: int
    x_m: float
    y_m: float
    tag: str
    begun: datetime
    sightings: Sequence[Reading]


def add_point(session: Session, stood: Stood, who: str, now: datetime) -> SurveyPoint:
    """Keep a point. Raises Missing, and Invalid when too little was heard or the point is off the floor."""
    floor = session.get(Place, stood.floor_id)
    if floor is None or floor.kind != "floor":
        raise Missing(f"there is no floor {stood.floor_id}")
    wide, deep = floor.plan.get("width"), floor.plan.get("depth")
    if not (0 <= stood.x_m <= (wide or 2000) and 0 <= stood.y_m <= (deep or 2000)):
        raise Invalid("that point is not on the floor; tap where you stand")
    seconds = (now - stood.begun).total_seconds()
    heard = [
        (round((each.at - stood.begun).total_seconds(), 2), each.gateway, float(each.value))
        for each in stood.sightings
        if each.gateway and not isinstance(each.value, bool | str)
    ]
    if len(heard) < FEWEST_PACKETS:
        raise Invalid(
            f"only {len(heard)} packets were heard in {seconds:.0f} s, {FEWEST_PACKETS} are needed: stand longer, come "
            "nearer to a gateway, or take a tag that speaks every second"
        )
    row = SurveyPoint(floor_id=floor.id, x_m=round(stood.x_m, 2), y_m=round(stood.y_m, 2), tag=stood.tag, who=who)
    row.begun, row.seconds, row.heard = stood.begun, round(seconds, 1), heard
    session.add(row)
    session.flush()
    record(session, now, who, "survey", ("place", floor.id), after=_facts(row))
    return row


def take_back(session: Session, floor_id: int, who: str, now: datetime) -> SurveyPoint:
    """Forget the newest point of a floor. Raises Missing when there is none."""
    hold(session)
    newest = select(SurveyPoint).where(SurveyPoint.floor_id == floor_id).order_by(SurveyPoint.id.desc()).limit(1)
    row = session.scalars(newest).first()
    if row is None:
        raise Missing("there is no point to take back on this floor")
    session.delete(row)
    record(session, now, who, "survey undone", ("place", floor_id), before=_facts(row))
    return row


def _facts(row: SurveyPoint) -> dict[str, Any]:
    return {"point": row.id, "x": row.x_m, "y": row.y_m, "tag": row.tag, "packets": len(row.heard)}


def points_of(session: Session, floor_id: int | None = None) -> list[SurveyPoint]:
    """The points of a floor, or of all, in the order in which they were walked."""
    chosen = select(SurveyPoint).order_by(SurveyPoint.id)
    return list(session.scalars(chosen if floor_id is None else chosen.where(SurveyPoint.floor_id == floor_id)))


# ---------------------------------------------------------------- maps


def keep_map(
    session: Session, content: bytes, scores: Mapping[str, Any], points: int, who: str, now: datetime
) -> LocationMap:
    """Keep a map that was made; it is not in use yet."""
    row = LocationMap(made=now, who=who, points=points, scores=dict(scores), content=content, in_use=False)
    session.add(row)
    session.flush()
    record(session, now, who, "make map", ("location_map", row.id), after={"points": points})
    return row


def maps_of(session: Session) -> list[LocationMap]:
    """Every map, the newest first."""
    return list(session.scalars(select(LocationMap).order_by(LocationMap.id.desc())))


def map_content(session: Session, map_id: int) -> bytes | None:
    """The file of a map; None when there is none of that id."""
    return session.scalar(select(LocationMap.content).where(LocationMap.id == map_id))


def use_map(session: Session, map_id: int | None, who: str, now: datetime) -> None:
    """Locate by this map from now on; None: by the plan alone. Raises Missing."""
    hold(session)
    rows = maps_of(session)
    if map_id is not None and all(row.id != map_id for row in rows):
        raise Missing(f"there is no map {map_id}")
    before = next((row.id for row in rows if row.in_use), None)
    for row in rows:
        row.in_use = row.id == map_id
    record(session, now, who, "use map", ("location_map", map_id or 0), {"map": before}, {"map": map_id})
    bump(session)


noted(LocationMap)
