"""What people have said and signed about a room's air, in words: purge, visual checks, profile; for page and API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from asset_registry.hvac import Profile, RoomStatus, direction_words, value_words
from asset_registry.hvac.purge import REMOVED, purge_minutes
from asset_registry.hvac.rooms import RoomCheck, RoomPurge, checks_between, checks_of, purge_of
from asset_registry.known import KnownPlace
from asset_registry.zones import Zone
from dashboards.context import Context
from dashboards.zone_view import WORDS


@dataclass(frozen=True)
class Purge:
    """The air of a room that is being cleared, or was: `until` is an estimate; `estimates` what it would take now."""

    row: RoomPurge | None
    until: datetime | None
    over: bool
    estimates: tuple[str, ...]

    @property
    def running(self) -> bool:
        """Whether nobody has released the room yet."""
        return self.row is not None and self.row.released is None


@dataclass(frozen=True)
class Signed:
    """The visual checks of a room: the newest, and whether one was signed today."""

    checks: list[RoomCheck]
    today: RoomCheck | None


def purge_view(session: Session, here: Context, place: KnownPlace, status: RoomStatus) -> Purge:
    """How far a purge is, and how long one would take at the air changes of now."""
    row = purge_of(session, place.id)
    until = row.begun + timedelta(minutes=row.minutes) if row is not None else None
    over = until is not None and here.clock.now() >= until
    return Purge(row, until, over, tuple(_estimates(air_changes_now(status), status.profile)))


def air_changes_now(status: RoomStatus) -> float | None:
    """The room's air changes as they were heard just now, for an estimate."""
    changes = status.measure("air_changes")
    return changes.value if changes is not None and changes.state in ("ok", "out") else None


def _estimates(changes: float | None, profile: Profile) -> list[str]:
    if not changes or changes <= 0:
        return []
    words = []
    for removed in REMOVED:
        perfect = purge_minutes(changes, removed)
        mixed = purge_minutes(changes, removed, profile.mixing_factor)
        words.append(
            f"{100 * removed:g}\u00a0% removal: {perfect:.0f}\u00a0min with perfect mixing, "
            f"{mixed:.0f}\u00a0min at mixing factor {profile.mixing_factor:g}"
        )
    return words


def signed_view(session: Session, here: Context, place: KnownPlace) -> Signed:
    """The newest checks, and that of today in the zone of the house."""
    found = checks_of(session, place.id, 6)
    today = here.clock.now().astimezone(here.zone).date()
    return Signed(found, next((each for each in found if each.at.astimezone(here.zone).date() == today), None))


def checked_today(session: Session, here: Context, rooms: Iterable[KnownPlace]) -> dict[int, RoomCheck]:
    """The newest check that was signed today in each room, by the room's id."""
    now = here.clock.now()
    midnight = now.astimezone(here.zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    found = checks_between(session, [room.id for room in rooms], midnight, now + timedelta(milliseconds=1))
    return {each.place_id: each for each in found}


def pressure_words(status: RoomStatus) -> tuple[str, str]:
    """Which way the air flows, as a direction (in, out, still, "") and in words."""
    pressure = status.measure("differential_pressure")
    if pressure is None or pressure.value is None or pressure.state in ("old", "none"):
        return "", ""
    way = "in" if pressure.value < 0 else "out" if pressure.value > 0 else "still"
    return way, direction_words(pressure.value, status.profile.reference)


def profile_facts(profile: Profile) -> Mapping[str, str]:
    """The profile as a list of facts."""
    pressed = "differential_pressure" in profile.ranges
    facts = {
        "Profile": profile.label,
        "Standard": profile.standard_words,
        "Mode": profile.mode or ("as designed" if profile.modes else ""),
        "Pressure to": profile.reference if pressed else "",
        "Door": f"held open from {profile.door_grace_s:g}\u00a0s on" if pressed else "",
        "Anteroom": profile.anteroom,
        "Volume": f"{profile.volume_m3:g}\u00a0m³" if profile.volume_m3 else "",
        "Source": profile.source,
    }
    return {name: text for name, text in facts.items() if text}


def zone_facts(zones: Sequence[Zone]) -> Mapping[str, str]:
    """The zones of a room by their kind."""
    facts: dict[str, str] = {}
    for zone in zones:
        kind = f"{WORDS[zone.kind]} zone"
        facts[kind] = f"{facts[kind]}, {zone.name}" if kind in facts else zone.name
    return facts


def concerns(status: RoomStatus) -> str:
    """Whom the gravest notice concerns: "Concerns facilities, the ward and infection prevention."."""
    if not status.notices or not status.notices[0].tell:
        return ""
    *others, last = (f"the {whom}" if whom == "ward" else whom for whom in status.notices[0].tell)
    return f"Concerns {', '.join(others)} and {last}." if others else f"Concerns {last}."


def beyond(status: RoomStatus, said: str) -> list[str]:
    """What is out of range beside what was said already, each in a few words."""
    told = []
    for measure in status.measures:
        if measure.state != "out":
            continue
        value = value_words(measure.metric, measure.value)
        if value not in said:
            to = f" to {status.profile.reference}" if measure.metric == "differential_pressure" else ""
            told.append(f"{value}{to}, {_must(measure.limit_words)}.")
    return told


def _must(limit: str) -> str:
    return limit if limit.startswith("normal") else f"must be {limit}"
