"""What people choose for themselves: their ways, what they want to hear of, when they want quiet."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Principal
from service_desk.notices.model import Notice, Way, Wish
from service_desk.notices.push_message import subscription
from service_desk.notices.telling import Teller
from service_desk.rulebook import PRIORITIES

_MOST = 10


class Wanted(NamedTuple):
    """A wish as a form gives it; fields as in `model.Wish`."""

    priority: str = ""
    places: tuple[int, ...] = ()
    departments: tuple[str, ...] = ()
    quiet_from: str = ""
    quiet_until: str = ""
    over: bool = False


def ways_of(session: Session, person_id: int) -> list[Way]:
    """A person's ways, the first one first."""
    return list(session.scalars(select(Way).where(Way.person_id == person_id).order_by(Way.rank, Way.id)))


def last_of(session: Session, person_id: int, limit: int = 10) -> Sequence[Notice]:
    """What a person was told last, newest first."""
    mine = select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc()).limit(limit)
    return session.scalars(mine).all()


def add_way(session: Session, teller: Teller, who: Principal, channel: str, address: str, now: datetime) -> Way:
    """A further way, tried last. Raises Invalid or Conflict."""
    known = teller.channels.get(channel)
    if known is None:
        raise Invalid(f'There is no channel "{channel}".')
    try:
        checked = known.address(address)
    except ValueError as error:
        raise Invalid(str(error)) from error
    mine = ways_of(session, who.person_id)
    if any((way.channel, way.address) == (channel, checked) for way in mine):
        raise Conflict(f"{checked} is one of your ways already.")
    if len(mine) >= _MOST:
        raise Conflict(f"Nobody needs more than {_MOST} ways; take one away first.")
    way = Way(person_id=who.person_id, channel=channel, address=checked, rank=len(mine))
    session.add(way)
    session.flush()
    record(session, now, who.login, "add", ("notice_way", way.id), after=_written(teller, way))
    return way


def take_browser(session: Session, teller: Teller, who: Principal, channel: str, text: str, now: datetime) -> Way:
    """A browser as a way: it is one person's, who subscribed last, and once. Raises Invalid or Conflict."""
    endpoint = _endpoint(text)
    for way in session.scalars(select(Way).where(Way.channel == channel)).all():
        if _endpoint(way.address) == endpoint:
            _take_away(session, teller, way, who.login, now)
    return add_way(session, teller, who, channel, text, now)


def forget(session: Session, teller: Teller, channel: str, address: str, now: datetime) -> None:
    """Take an address off everybody's ways: it is no more."""
    for way in session.scalars(select(Way).where(Way.channel == channel, Way.address == address)).all():
        _take_away(session, teller, way, "wardkeeper", now)


def way_of(session: Session, who: Principal, way_id: int) -> Way:
    """One of the person's own ways. Raises Missing."""
    way = session.get(Way, way_id)
    if way is None or way.person_id != who.person_id:
        raise Missing("This is none of your ways.")
    return way


def remove_way(session: Session, teller: Teller, who: Principal, way_id: int, now: datetime) -> None:
    """Take a way away. Raises Missing."""
    _take_away(session, teller, way_of(session, who, way_id), who.login, now)


def try_first(session: Session, who: Principal, way_id: int, now: datetime) -> None:
    """Let a way be the first that is tried. Raises Missing."""
    way = way_of(session, who, way_id)
    _number([way, *(each for each in ways_of(session, who.person_id) if each is not way)])
    record(session, now, who.login, "first", ("notice_way", way_id))


def wish_of(session: Session, person_id: int) -> Wanted:
    """What a person wants; nothing when they never said."""
    row = session.get(Wish, person_id)
    if row is None:
        return Wanted()
    return Wanted(row.priority, tuple(row.places), tuple(row.departments), row.quiet_from, row.quiet_until, row.over)


def set_wish(session: Session, who: Principal, wanted: Wanted, now: datetime) -> None:
    """Keep what a person wants. Raises Invalid."""
    if wanted.priority not in ("", *PRIORITIES):
        raise Invalid(f'There is no priority "{wanted.priority}".')
    if bool(wanted.quiet_from) != bool(wanted.quiet_until) or (
        wanted.quiet_from and wanted.quiet_from == wanted.quiet_until
    ):
        raise Invalid("Quiet hours need a beginning and another end, or neither.")
    for each in (wanted.quiet_from, wanted.quiet_until):
        try:
            _ = each and time.fromisoformat(each)
        except ValueError as error:
            raise Invalid(f"{each} is no time of the day; write it like 22:00.") from error
    row = session.get(Wish, who.person_id)
    before = wish_of(session, who.person_id)
    if row is None:
        row = Wish(person_id=who.person_id)
        session.add(row)
    for name, value in wanted._asdict().items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    row.changed = now
    session.flush()
    record(session, now, who.login, "save", ("notice_wish", who.person_id), before._asdict(), wanted._asdict())


def _take_away(session: Session, teller: Teller, way: Way, login: str, now: datetime) -> None:
    record(session, now, login, "remove", ("notice_way", way.id), _written(teller, way))
    session.delete(way)
    session.flush()
    _number(ways_of(session, way.person_id))


def _written(teller: Teller, way: Way) -> dict[str, str]:
    """A way in the audit log: as people read it."""
    known = teller.channels.get(way.channel)
    return {"channel": way.channel, "address": known.shown(way.address) if known else way.channel}


def _endpoint(address: str) -> str:
    """Where the push service takes messages for a browser. Raises Invalid."""
    try:
        return subscription(address).endpoint
    except ValueError as error:
        raise Invalid(str(error)) from error


def _number(ways: list[Way]) -> None:
    for rank, way in enumerate(ways):
        way.rank = rank
