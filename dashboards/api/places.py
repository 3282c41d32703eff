"""Places: site, building, floor, room, bed."""

from typing import Annotated

from fastapi import APIRouter, Query

from asset_registry.places import KINDS
from dashboards.access import STAFF
from dashboards.api.models import PlaceOut, place_out
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Cursor, Limit, Listed, listed
from dashboards.problems import NotThere, Wrong

router = APIRouter(prefix="/places", tags=["places"], dependencies=[STAFF])


@router.get("")
def places(
    here: Here,
    kind: Annotated[str | None, Query(max_length=20, description="site, building, floor, room or bed.")] = None,
    parent: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listed[PlaceOut]:
    """Places by id."""
    if kind is not None and kind not in KINDS:
        raise Wrong("kind", f"It is one of {', '.join(KINDS)}.")
    now = here.snapshots.current
    chosen = (
        place
        for place in now.places.values()
        if (kind is None or place.kind == kind) and (parent is None or place.parent_id == parent)
    )
    rows, after = listed(chosen, limit, cursor, lambda place: place.id)
    return Listed(items=[place_out(now, place) for place in rows], next=after)


@router.get("/{place_id}")
def place(here: Here, place_id: Id) -> PlaceOut:
    """One place."""
    now = here.snapshots.current
    if place_id not in now.places:
        raise NotThere(f"place {place_id}")
    return place_out(now, now.places[place_id])
