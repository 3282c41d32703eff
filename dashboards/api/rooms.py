"""Rooms: everything about one in a single call for the desk; what is set of its air; checks, purge and release."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from asset_registry.hvac import AirSettings, rooms
from asset_registry.known import KnownPlace
from dashboards.access import ACTING, STAFF, Visitor, admit
from dashboards.api import room_models as shapes
from dashboards.api.models import place_out, refreshed
from dashboards.api.params import Id
from dashboards.api.room_models import RoomStatusOut
from dashboards.context import Context, Here
from dashboards.floor_view import located
from dashboards.pages.room_acts import known_room
from dashboards.pages.rooms import rows_of, servers_of, tickets_of
from dashboards.problems import NotThere
from dashboards.room_view import air_changes_now, purge_view, signed_view
from dashboards.rooms import room_light, room_readings, room_status
from dashboards.standing import standing

router = APIRouter(tags=["places"])


class CheckIn(BaseModel):
    """What somebody saw at the room's pressure indicator."""

    model_config = ConfigDict(extra="forbid")

    seen: str = Field(max_length=1000)
    agrees: bool = Field(description="Whether it showed what the room must have.")


class ReleaseIn(BaseModel):
    """The note is needed before the estimated time is over."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=1000)


@router.get("/rooms/{room_id}/status", dependencies=[STAFF])
def status(here: Here, room_id: Id) -> RoomStatusOut:
    """Everything about a room in one call: air, light, door, plant, profile, purge, checks, alarms, tickets."""
    with here.database.read() as session:
        return status_of(session, here, known_room(here, room_id))


def status_of(session: Session, here: Context, room: KnownPlace) -> RoomStatusOut:
    """Everything about a room."""
    now, moment = here.snapshots.current, here.clock.now()
    found = room_status(here, now, room)
    readings = room_readings(here, now, room, found.profile.doors)
    where = located(session, here, standing(session, here))
    occupied, signed = readings.get("occupancy"), signed_view(session, here, room)
    return RoomStatusOut(
        room=place_out(now, room),
        at=moment,
        worst=found.worst,
        state=found.state,
        sentence=found.sentence,
        measures=shapes.measures_out(found),
        pressure=shapes.pressure_out(found),
        occupied=occupied.value if occupied is not None and isinstance(occupied.value, bool) else None,
        door=shapes.door_out(found),
        light=shapes.light_out(room_light(here, now, room, readings), moment),
        profile=shapes.profile_out(found.profile),
        served_by=[shapes.served_out(server) for server in servers_of(here, now, room, where)],
        notices=[shapes.notice_out(notice) for notice in found.notices],
        purge=shapes.purge_out(purge_view(session, here, room, found)),
        checked_today=signed.today is not None,
        checks=shapes.checks_out(signed),
        alarms=[shapes.alarm_out(row) for row in rows_of(room, where)],
        tickets=[shapes.ticket_out(row) for row in tickets_of(session, room)],
    )


@router.post("/rooms/{room_id}/checks", dependencies=[ACTING])
def check(here: Here, visitor: Visitor, room_id: Id, given: CheckIn) -> RoomStatusOut:
    """Sign a daily visual check."""
    pressure = shapes.pressure_out(room_status(here, here.snapshots.current, known_room(here, room_id)))
    with here.database.write() as session:
        rooms.sign_check(
            session, room_id, visitor, given.seen, here.clock.now(), agrees=given.agrees, value=pressure.value
        )
    return status(here, room_id)


@router.post("/rooms/{room_id}/purge", dependencies=[ACTING])
def purge(here: Here, visitor: Visitor, room_id: Id) -> RoomStatusOut:
    """The room is empty: the estimate begins. 409 while one runs, 422 when nobody knows its air changes."""
    found = room_status(here, here.snapshots.current, known_room(here, room_id))
    with here.database.write() as session:
        rooms.begin_purge(session, room_id, visitor, found.profile, air_changes_now(found), here.clock.now())
    return status(here, room_id)


@router.post("/rooms/{room_id}/release", dependencies=[admit(rooms.RELEASES)])
def release(here: Here, visitor: Visitor, room_id: Id, given: ReleaseIn) -> RoomStatusOut:
    """Infection prevention gives the room back."""
    known_room(here, room_id)
    with here.database.write() as session:
        rooms.release(session, room_id, visitor, given.note, here.clock.now())
    return status(here, room_id)


@router.get("/places/{place_id}/air", dependencies=[STAFF])
def air(here: Here, place_id: Id) -> AirSettings:
    """What a site, building, floor or room says of its air itself; what it leaves out its surroundings say."""
    return AirSettings.model_validate(here.snapshots.current.content.air.get(_place(here, place_id).id, {}))


@router.put("/places/{place_id}/air", dependencies=[admit("facilities", "infection_prevention")])
def set_air(here: Here, visitor: Visitor, place_id: Id, given: AirSettings) -> AirSettings:
    """Set what it says, the whole of it; it is in the audit log."""
    said = given.model_dump(exclude_unset=True)
    with here.database.write() as session:
        rooms.save_settings(session, _place(here, place_id).id, said, visitor.login, here.clock.now())
    refreshed(here)
    return air(here, place_id)


def _place(here: Context, place_id: int) -> KnownPlace:
    place = here.snapshots.current.places.get(place_id)
    if place is None:
        raise NotThere(f"place {place_id}")
    return place
