"""What was walked, and what is drawn, as the files that `wardkeeper locate train` takes."""

from collections.abc import Sequence
from typing import Any

import msgspec

from asset_registry.locating.drawn import names_of
from asset_registry.locating.layout import Plan
from asset_registry.locating.walked import SurveyPoint
from asset_registry.places import outline_of
from asset_registry.polygons import contains
from asset_registry.snapshot import Snapshot

COLUMNS = ("t_s", "gateway", "rssi_dbm", "x_m", "y_m", "tag", "floor", "room")

Row = tuple[float, str, float, float, float, str, str, str]
"""As COLUMNS."""


def survey_rows(snapshot: Snapshot, plan: Plan, points: Sequence[SurveyPoint]) -> list[Row]:
    """What the plan's gateways heard at the points, in the order in which they were walked."""
    names, known = names_of(snapshot), {each.id for each in plan.gateways}
    origin = min((each.begun for each in points), default=None)
    rows: list[Row] = []
    for each in points:
        start = (each.begun - origin).total_seconds() if origin else 0.0
        place = (each.x_m, each.y_m, each.tag, names.get(each.floor_id, ""), _room_of(snapshot, names, each))
        rows += [(round(start + after, 2), by, dbm, *place) for after, by, dbm in each.heard if by in known]
    return rows


def _room_of(snapshot: Snapshot, names: dict[int, str], point: SurveyPoint) -> str:
    at = (point.x_m, point.y_m)
    rooms = snapshot.rooms_on(point.floor_id)
    return next((names[room.id] for room in rooms if contains(outline_of(room.plan), at)), "")


def standing(rows: Sequence[Row]) -> list[Row]:
    """The same with every point as a tag of its own that begins at 0 and never moves."""
    first: dict[str, float] = {}
    found: list[Row] = []
    for t, gateway, dbm, x, y, _, floor, room in rows:
        tag = f"{x:g}/{y:g}/{floor}"
        found.append((round(t - first.setdefault(tag, t), 2), gateway, dbm, x, y, tag, floor, room))
    return found


def gateways_out(plan: Plan) -> list[dict[str, Any]]:
    """The gateways, as `--gateways` takes them."""
    return [{"gateway": each.id, "x_m": each.x_m, "y_m": each.y_m, "floor": each.floor} for each in plan.gateways]


def rooms_out(plan: Plan) -> list[dict[str, Any]]:
    """The rooms, as `--rooms` takes them."""
    return [
        {"room": room.id, "floor": room.floor, "polygon": msgspec.to_builtins(room.outline), "way": room.way}
        for room in plan.rooms
    ]
