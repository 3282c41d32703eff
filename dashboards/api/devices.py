"""Devices: what talks."""

from typing import Annotated

from fastapi import APIRouter, Query

from dashboards.access import STAFF
from dashboards.api.models import DeviceOut, device_out
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Cursor, Limit, Listed, listed
from dashboards.problems import NotThere

router = APIRouter(prefix="/devices", tags=["devices"], dependencies=[STAFF])


@router.get("")
def devices(
    here: Here,
    native_id: Annotated[str | None, Query(max_length=300)] = None,
    kind: Annotated[str | None, Query(max_length=80)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listed[DeviceOut]:
    """Devices by id."""
    now = here.snapshots.current
    chosen = (
        device
        for device in now.devices.values()
        if (native_id is None or device.native_id == native_id) and (kind is None or device.kind == kind)
    )
    rows, after = listed(chosen, limit, cursor, lambda device: device.id)
    return Listed(items=[device_out(here, now, device) for device in rows], next=after)


@router.get("/{device_id}")
def device(here: Here, device_id: Id) -> DeviceOut:
    """One device."""
    now = here.snapshots.current
    if device_id not in now.devices:
        raise NotThere(f"device {device_id}")
    return device_out(here, now, now.devices[device_id])
