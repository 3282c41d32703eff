"""Assets: what is owned, where it is, whether it can be taken; and taking it."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from asset_registry import status
from asset_registry.known import KnownAsset
from dashboards.access import ACTING, STAFF, Visitor
from dashboards.api.models import AssetOut, asset_out, refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.paging import Cursor, Limit, Listed, listed
from dashboards.problems import NotThere

router = APIRouter(prefix="/assets", tags=["assets"])


class StatusIn(BaseModel):
    """The parts of a status to set; what is left away stays. Letting go of a sequestered asset needs a note."""

    model_config = ConfigDict(extra="forbid")

    use: str | None = Field(None, max_length=40)
    hygiene: str | None = Field(None, max_length=40)
    condition: str | None = Field(None, max_length=40)
    holding: str | None = Field(None, max_length=40)
    note: str = Field("", max_length=1000)


@router.get("", dependencies=[STAFF])
def assets(
    here: Here,
    category: Annotated[str | None, Query(max_length=80)] = None,
    department: Annotated[str | None, Query(max_length=80)] = None,
    number: Annotated[str | None, Query(max_length=80, description="The hospital's own number.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listed[AssetOut]:
    """Assets by id."""
    now = here.snapshots.current
    wanted = {"category": category, "department": department, "number": number}
    asked = {name: value for name, value in wanted.items() if value is not None}

    def chosen(asset: KnownAsset) -> bool:
        return all(getattr(asset, name) == value for name, value in asked.items())

    rows, after = listed(filter(chosen, now.assets.values()), limit, cursor, lambda asset: asset.id)
    return Listed(items=[asset_out(here, now, asset) for asset in rows], next=after)


@router.get("/{asset_id}", dependencies=[STAFF])
def asset(here: Here, asset_id: Id) -> AssetOut:
    """One asset."""
    return _one(here, asset_id)


@router.post("/{asset_id}/claim", dependencies=[ACTING])
def claim(here: Here, visitor: Visitor, asset_id: Id) -> AssetOut:
    """I am taking it: yours for 15 minutes; asked again by you they start anew. 409 says why it cannot be."""
    with here.database.write() as session:
        status.claim_asset(session, asset_id, visitor, here.clock.now(), here.zone)
    return _changed(here, asset_id)


@router.post("/{asset_id}/release", dependencies=[ACTING])
def release(here: Here, visitor: Visitor, asset_id: Id) -> AssetOut:
    """Give a claim back."""
    with here.database.write() as session:
        status.release(session, asset_id, visitor, here.clock.now())
    return _changed(here, asset_id)


@router.post("/{asset_id}/status", dependencies=[ACTING])
def set_status(here: Here, visitor: Visitor, asset_id: Id, wanted: StatusIn) -> AssetOut:
    """Set parts of the status, all or none; each part has its own rule of who may."""
    changes = {name: value for name, value in wanted.model_dump(exclude={"note"}).items() if value is not None}
    with here.database.write() as session:
        status.set_status(session, asset_id, changes, visitor, here.clock.now(), wanted.note)
    return _changed(here, asset_id)


def _changed(here: Context, asset_id: int) -> AssetOut:
    refreshed(here)
    return _one(here, asset_id)


def _one(here: Context, asset_id: int) -> AssetOut:
    now = here.snapshots.current
    if asset_id not in now.assets:
        raise NotThere(f"asset {asset_id}")
    return asset_out(here, now, now.assets[asset_id])
