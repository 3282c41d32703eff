"""The last 24 hours in four small drawings: counted from what is kept, never guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from markupsafe import Markup
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from collector.metrics import family_of
from dashboards.charts import Step, bars, steps
from dashboards.sentences import many
from service_desk.alarms.model import Alarm, Transition
from service_desk.tickets.model import Ticket

DAY = timedelta(hours=24)
AIR = ("environment", "hvac")
Change = tuple[datetime, int]


@dataclass(frozen=True)
class Multiple:
    """One drawing: its title, the figure of now, what stands beside it; without a drawing `why` says why."""

    title: str
    figure: int
    beside: str
    drawing: Markup | None
    why: str = ""
    href: str = ""


def hours(now: datetime, zone: tzinfo) -> tuple[datetime, list[str]]:
    """The full hour 24 hours ago, and the labels under a drawing from then to now."""
    first = now.replace(minute=0, second=0, microsecond=0) - DAY + timedelta(hours=1)
    return first, [f"{(first + timedelta(hours=6 * index)).astimezone(zone):%H}" for index in range(4)] + ["now"]


def levels(changes: Iterable[Change], first: datetime, now: datetime, last: int) -> list[Step]:
    """How a count went from `first` to `now` when it is `last` now; `changes` are +1 and -1 at their moments."""
    within = sorted(change for change in changes if first < change[0] <= now)
    level = max(0, last - sum(step for _, step in within))
    found: list[Step] = [(0.0, level)]
    for moment, step in within:
        level = max(0, level + step)
        found.append(((moment - first) / (now - first), level))
    return found


def new_alarms(session: Session, now: datetime, zone: tzinfo) -> Multiple:
    """How many were raised in each hour; the last bar is the hour that runs."""
    first, labels = hours(now, zone)
    raised = session.scalars(select(Transition.at).where(Transition.what == "raised", Transition.at >= first))
    counts = [0] * 24
    for moment in raised:
        counts[min(23, int((moment - first) / timedelta(hours=1)))] += 1
    usual = sorted(counts)[12]
    since = now.replace(minute=0).astimezone(zone)
    beside = f"since {since:%H:%M}; median {usual}"
    words = f"{many(sum(counts), 'new alarm')} in 24 hours, {counts[-1]} in this hour"
    return Multiple("New alarms an hour", counts[-1], beside, bars(counts, labels, words), href="/alarms")


def rooms_with_alarm(session: Session, now: datetime, zone: tzinfo, out: int, rooms: int) -> Multiple:
    """How many rooms had an alarm of their air; `out` are out of range now."""
    first, labels = hours(now, zone)
    query = (
        select(Alarm.place_id, Alarm.metric, Transition.at, Transition.what)
        .join(Transition, Transition.alarm_id == Alarm.id)
        .where(Alarm.place_id.is_not(None), Transition.what.in_(("raised", "cleared")), Transition.at >= first)
        .order_by(Transition.at)
    )
    standing: dict[int | None, int] = {}
    changes: list[Change] = []
    for place, metric, moment, what in session.execute(query):
        if family_of(metric) not in AIR:
            continue
        before = standing.get(place, 0 if what == "raised" else 1)
        after = max(0, before + (1 if what == "raised" else -1))
        standing[place] = after
        if (before > 0) != (after > 0):
            changes.append((moment, 1 if after else -1))
    drawn = levels(changes, first, now, out)
    words = f"{many(out, 'room')} out of range now, {round(max(level for _, level in drawn))} at most in 24 hours"
    return Multiple("Rooms out of range", out, f"of {rooms:,}, by alarm", steps(drawn, labels, words), href="/floors")


def open_tickets(session: Session, now: datetime, zone: tzinfo) -> Multiple:
    """How many tickets were open."""
    first, labels = hours(now, zone)
    query = select(Ticket.created, Ticket.solved, Ticket.state).where(
        or_(Ticket.created >= first, Ticket.solved >= first, Ticket.state.not_in(("solved", "closed")))
    )
    changes: list[Change] = []
    last = today = 0
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for created, solved, state in session.execute(query):
        changes.append((created, 1))
        last += state not in ("solved", "closed")
        today += created >= midnight
        if solved is not None and state in ("solved", "closed"):
            changes.append((solved, -1))
    drawn = levels(changes, first, now, last)
    words = f"{many(last, 'ticket')} open, {many(today, 'ticket')} opened today"
    return Multiple("Open tickets", last, f"{today} opened today", steps(drawn, labels, words), href="/tickets")
