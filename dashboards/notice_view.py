"""Notices, policies and rosters in a person's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from asset_registry.known import KnownPlace
from dashboards import words
from dashboards.context import Context
from service_desk.notices import on_call
from service_desk.notices.model import Notice, Policy, Schedule
from service_desk.notices.worker import ChannelState

AHEAD = timedelta(days=7)
_BLINK = timedelta(minutes=1)
"""A shift that ends at 23:59 leaves no gap that anybody has to fill."""
_WHAT = {
    "opened": "",
    "graver": "more serious",
    "returned": "back again",
    "reopened": "back again",
    "unanswered": "nobody had answered",
    "closed": "over",
}


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
"""Words of User-Agent; the first that is in it counts, for the later ones stand in those of the others too."""


@dataclass(frozen=True)
class Choice:
    """One box to tick: its value, its word, whether it is ticked; `kind` of a place is building or floor."""

    value: str
    word: str
    chosen: bool
    kind: str = ""


@dataclass(frozen=True)
class Roster:
    """A schedule: who is on call now and until when, who is next, and when nobody is within the next week."""

    row: Schedule
    now: tuple[str, ...]
    until: datetime | None
    upcoming: tuple[on_call.Duty, ...]
    gaps: tuple[tuple[datetime, datetime], ...]
    strangers: tuple[str, ...]


def areas_of(here: Context, chosen: Sequence[int]) -> list[Choice]:
    """Buildings and their floors, to choose from."""
    known = here.snapshots.current
    found: list[Choice] = []

    def add(place: KnownPlace) -> None:
        found.append(Choice(str(place.id), place.name or place.number, place.id in chosen, place.kind))

    for building in sorted(
        (each for each in known.places.values() if each.kind == "building"), key=lambda one: one.number
    ):
        add(building)
        for floor in sorted((each for each in known.children(building.id) if each.kind == "floor"), key=_level):
            add(floor)
    return found


def _level(place: KnownPlace) -> int:
    return place.level or 0


def departments_of(here: Context, chosen: Sequence[str]) -> list[Choice]:
    """Departments that own something, and those chosen before."""
    known = {asset.department for asset in here.snapshots.current.assets.values() if asset.department}
    return [Choice(name, name, name in chosen) for name in sorted(known | set(chosen))]


def priorities_of(chosen: Sequence[str]) -> list[Choice]:
    """High, medium, low."""
    return [Choice(name, name.capitalize(), name in chosen) for name in ("high", "medium", "low")]


def scope_words(here: Context, places: Sequence[int], departments: Sequence[str]) -> str:
    """Where something counts: "Main building, Level 4; ICU"."""
    known = here.snapshots.current.places
    named = [known[each].name or known[each].number for each in places if each in known]
    parts = [", ".join(named), ", ".join(departments)]
    return "; ".join(part for part in parts if part) or "everywhere"


def state_of(notice: Notice) -> tuple[str, str]:
    """(shape, word) of how far it came."""
    if notice.handed is not None:
        return "ok", "arrived" if notice.delivered else "sent"
    if notice.passed_on is not None:
        return "off", "went another way"
    if notice.failed:
        return ("off", "not needed") if notice.failed.startswith("it was over") else ("high", "not sent")
    return "unknown", "waits" if not notice.attempts else "tried again"


def what_of(notice: Notice) -> str:
    """Its title, with why it was told when that was not because it began."""
    if notice.what == "test":
        return "A test"
    said = _WHAT.get(notice.what, notice.what)
    return f"{notice.title} ({said})" if said else notice.title


def browser_words(user_agent: str) -> str:
    """What people call a browser: "Chrome on Android"."""
    browser = next((word for token, word in _BROWSERS if token in user_agent), "A browser")
    system = next((word for token, word in _SYSTEMS if token in user_agent), "")
    return f"{browser} on {system}" if system else browser


def channel_pill(state: ChannelState) -> tuple[str, str]:
    """(shape, word) of a channel."""
    if state.up is None:
        return "unknown", "not tested yet"
    return ("ok", "works") if state.up else ("high", "dead")


def rosters(here: Context, session: Session, now: datetime) -> list[Roster]:
    """Every schedule as it stands."""
    return [_roster(here, session, schedule, now) for schedule in on_call.schedules(session)]


def _roster(here: Context, session: Session, schedule: Schedule, now: datetime) -> Roster:
    duties = here.telling.teller.on_call.duties(session, schedule, now, now + AHEAD)
    present = [duty for duty in duties if duty.shift.start <= now]
    known = [duty for duty in present if duty.person is not None]
    return Roster(
        schedule,
        tuple(dict.fromkeys(duty.name for duty in known)),
        min((duty.shift.end for duty in known), default=None),
        tuple(duty for duty in duties if duty.shift.start > now and duty.person is not None)[:3],
        tuple(gap for gap in on_call.gaps(duties, now, now + AHEAD) if gap[1] - gap[0] > _BLINK)[:3],
        tuple(dict.fromkeys(duty.name for duty in duties if duty.person is None))[:5],
    )


def level_words(level: Mapping[str, object], names: Mapping[str, str]) -> str:
    """When and whom, in words: at once: on call, Facilities; after 10 min: M. Okafor."""
    minutes = int(str(level["after_min"]))
    when = "at once" if not minutes else f"after {words.age(timedelta(minutes=minutes))}"
    return f"{when}: {target_words(str(level['kind']), str(level['who']), names)}"


def target_words(kind: str, who: str, names: Mapping[str, str]) -> str:
    """Whom a level means."""
    if kind == "schedule":
        return f"on call, {names.get(f'schedule:{who}', 'a schedule that is gone')}"
    return f"everybody in {who.replace('_', ' ')}" if kind == "role" else names.get(f"person:{who}", who)


def for_words(here: Context, policy: Policy) -> str:
    """What a policy is for: "High; Main building"."""
    level = ", ".join(policy.priorities) or "every priority"
    return f"{level}, {scope_words(here, policy.places, policy.departments)}"
