"""Unclaimed devices: heard, kept, and bound to nothing yet."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from asset_registry.bindings import ROLES, Target
from asset_registry.register import NewAsset, claim_device, dismiss
from dashboards.access import STAFF, Visitor, admit
from dashboards.api.models import DeviceOut, device_out, refreshed
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Cursor, Limit, Listed, listed
from dashboards.problems import Wrong

router = APIRouter(prefix="/unclaimed", tags=["devices"])

CLAIMING = admit("biomed", "facilities", "it_agent")


class NewAssetIn(BaseModel):
    """An asset to be made for the device, out of what the device says of itself."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=80)
    category: str = Field(min_length=1, max_length=80)
    name: str = Field("", max_length=120)
    mobile: bool = True
    home_id: int | None = Field(None, ge=1, lt=2**63)


class ClaimIn(BaseModel):
    """Whom the device speaks for: an asset, a place or a new asset. Left away, the registry guesses `role`."""

    model_config = ConfigDict(extra="forbid")

    asset_id: int | None = Field(None, ge=1, lt=2**63)
    place_id: int | None = Field(None, ge=1, lt=2**63)
    new_asset: NewAssetIn | None = None
    role: str = Field("", max_length=20)


@router.get("", dependencies=[STAFF])
def unclaimed(here: Here, limit: Limit = 100, cursor: Cursor = None) -> Listed[DeviceOut]:
    """Devices that nobody bound, placed or dismissed, newest first."""
    now = here.snapshots.current
    rows, after = listed(now.unclaimed, limit, cursor, lambda device: device.id, newest=True)
    return Listed(items=[device_out(here, now, device) for device in rows], next=after)


@router.post("/{device_id}/claim", dependencies=[CLAIMING])
def claim(here: Here, visitor: Visitor, device_id: Id, wanted: ClaimIn) -> DeviceOut:
    """Bind the device."""
    if wanted.role and wanted.role not in ROLES:
        raise Wrong("role", f"It is one of {', '.join(ROLES)}, or left away.")
    chosen = [each for each in (wanted.asset_id, wanted.place_id, wanted.new_asset) if each is not None]
    if len(chosen) != 1:
        raise Wrong("asset_id", "Give exactly one of asset_id, place_id and new_asset.")
    target: Target | NewAsset = Target(asset_id=wanted.asset_id, place_id=wanted.place_id)
    if wanted.new_asset is not None:
        target = NewAsset(**wanted.new_asset.model_dump())
    with here.database.write() as session:
        claim_device(session, device_id, target, visitor.login, here.clock.now(), wanted.role)
    now = refreshed(here)
    return device_out(here, now, now.devices[device_id])


@router.post("/{device_id}/dismiss", dependencies=[CLAIMING], status_code=204)
def take_off(here: Here, visitor: Visitor, device_id: Id) -> None:
    """Not ours (a visitor's phone): take it off this list. Its readings are kept all the same."""
    with here.database.write() as session:
        dismiss(session, device_id, visitor.login, here.clock.now())
    refreshed(here)
