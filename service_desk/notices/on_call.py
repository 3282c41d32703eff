"""Who is on call: schedules in the database, each an iCalendar text, and the people that it names."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Person
from service_desk.notices.icalendar import Calendar, Shift, read
from service_desk.notices.model import Policy, Schedule


class Duty(NamedTuple):
    """A shift and whom it names: None when nobody here is called that."""

    shift: Shift
    person: Person | None

    @property
    def name(self) -> str:
        """Who that is, in words."""
        if self.person is not None:
            return self.person.name
        return self.shift.summary or ", ".join(self.shift.attendees) or "nobody"


class OnCall:
    """Reads schedules; calendars that were read are kept until their text changes."""

    def __init__(self, zone: tzinfo) -> None:
        """`zone` is that of the house's clock."""
        self._zone = zone
        self._read: dict[int, tuple[str, Calendar]] = {}

    def calendar(self, schedule: Schedule) -> Calendar | None:
        """What its text says; None when there is none yet."""
        if not schedule.text:
            return None
        kept = self._read.get(schedule.id)
        if kept is None or kept[0] != schedule.text:
            kept = self._read[schedule.id] = schedule.text, read(schedule.text, self._zone)
        return kept[1]

    def duties(self, session: Session, schedule: Schedule, start: datetime, end: datetime) -> list[Duty]:
        """Who is on call at any time in `start` to `end`."""
        calendar = self.calendar(schedule)
        shifts = calendar.shifts(start, end) if calendar else []
        people = session.scalars(select(Person).where(Person.active)).all() if shifts else []
        return [Duty(shift, person) for shift in shifts for person in _named(shift, people) or (None,)]

    def now(self, session: Session, schedule: Schedule, now: datetime) -> list[Person]:
        """Who is on call at this moment."""
        duties = self.duties(session, schedule, now, now + timedelta(microseconds=1))
        return [duty.person for duty in duties if duty.person is not None]

    def anybody(self, session: Session, now: datetime) -> set[int]:
        """Everybody who is on call at this moment, by any schedule."""
        schedules = session.scalars(select(Schedule)).all()
        return {person.id for schedule in schedules for person in self.now(session, schedule, now)}

    def checked(self, text: str) -> str:
        """The text, when it is a calendar. Raises Invalid."""
        read(text, self._zone)
        return text


def gaps(duties: Sequence[Duty], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When in `start` to `end` nobody who is known is on call."""
    found, until = [], start
    for duty in sorted(duties, key=lambda each: each.shift.start):
        if duty.person is None:
            continue
        if duty.shift.start > until:
            found.append((until, min(duty.shift.start, end)))
        until = max(until, duty.shift.end)
    return found if until >= end else [*found, (until, end)]


def _named(shift: Shift, people: Sequence[Person]) -> list[Person]:
    """Whom a shift names: by the addresses of its attendees, else by what it is called."""
    addresses = {address.strip().casefold() for address in shift.attendees}
    found = [
        person
        for person in people
        if (person.email and person.email.casefold() in addresses) or person.login in addresses
    ]
    return found or [person for person in people if _calls(shift.summary, person)]


def _calls(summary: str, person: Person) -> bool:
    """Whether the words name this person, by name or login: "On call: A. Brandt"."""
    said = f" {' '.join(summary.casefold().replace(':', ' ').replace(',', ' ').split())} "
    return any(f" {name} " in said for name in (person.name.casefold(), person.login) if name)


# ---------------------------------------------------------------- changes


def schedules(session: Session) -> list[Schedule]:
    """All of them, by name."""
    return list(session.scalars(select(Schedule).order_by(Schedule.name)))


def save(session: Session, wish: Schedule, who: str, now: datetime) -> Schedule:
    """Keep a new schedule, or what changed of one: `wish` was made by the caller, its text is checked."""
    name = wish.name.strip()
    if not name:
        raise Invalid("Give the schedule a name.")
    other = session.scalar(select(Schedule).where(Schedule.name == name))
    if other is not None and other.id != wish.id:
        raise Conflict(f"There is a schedule called {name} already.")
    wish.name, wish.changed = name, now
    session.add(wish)
    session.flush()
    record(session, now, who, "save", ("on_call_schedule", wish.id), after={"name": name, "url": bool(wish.url)})
    return wish


def remove(session: Session, schedule_id: int, who: str, now: datetime) -> None:
    """Forget a schedule. Raises Missing; Conflict while a policy names it."""
    schedule = session.get(Schedule, schedule_id)
    if schedule is None:
        raise Missing(f"There is no schedule {schedule_id}.")
    for policy in session.scalars(select(Policy)):
        if any(level["kind"] == "schedule" and level["who"] == str(schedule_id) for level in policy.levels):
            raise Conflict(f"The policy {policy.name} asks this schedule; change that first.")
    record(session, now, who, "remove", ("on_call_schedule", schedule_id), before={"name": schedule.name})
    session.delete(schedule)
