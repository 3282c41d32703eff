"""Places: site > building > floor > room > bed, with their polygons on a plan in metres."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.db import Base, noted

KINDS = ("site", "building", "floor", "room", "bed")

WAYS = ("corridor", "stairs", "lift", "bridge")
"""The room types through which one only passes."""


class Place(Base):
    """A place. `number` is what stands on the door ("4.12"), unique in its parent; `name` says what it is for.

    `room_type` picks the room's profile (`asset_registry.hvac`), or is one of corridor, stairs, lift, bridge: two
    bridges of the same name in different buildings are the ends of one.
    `plan` holds for a floor `{"width", "depth"}` and for a room
    `{"polygon": [[x, y], …], "doors": [{"x", "y", "width", "wall": "n|e|s|w"}]}`,
    all in metres from the floor's north-west corner.
    """

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("parent_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    number: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    level: Mapped[int | None]
    room_type: Mapped[str] = mapped_column(default="")
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Serves(Base):
    """An asset (an air handler, a luminaire circuit) serves a place."""

    __tablename__ = "serves"

    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)


def set_serves(session: Session, asset_id: int, places: set[int]) -> None:
    """Make it serve exactly these places."""
    session.execute(delete(Serves).where(Serves.asset_id == asset_id))
    session.add_all(Serves(asset_id=asset_id, place_id=place) for place in sorted(places))


def outline_of(plan: Mapping[str, Any]) -> list[tuple[float, float]]:
    """The corners of a place's outline, in metres; none when it was not drawn."""
    return [(float(x), float(y)) for x, y in plan.get("polygon") or ()]


def area_of(plan: Mapping[str, Any]) -> float | None:
    """What a place's outline encloses, in square metres; None when it was not drawn."""
    corners = outline_of(plan)
    if len(corners) < 3:
        return None
    turns = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in turns)) / 2


noted(Place)
noted(Serves, "asset_id")
