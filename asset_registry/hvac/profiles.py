"""What a room's air must be: shipped profiles by room type, and what site, floor and room say otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from collector.errors import ConfigError

JUDGED = ("differential_pressure", "air_changes", "temperature", "humidity", "co2", "pm25", "pm10")
"""The metrics a profile may have a range for, the most telling first."""

TELL: Mapping[str, tuple[str, ...]] = {
    "pressure lost": ("facilities", "ward", "infection prevention"),
    "door held open": ("ward",),
    "out of range": ("facilities",),
    "not heard": ("facilities",),
}
"""Who is told of what, unless the house says otherwise."""

_WORDS = ("label", "source", "standard", "edition", "reference", "anteroom")
_KNOWN = (*_WORDS, "protects", "modes", *JUDGED)


@dataclass(frozen=True)
class Range:
    """At least `low` and at most `high`; None is open."""

    low: float | None
    high: float | None

    def holds(self, value: float) -> bool:
        """Whether the value is inside; the limits belong to it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Mode:
    """Another way to run a room: `ranges` that hold instead, or with None are not judged meanwhile.

    `setpoint`: the temperature must be what a person has set.
    """

    ranges: Mapping[str, Range | None] = field(default_factory=dict)
    protects: bool | None = None
    setpoint: bool = False


@dataclass(frozen=True)
class Profile:
    """What a room must have, and who says so. `protects`: its pressure protects somebody.

    `zones` are the HVAC zones that the room lies in, as drawn; `reference` is the space that the pressure is measured
    against; the `edition` is the standard's, the `design_year` the room's.
    """

    room_type: str
    label: str = ""
    source: str = ""
    standard: str = ""
    edition: str = ""
    design_year: int | None = None
    reference: str = "the corridor"
    anteroom: str = ""
    doors: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    mode: str = ""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    protects: bool = False
    ranges: Mapping[str, Range] = field(default_factory=dict)
    volume_m3: float | None = None
    door_grace_s: float = 60.0
    pressure_after_s: float = 180.0
    mixing_factor: float = 3.0
    tell: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: TELL)

    @property
    def standard_words(self) -> str:
        """The standard with its edition, and the room's year: "ASHRAE 170-2008, room of 2014"."""
        named = f"{self.standard}-{self.edition}" if self.standard and self.edition else self.standard
        built = f"room of {self.design_year}" if self.design_year else ""
        return ", ".join(part for part in (named, built) if part)


def _limits(pair: tuple[float | None, float | None] | None) -> tuple[float | None, float | None] | None:
    if pair is not None and (why := _wrong(*pair)):
        raise ValueError(why)
    return pair


def _metrics(ranges: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(ranges) - set(JUDGED):
        raise ValueError(f"unknown {', '.join(sorted(unknown))}; known are {', '.join(JUDGED)}")
    return ranges


def _kinds(tell: dict[str, list[str]]) -> dict[str, list[str]]:
    if unknown := set(tell) - set(TELL):
        raise ValueError(f"unknown {', '.join(sorted(unknown))}; known are {', '.join(TELL)}")
    return tell


Limits = Annotated[tuple[float | None, float | None] | None, AfterValidator(_limits)]


class AirSettings(BaseModel):
    """What a site, building, floor or room says of its air; what it leaves out is as its surroundings have it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    profile: str | None = Field(None, max_length=80, description="Another profile than that of the room's type.")
    mode: str | None = Field(None, max_length=80, description='A mode of the profile ("isolation off"); "": none.')
    standard: str | None = Field(None, max_length=80, description='The standard it was designed to ("HTM 03-01").')
    edition: str | None = Field(None, max_length=40, description="The standard's edition.")
    design_year: int | None = Field(None, ge=1850, le=2200, description="When the room was designed.")
    source: str | None = Field(None, max_length=300, description="Where figures of one's own come from.")
    reference: str | None = Field(None, max_length=80, description="The space the pressure is measured against.")
    anteroom: str | None = Field(None, max_length=80, description="The number of the room's anteroom.")
    doors: list[str] | None = Field(None, max_length=20, description="The door contacts that count; all when empty.")
    volume_m3: float | None = Field(None, gt=0, description="For air changes out of an air flow.")
    height_m: float | None = Field(None, gt=0, le=50, description="Instead of the volume, where the plan has the room.")
    door_grace_s: float | None = Field(None, ge=0, le=3600, description="An open door pauses judging so long (60).")
    pressure_after_s: float | None = Field(None, ge=0, le=86_400, description="So long lost, doors closed (180).")
    mixing_factor: float | None = Field(None, ge=1, le=10, description="1 is perfect mixing (3).")
    setpoint_c: float | None = Field(None, ge=-50, le=60, description="The temperature that a person has set.")
    tolerance_c: float | None = Field(None, gt=0, le=20, description="Around the set temperature (1).")
    ranges: Annotated[dict[str, Limits], AfterValidator(_metrics)] = Field(
        default_factory=dict, description="[at least, at most] by metric; null: not judged."
    )
    tell: Annotated[dict[str, list[str]], AfterValidator(_kinds)] = Field(
        default_factory=dict, description='Who is told, by kind ("door held open").'
    )
    types: dict[str, "AirSettings"] = Field(
        default_factory=dict, description="The same, for all rooms of a type in this place."
    )

    @model_validator(mode="after")
    def _types_are_flat(self) -> "AirSettings":
        if any(each.types for each in self.types.values()):
            raise ValueError("types stand only on the first level")
        return self


Said = Mapping[str, Any]
"""What `AirSettings` says, without what it leaves out."""


def profile_of(
    profiles: Mapping[str, Profile], room_type: str, said: Iterable[Said] = (), area_m2: float | None = None
) -> Profile:
    """The profile that holds for a room: `said` from the site inwards; the innermost wins. Pure."""
    told = _merged(room_type, said)
    known = profiles.get(told.get("profile") or room_type) or Profile(room_type)
    own = {name: told[name] for name in _PLAIN if told.get(name) is not None}
    own |= {name: tuple(told[name]) for name in ("doors",) if told.get(name) is not None}
    if "volume_m3" not in own and told.get("height_m") and area_m2:
        own["volume_m3"] = told["height_m"] * area_m2
    ranges: dict[str, Range | None] = {**known.ranges, **_ranges(told.get("ranges", {}))}
    protects, mode = known.protects, known.modes.get(told.get("mode") or "")
    if mode is not None:
        own["mode"] = told["mode"]
        protects = protects if mode.protects is None else mode.protects
        ranges |= mode.ranges
        if mode.setpoint and (setpoint := told.get("setpoint_c")) is not None:
            around = told.get("tolerance_c") or 1.0
            ranges["temperature"] = Range(setpoint - around, setpoint + around)
    tell = {**TELL, **{kind: tuple(whom) for kind, whom in told.get("tell", {}).items()}}
    kept = {metric: wanted for metric, wanted in ranges.items() if wanted is not None}
    return replace(known, room_type=room_type, ranges=kept, protects=protects, tell=tell, **own)


_PLAIN = (
    "source", "standard", "edition", "design_year", "reference", "anteroom",
    "volume_m3", "door_grace_s", "pressure_after_s", "mixing_factor",
)  # fmt: skip


def _merged(room_type: str, said: Iterable[Said]) -> dict[str, Any]:
    """One after the other; `ranges` and `tell` name by name. What a place says of a type counts after the rest."""
    told: dict[str, Any] = {"ranges": {}, "tell": {}}
    for each in said:
        for part in (each, each.get("types", {}).get(room_type, {})):
            for name, value in part.items():
                if name in ("ranges", "tell"):
                    told[name] = {**told[name], **value}
                elif name != "types":
                    told[name] = value
    return told


def _ranges(given: Mapping[str, Any]) -> dict[str, Range | None]:
    return {metric: None if pair is None else Range(*pair) for metric, pair in given.items()}


# ---------------------------------------------------------------- the shipped file


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
    if unknown := set(row) - set(_KNOWN):
        known = ", ".join(_KNOWN)
        raise ConfigError(f"{path}: {name}: unknown {', '.join(sorted(map(str, unknown)))}; known are {known}")
    if not row.get("source"):
        raise ConfigError(f"{path}: {name}: source: say where the figures come from")
    ranges = {metric: range_of(f"{path}: {name}: {metric}", row[metric]) for metric in JUDGED if metric in row}
    modes = {
        str(mode): _mode(f"{path}: {name}: modes: {mode}", given) for mode, given in (row.get("modes") or {}).items()
    }
    said: dict[str, Any] = {"label": name, **{word: str(row[word]) for word in _WORDS if row.get(word)}}
    return Profile(name, protects=row.get("protects") is True, ranges=ranges, modes=modes, **said)


def _mode(where: str, given: object) -> Mode:
    if not isinstance(given, dict) or (unknown := set(given) - {"protects", "setpoint", *JUDGED}):
        wrong = f"unknown {', '.join(sorted(map(str, unknown)))}" if isinstance(given, dict) else "must be a mapping"
        raise ConfigError(f"{where}: {wrong}; known are protects, setpoint, {', '.join(JUDGED)}")
    ranges = {
        metric: None if given[metric] is None else range_of(f"{where}: {metric}", given[metric])
        for metric in JUDGED
        if metric in given
    }
    return Mode(ranges, given.get("protects"), given.get("setpoint") is True)


def range_of(where: str, pair: Any) -> Range:  # noqa: ANN401 - whatever YAML gave
    """The range that a file writes as [at least, at most]. Raises ConfigError that begins with `where`."""
    sides = pair if isinstance(pair, list) and len(pair) == 2 else [None, None]
    if not all(side is None or (isinstance(side, int | float) and not isinstance(side, bool)) for side in sides):
        raise ConfigError(f"{where}: a range is [at least, at most] in numbers")
    low, high = (None if side is None else float(side) for side in sides)
    if why := _wrong(low, high):
        raise ConfigError(f"{where}: {why}")
    return Range(low, high)


def _wrong(low: float | None, high: float | None) -> str:
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        return "a range is [at least, at most] with at least one side, the lower one first"
    return ""
