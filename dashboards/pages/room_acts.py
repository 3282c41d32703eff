"""What people do in a room's name: sign a visual check, begin a purge, release the room, run it another way."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from starlette.responses import Response

from asset_registry.errors import Invalid
from asset_registry.hvac import rooms
from asset_registry.known import KnownPlace
from dashboards.access import ACTING, Visitor, admit
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.forms import Back, Long, back_to
from dashboards.pages.rooms import RUNNERS
from dashboards.problems import NotThere
from dashboards.room_view import air_changes_now
from dashboards.rooms import room_profile, room_status

router = APIRouter(prefix="/rooms")


@router.post("/{room_id}/check", dependencies=[ACTING])
def check(
    here: Here,
    visitor: Visitor,
    room_id: Id,
    seen: Long = "",
    agrees: Annotated[Literal["yes", "no"], Form()] = "yes",
    back: Back = "/facilities",
) -> Response:
    """I have looked, and this is what I saw."""
    status = room_status(here, here.snapshots.current, known_room(here, room_id))
    pressure = status.measure("differential_pressure")
    value = pressure.value if pressure is not None and pressure.state not in ("old", "none") else None
    with here.database.write() as session:
        rooms.sign_check(session, room_id, visitor, seen, here.clock.now(), agrees=agrees == "yes", value=value)
    return back_to(back)


@router.post("/{room_id}/purge", dependencies=[ACTING])
def purge(here: Here, visitor: Visitor, room_id: Id, back: Back = "/facilities") -> Response:
    """The room is empty; its air is being cleared."""
    status = room_status(here, here.snapshots.current, known_room(here, room_id))
    with here.database.write() as session:
        rooms.begin_purge(session, room_id, visitor, status.profile, air_changes_now(status), here.clock.now())
    return back_to(back)


@router.post("/{room_id}/release", dependencies=[admit(rooms.RELEASES)])
def release(here: Here, visitor: Visitor, room_id: Id, note: Long = "", back: Back = "/facilities") -> Response:
    """Infection prevention gives the room back."""
    known_room(here, room_id)
    with here.database.write() as session:
        rooms.release(session, room_id, visitor, note, here.clock.now())
    return back_to(back)


@router.post("/{room_id}/mode", dependencies=[admit(*RUNNERS)])
def mode(
    here: Here,
    visitor: Visitor,
    room_id: Id,
    mode: Annotated[str, Form(max_length=80)] = "",
    setpoint: Annotated[str, Form(max_length=10)] = "",
    back: Back = "/facilities",
) -> Response:
    """The room is run another way, or again as it was designed."""
    place = known_room(here, room_id)
    now = here.snapshots.current
    wanted = room_profile(here, now, place).modes.get(mode)
    if mode and wanted is None:
        raise Invalid(f"{place.number} has no mode {mode!r}.")
    said: dict[str, Any] = {**now.content.air.get(room_id, {}), "mode": mode}
    if wanted is not None and wanted.setpoint:
        said["setpoint_c"] = _degrees(setpoint)
    with here.database.write() as session:
        rooms.save_settings(session, room_id, said, visitor.login, here.clock.now())
    refreshed(here)
    return back_to(back)


def _degrees(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise Invalid("Say the temperature that was set, in °C.") from error


def known_room(here: Context, room_id: int) -> KnownPlace:
    """The room of an id. Raises NotThere."""
    place = here.snapshots.current.places.get(room_id)
    if place is None or place.kind != "room":
        raise NotThere(f"room {room_id}")
    return place
