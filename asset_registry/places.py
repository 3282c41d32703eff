"""Places: site > building > floor > room > bed, with their polygons on a plan in metres."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base

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


LEVEL_M = 20.0
"""What a change of level costs on foot, in metres of walking: to the lift or stairs and back."""

BUILDING_M = 120.0
"""What another building is worth in metres of walking."""


class Located(Protocol):
    """What the distance between places needs of them."""

    @property
    def id(self) -> int:
        """The surrogate id."""

    @property
    def plan(self) -> dict[str, Any]:
        """The plan, as in `Place`."""


def outline_of(plan: Mapping[str, Any]) -> list[tuple[float, float]]:
    """The corners of a place's outline, in metres; none when it was not drawn."""
    return [(float(x), float(y)) for x, y in plan.get("polygon") or ()]


def center_of(plan: Mapping[str, Any]) -> tuple[float, float] | None:
    """The middle of a room's outline, in metres; None when it has none."""
    corners = outline_of(plan)
    if not corners:
        return None
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def distance_m(a: Located, b: Located, levels: int = 0, *, apart: bool = False) -> float | None:
    """A rough walking distance in metres: along the walls between the middles, and 20 m for each of `levels` between.

    Places that are `apart` are in two buildings: their plans have nothing in common. None when a plan is missing. Good
    for an order, not for a promise.
    """
    if a.id == b.id:
        return 0.0
    here, there = center_of(a.plan), center_of(b.plan)
    if here is None or there is None:
        return None
    beside = BUILDING_M if apart else abs(here[0] - there[0]) + abs(here[1] - there[1])
    return beside + LEVEL_M * abs(levels)
