"""Is a room's air as it must be? Pure: profiles, readings and the time in, a status with its sentence out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import yaml

from collector.errors import ConfigError
from collector.metrics import METRICS
from collector.reading import Quality, Reading

JUDGED = ("differential_pressure", "air_changes", "temperature", "humidity", "co2")
"""The metrics a profile may have a range for, the most telling first."""

INTERVAL_S = 60.0
"""How often a room's sensor is expected to speak when its device does not say."""

OLD_INTERVALS = 3

State = Literal["ok", "out", "old", "none"]
Worst = Literal["high", "medium", ""]

_HIGH = {
    "temperature": "is too warm",
    "humidity": "is too humid",
    "co2": "has stale air",
    "air_changes": "has too many air changes",
}
_LOW = {
    "temperature": "is too cold",
    "humidity": "is too dry",
    "co2": "has an odd CO₂ value",
    "air_changes": "is short of air",
}


class RoomLike(Protocol):
    """What is judged of a place."""

    @property
    def number(self) -> str:
        """What stands on the door."""

    @property
    def room_type(self) -> str:
        """Picks the profile."""


@dataclass(frozen=True)
class Range:
    """At least `low` and at most `high`; None is open."""

    low: float | None
    high: float | None

    def holds(self, value: float) -> bool:
        """Whether the value is inside; the limits belong to it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Profile:
    """What a room type must have, and who says so. `protects`: its pressure protects somebody."""

    room_type: str
    label: str = ""
    source: str = ""
    protects: bool = False
    ranges: Mapping[str, Range] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """One metric of a room against its range. `none`: never heard; `old`: not heard for three intervals."""

    metric: str
    reading: Reading | None
    low: float | None
    high: float | None
    state: State

    @property
    def value(self) -> float | None:
        """The value as a number, when there is one."""
        return _number(self.reading)

    @property
    def limit_words(self) -> str:
        """The range in words: "normal 21–24", "at least 4", "at most −2.5"."""
        return limit_words(self.low, self.high)


@dataclass(frozen=True)
class RoomStatus:
    """`worst` is the priority of what is out of range ("" nothing); `state` says also when nothing is heard."""

    worst: Worst
    state: State
    measures: list[Measure]
    sentence: str
    source: str = ""


def load_profiles(path: Path) -> dict[str, Profile]:
    """The profiles of a YAML file (`config/room_profiles.yaml` says its form). Raises ConfigError."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if not isinstance(rows, dict):
        raise ConfigError(f"{path}: must map room types to their ranges")
    return {str(name): _profile(path, str(name), row) for name, row in rows.items()}


def _profile(path: Path, name: str, row: object) -> Profile:
    if not isinstance(row, dict):
        raise ConfigError(f"{path}: {name}: must have ranges and a source")
    unknown = set(row) - {"label", "source", "protects", *JUDGED}
    if unknown:
        known = ", ".join(("label", "source", "protects", *JUDGED))
        raise ConfigError(f"{path}: {name}: unknown {', '.join(sorted(map(str, unknown)))}; known are {known}")
    if not row.get("source"):
        raise ConfigError(f"{path}: {name}: source: say where the figures come from")
    ranges = {metric: _range(f"{path}: {name}: {metric}", row[metric]) for metric in JUDGED if metric in row}
    return Profile(name, str(row.get("label") or name), str(row["source"]), row.get("protects") is True, ranges)


def _range(where: str, pair: Any) -> Range:  # noqa: ANN401 - whatever YAML gave
    sides = pair if isinstance(pair, list) and len(pair) == 2 else [None, None]
    if not all(side is None or (isinstance(side, int | float) and not isinstance(side, bool)) for side in sides):
        raise ConfigError(f"{where}: a range is [at least, at most] in numbers")
    low, high = (None if side is None else float(side) for side in sides)
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        raise ConfigError(f"{where}: a range is [at least, at most] with at least one side, the lower one first")
    return Range(low, high)


def judge_room(
    place: RoomLike,
    readings: Mapping[str, Reading],
    now: datetime,
    profiles: Mapping[str, Profile],
    *,
    intervals: Mapping[str, float] | None = None,
    since: Mapping[str, datetime] | None = None,
) -> RoomStatus:
    """The status of a room.

    `readings` are the newest by metric; `intervals` the seconds between readings by device (60 when missing);
    `since` says from when on the present state of a metric holds (door_open), where the caller knows better than
    the reading's own time. A metric with a reading but no range is a measure that is `ok` or `old`.
    """
    profile = profiles.get(place.room_type, Profile(place.room_type))
    measures = []
    for metric in JUDGED:
        wanted, reading = profile.ranges.get(metric), readings.get(metric)
        if wanted is not None or reading is not None:
            open_range = wanted or Range(None, None)
            state = _state(reading, open_range, now, intervals or {})
            measures.append(Measure(metric, reading, open_range.low, open_range.high, state))
    out = [measure for measure in measures if measure.state == "out"]
    worst = _worst(profile, out)
    sentence = _sentence(place, profile, measures, _Door.of(readings, since or {}, now), now)
    state_of_room: State = "out" if out else "old" if _blind(profile, measures) else _quiet_state(measures)
    return RoomStatus(worst, state_of_room, measures, sentence, profile.source)


def _state(reading: Reading | None, wanted: Range, now: datetime, intervals: Mapping[str, float]) -> State:
    value = _number(reading)
    if reading is None or value is None or reading.quality is Quality.BAD:
        return "none"
    allowed = timedelta(seconds=OLD_INTERVALS * intervals.get(reading.device, INTERVAL_S))
    if now - reading.at > allowed:
        return "old"
    return "ok" if wanted.holds(value) else "out"


def _quiet_state(measures: list[Measure]) -> State:
    states = {measure.state for measure in measures}
    return "ok" if "ok" in states else "old" if "old" in states else "none"


def _worst(profile: Profile, out: list[Measure]) -> Worst:
    if not out:
        return ""
    pressure_out = any(measure.metric == "differential_pressure" for measure in out)
    return "high" if profile.protects and pressure_out else "medium"


@dataclass(frozen=True)
class _Door:
    """The room's door, when it is known to be open."""

    open_for: timedelta

    @staticmethod
    def of(readings: Mapping[str, Reading], since: Mapping[str, datetime], now: datetime) -> "_Door | None":
        door = readings.get("door_open")
        if door is None or door.value is not True or door.quality is Quality.BAD:
            return None
        return _Door(max(timedelta(), now - since.get("door_open", door.at)))


def _sentence(place: RoomLike, profile: Profile, measures: list[Measure], door: _Door | None, now: datetime) -> str:
    out = [measure for measure in measures if measure.state == "out"]
    if out:
        first, more = out[0], len(out) - 1
        rest = f"; {more} more out of range" if more else ""
        if first.metric == "differential_pressure":
            return f"{place.number} {_pressure_verb(profile, first)}: {_pressure_cause(first, door)}{rest}"
        value = first.value if first.value is not None else 0.0
        verb = _LOW if first.low is not None and value < first.low else _HIGH
        return f"{place.number} {verb[first.metric]}: {value_words(first)}, {first.limit_words}{rest}"
    fresh = [measure for measure in measures if measure.state == "ok"]
    blind = _blind(profile, measures)
    if fresh and blind is not None:
        since = f"for {span_words(now - blind.reading.at)}" if blind.state == "old" and blind.reading else "yet"
        return f"{place.number}: its pressure has not been reported {since}"
    if fresh:
        shown = sorted(fresh, key=lambda measure: _SHOWN_FIRST.index(measure.metric))[:2]
        words = ", ".join(value_words(measure) for measure in shown)
        return f"In range: {words}" if profile.ranges else f"No requirement is set: {words}"
    heard = [measure.reading.at for measure in measures if measure.reading is not None and measure.state == "old"]
    return (
        f"Not reporting: last heard {span_words(now - max(heard))} ago" if heard else "No air sensor reports from here"
    )


def _blind(profile: Profile, measures: list[Measure]) -> Measure | None:
    """The pressure that protects somebody and that nobody sees."""
    if not profile.protects:
        return None
    unseen = (m for m in measures if m.metric == "differential_pressure" and m.state in ("old", "none"))
    return next(unseen, None)


_SHOWN_FIRST = ("differential_pressure", "temperature", "air_changes", "humidity", "co2")


def _pressure_verb(profile: Profile, measure: Measure) -> str:
    if not profile.protects:
        return "has the wrong pressure"
    if measure.high is not None and measure.high < 0:
        return "is not isolating"
    return "is not protected by its pressure"


def _pressure_cause(measure: Measure, door: _Door | None) -> str:
    if door is not None:
        return f"its door has been open for {span_words(door.open_for)}"
    return f"{value_words(measure)} to the corridor, must be {bound_words(measure.low, measure.high)}"


def _number(reading: Reading | None) -> float | None:
    if reading is None or isinstance(reading.value, bool | str):
        return None
    return float(reading.value)


# ---------------------------------------------------------------- words


def value_words(measure: Measure) -> str:
    """A value as a person reads it: "22.4 °C", "4.1 changes/h", "−0.4 Pa"; number and unit do not part."""
    value = measure.value
    if value is None:
        return "unknown"
    metric = METRICS[measure.metric]
    unit = "changes/h" if measure.metric == "air_changes" else metric.shown
    return f"{_plain(value, metric.digits)}\u00a0{unit}".rstrip()


def limit_words(low: float | None, high: float | None) -> str:
    """A range as a person reads it; "" when it is open on both sides."""
    if low is not None and high is not None:
        return f"normal {_plain(low)}–{_plain(high)}" if low >= 0 else f"normal {_plain(low)} to {_plain(high)}"
    if low is not None:
        return f"at least {_plain(low)}"
    return f"at most {_plain(high)}" if high is not None else ""


def bound_words(low: float | None, high: float | None) -> str:
    """What a pressure must be: "−2.5 Pa or lower", "2.5 Pa or higher", "between −7.5 and −2.5 Pa"."""
    if low is not None and high is not None:
        return f"between {_plain(low)} and {_plain(high)}\u00a0Pa"
    return f"{_plain(high)}\u00a0Pa or lower" if high is not None else f"{_plain(low or 0.0)}\u00a0Pa or higher"


def span_words(span: timedelta) -> str:
    """A length of time: "40 s", "9 min", "72 min", "2 h", "30 h", "3 d"."""
    seconds = int(span.total_seconds())
    for unit, size, start in (("d", 86400, 172_800), ("h", 3600, 7200), ("min", 60, 60)):
        if seconds >= start:
            return f"{seconds // size}\u00a0{unit}"
    return f"{max(0, seconds)}\u00a0s"


def _plain(value: float, digits: int | None = None) -> str:
    text = f"{value:,.{digits}f}" if digits is not None else f"{value:,g}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.replace("-", "")
