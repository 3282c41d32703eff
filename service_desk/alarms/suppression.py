"""What is suppressed by design (ANSI/ISA-18.2-2009, 11): planned windows, assets in repair, rooms for practice.

A window is planned for a place with all that is in it, an asset, a category of assets or a rule: a generator test, the
test of the fire alarm. What happens meanwhile is written down, and speaks when it still holds at the end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Select, and_, case, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.assets import Asset
from asset_registry.audit import record
from asset_registry.db import Base
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.places import Place
from service_desk import leases
from service_desk.alarms import book
from service_desk.alarms.model import Alarm
from service_desk.rulebook import RuleRow

LONGEST = timedelta(days=31)
"""What is silent for longer is taken out of service, with somebody's approval."""


class Window(Base):
    """From `starts` to `ends` alarms of what is named are suppressed by design; every condition given must hold."""

    __tablename__ = "alarm_window"

    id: Mapped[int] = mapped_column(primary_key=True)
    why: Mapped[str]
    starts: Mapped[datetime]
    ends: Mapped[datetime] = mapped_column(index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    category: Mapped[str] = mapped_column(default="")
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rule.id"))
    planned: Mapped[datetime]
    planned_by: Mapped[str]
    ended_by: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True)
class Plan:
    """A window to be. `place_id` may be a site, building, floor or room."""

    why: str
    starts: datetime
    ends: datetime
    place_id: int | None = None
    asset_id: int | None = None
    category: str = ""
    rule_id: int | None = None


@dataclass(frozen=True)
class Silent:
    """What a house never wants to hear of: assets in these conditions, and rooms of these types."""

    conditions: tuple[str, ...] = ("in_repair", "awaiting_acceptance")
    room_types: tuple[str, ...] = ()


def plan(session: Session, wanted: Plan, who: str, now: datetime) -> Window:
    """Raises Invalid, and Missing for what is not there."""
    why = wanted.why.strip()
    if not why:
        raise Invalid("Say what the window is for: it stands on every alarm that is silent because of it.")
    if not now < wanted.ends or not timedelta(0) < wanted.ends - wanted.starts <= LONGEST:
        raise Invalid(f"A window ends after it begins, in the future, and lasts {LONGEST.days} days at most.")
    if not (wanted.place_id or wanted.asset_id or wanted.category or wanted.rule_id):
        raise Invalid("Say what it is about: a place, an asset, a category or a rule.")
    for kind, identity in ((Place, wanted.place_id), (Asset, wanted.asset_id), (RuleRow, wanted.rule_id)):
        if identity is not None and session.get(kind, identity) is None:
            raise Missing(f"There is no {kind.__tablename__} {identity}.")
    row = Window(
        why=why,
        starts=wanted.starts,
        ends=wanted.ends,
        place_id=wanted.place_id,
        asset_id=wanted.asset_id,
        category=wanted.category,
        rule_id=wanted.rule_id,
        planned=now,
        planned_by=who,
    )
    session.add(row)
    session.flush()
    after = {"why": why, "starts": wanted.starts.isoformat(), "ends": wanted.ends.isoformat()}
    record(session, now, who, "plan", ("alarm window", row.id), after=after)
    return row


def end(session: Session, window_id: int, who: str, now: datetime) -> Window:
    """End a window now, or call one off that has not begun. Raises Missing, Conflict."""
    leases.follow(session, book.LEASE)
    row = session.get(Window, window_id, with_for_update=True)
    if row is None:
        raise Missing(f"There is no window {window_id}.")
    if row.ends <= now:
        raise Conflict(f"{row.why} is over already.")
    before, after = {"ends": row.ends.isoformat()}, {"ends": now.isoformat()}
    record(session, now, who, "end", ("alarm window", row.id), before, after)
    row.ends, row.ended_by = now, who
    return row


def windows(session: Session, now: datetime) -> list[Window]:
    """Those that are open or to come, the first first."""
    return list(session.scalars(select(Window).where(Window.ends > now).order_by(Window.starts, Window.id)))


class Design:
    """What is suppressed as of a moment, and why. One a transaction."""

    def __init__(self, session: Session, at: datetime, silent: Silent) -> None:
        self._session = session
        self._at = at
        open_ = select(Window).where(Window.starts <= at, Window.ends > at).order_by(Window.id)
        meant = [(_covered(window), window.why) for window in session.scalars(open_)]
        self._only_assets = not meant and not silent.room_types
        conditions = Asset.condition.in_(silent.conditions)
        self._assets = frozenset(session.scalars(select(Asset.id).where(conditions)) if self._only_assets else ())
        for condition in silent.conditions:
            assets = select(Asset.id).where(Asset.condition == condition)
            meant.append((Alarm.asset_id.in_(assets), condition.replace("_", " ")))
        if silent.room_types:
            rooms = select(Place.id).where(Place.room_type.in_(silent.room_types))
            meant.append((Alarm.place_id.in_(rooms), "practice"))
        self._why = case(*meant, else_="") if meant else literal("")

    def why(self, alarm: Alarm) -> str:
        """The reason for an alarm, "" when there is none."""
        if self._only_assets and alarm.asset_id not in self._assets:
            return ""
        found: str = self._session.scalars(select(self._why).where(Alarm.id == alarm.id)).one()
        return found

    def apply(self) -> None:
        """Suppress what is meant, and let speak what is so no longer."""
        changed = select(Alarm, self._why).where(Alarm.suppressed != self._why).order_by(Alarm.id)
        for alarm, why in self._session.execute(changed).all():
            book.suppress(self._session, alarm, why, self._at)


def _covered(window: Window) -> ColumnElement[bool]:
    """The alarms that a window is about."""
    conditions: list[ColumnElement[bool]] = []
    if window.rule_id is not None:
        conditions.append(Alarm.rule_id == window.rule_id)
    if window.asset_id is not None:
        conditions.append(Alarm.asset_id == window.asset_id)
    if window.category:
        conditions.append(Alarm.asset_id.in_(select(Asset.id).where(Asset.category == window.category)))
    if window.place_id is not None:
        conditions.append(Alarm.place_id.in_(inside(window.place_id)))
    return and_(*conditions)


def inside(place_id: int) -> Select[tuple[int]]:
    """The ids of a place and of all that lies in it."""
    found = select(Place.id).where(Place.id == place_id).cte(recursive=True)
    found = found.union_all(select(Place.id).where(Place.parent_id == found.c.id))
    return select(found.c.id)
