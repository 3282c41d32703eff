"""What people say and sign about a room's air: its settings, daily visual checks, purges and releases.

The database refuses to change or delete a check; a purge changes once, when it is released. Who acts stands in them
by name, and in the audit log.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import JSON, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.audit import bump, record
from asset_registry.db import Base, noted, only_added
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.hvac.profiles import AirSettings, Profile
from asset_registry.hvac.purge import purge_minutes
from asset_registry.people import Principal
from asset_registry.places import Place

RELEASES = "infection_prevention"
"""The role that releases a room after its air was cleared."""

LONGEST_NOTE = 1000


class RoomAir(Base):
    """What a place says of its air, as `profiles.AirSettings`; a room asks its floor, building and site too."""

    __tablename__ = "room_air"

    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changed: Mapped[datetime]


class RoomCheck(Base):
    """Somebody looked at the room's pressure indicator (smoke, tissue, ball) and signed what they saw.

    `agrees`: it showed what the room must have. `value` is what the sensor said then, in Pa.
    """

    __tablename__ = "room_check"
    __table_args__ = (Index("ix_room_check_place_at", "place_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    login: Mapped[str]
    name: Mapped[str]
    seen: Mapped[str]
    agrees: Mapped[bool]
    value: Mapped[float | None]


class RoomPurge(Base):
    """The room's air is being cleared: the estimate with what it was made of, and who released the room."""

    __tablename__ = "room_purge"
    __table_args__ = (Index("ix_room_purge_place_begun", "place_id", "begun"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    begun: Mapped[datetime]
    begun_by: Mapped[str]
    air_changes: Mapped[float]
    removed: Mapped[float]
    mixing_factor: Mapped[float]
    minutes: Mapped[float]
    released: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


def save_settings(session: Session, place_id: int, said: dict[str, Any], who: str, now: datetime) -> RoomAir:
    """Set what a place says of its air; {} says nothing. Raises Missing, Invalid."""
    _place(session, place_id)
    try:
        kept = AirSettings.model_validate(said).model_dump(exclude_unset=True)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise Invalid(f"{field or 'settings'}: {problem['msg'].removeprefix('Value error, ')}") from error
    row = session.get(RoomAir, place_id, with_for_update=True)
    before = row.said if row else None
    if row is None:
        row = RoomAir(place_id=place_id)
        session.add(row)
    row.said, row.changed = kept, now
    record(session, now, who, "set air", ("place", place_id), before, kept)
    bump(session)
    session.flush()
    return row


def sign_check(
    session: Session, place_id: int, who: Principal, seen: str, now: datetime, *, agrees: bool, value: float | None
) -> RoomCheck:
    """Sign a daily visual check. Raises Missing, Invalid without a word of what was seen, Forbidden for a program."""
    _place(session, place_id)
    _person(who)
    if not seen.strip() or len(seen) > LONGEST_NOTE:
        raise Invalid(f"Say what you have seen, in at most {LONGEST_NOTE} letters.")
    row = RoomCheck(
        place_id=place_id, at=now, login=who.login, name=who.name, seen=seen.strip(), agrees=agrees, value=value
    )
    session.add(row)
    session.flush()
    record(session, now, who.login, "check", ("place", place_id), after={"check": row.id, "seen": row.seen})
    return row


def begin_purge(
    session: Session,
    place_id: int,
    who: Principal,
    profile: Profile,
    air_changes: float | None,
    now: datetime,
    removed: float = 0.999,
) -> RoomPurge:
    """The room is empty and its air is being cleared from now on. Raises Missing, Conflict, Invalid."""
    _place(session, place_id)
    _person(who)
    standing = purge_of(session, place_id)
    if standing is not None and standing.released is None:
        raise Conflict("The room's air is being cleared already; it has not been released.")
    if air_changes is None or air_changes <= 0:
        raise Invalid("Nobody knows the room's air changes now, so no time can be estimated.")
    minutes = purge_minutes(air_changes, removed, profile.mixing_factor)
    row = RoomPurge(
        place_id=place_id,
        begun=now,
        begun_by=who.name,
        air_changes=air_changes,
        removed=removed,
        mixing_factor=profile.mixing_factor,
        minutes=minutes,
    )
    session.add(row)
    session.flush()
    record(session, now, who.login, "begin purge", ("place", place_id), after={"purge": row.id, "minutes": minutes})
    return row


def release(session: Session, place_id: int, who: Principal, note: str, now: datetime) -> RoomPurge:
    """Infection prevention gives the room back. Earlier than estimated it needs a note. Raises Forbidden."""
    _place(session, place_id)
    _person(who)
    if not who.may(RELEASES):
        raise Forbidden("Infection prevention releases the room.")
    row = purge_of(session, place_id)
    if row is None or row.released is not None:
        raise Conflict("The room's air is not being cleared: there is nothing to release.")
    early = (now - row.begun).total_seconds() < row.minutes * 60
    if (early and not note.strip()) or len(note) > LONGEST_NOTE:
        raise Invalid("The estimated time is not over: say why the room is released now, in at most 1,000 letters.")
    row.released, row.released_by, row.note = now, who.name, note.strip()
    record(session, now, who.login, "release", ("place", place_id), after={"purge": row.id, "note": row.note})
    session.flush()
    return row


def purge_of(session: Session, place_id: int) -> RoomPurge | None:
    """The newest purge of a room."""
    newest = (
        select(RoomPurge).where(RoomPurge.place_id == place_id).order_by(RoomPurge.begun.desc(), RoomPurge.id.desc())
    )
    return session.scalars(newest.limit(1)).first()


def checks_of(session: Session, place_id: int, limit: int = 20) -> list[RoomCheck]:
    """The newest checks of a room, newest first."""
    chosen = select(RoomCheck).where(RoomCheck.place_id == place_id).order_by(RoomCheck.at.desc(), RoomCheck.id.desc())
    return list(session.scalars(chosen.limit(limit)))


def checks_between(session: Session, places: Iterable[int], start: datetime, end: datetime) -> list[RoomCheck]:
    """The checks of some rooms in a span, by room and time."""
    chosen = select(RoomCheck).where(RoomCheck.place_id.in_(list(places)), RoomCheck.at >= start, RoomCheck.at < end)
    return list(session.scalars(chosen.order_by(RoomCheck.place_id, RoomCheck.at)))


def _place(session: Session, place_id: int) -> None:
    if session.get(Place, place_id) is None:
        raise Missing(f"There is no place {place_id}.")


def _person(who: Principal) -> None:
    if not who.is_person:
        raise Forbidden("A person signs, not a program.")


only_added(RoomCheck, "signed checks are only ever added")
noted(RoomAir, "place_id")
