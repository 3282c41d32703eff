"""How a room's air is, as values: what was heard, each measure against its range, the door, whom it concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from asset_registry.hvac.profiles import Profile
from asset_registry.hvac.words import limit_words
from collector.reading import Quality, Reading

INTERVAL_S = 60.0
"""How often a room's sensor is expected to speak when its device does not say."""

DOOR_INTERVAL_S = 3600.0
"""The same for a door contact, which speaks when its door moves, and else once in a while."""

OLD_INTERVALS = 3

State = Literal["ok", "out", "paused", "old", "none"]
Worst = Literal["high", "medium", ""]


@dataclass(frozen=True)
class Heard:
    """What is known of a room: the newest `readings` by metric, the seconds between readings by device.

    `since`: from when on a metric is out of its range without a break, and from when on the door is as it is.
    `seen`: when a device last spoke of anything; a door contact speaks of its door only when that moves.
    """

    readings: Mapping[str, Reading]
    intervals: Mapping[str, float] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    seen: Mapping[str, datetime] = field(default_factory=dict)
    zone: tzinfo = UTC

    def fresh(self, reading: Reading | None, now: datetime) -> bool:
        """Whether the value was said within three of its device's intervals, and is meant."""
        if reading is None or reading.quality is Quality.BAD:
            return False
        return now - reading.at <= timedelta(seconds=OLD_INTERVALS * self.intervals.get(reading.device, INTERVAL_S))

    def alive(self, door: Reading, now: datetime) -> bool:
        """Whether a door contact has said anything within three of its intervals."""
        spoken = max(door.at, self.seen.get(door.device, door.at))
        allowed = timedelta(seconds=OLD_INTERVALS * self.intervals.get(door.device, DOOR_INTERVAL_S))
        return door.quality is not Quality.BAD and now - spoken <= allowed


@dataclass(frozen=True)
class Door:
    """The room's door: `open` is None when nobody has heard it for long. `since`: in that state at least so long."""

    open: bool | None
    since: datetime
    held: bool = False

    @property
    def words(self) -> str:
        """As the end of a sentence: "door closed"."""
        return {True: "door open", False: "door closed", None: "door not heard"}[self.open]


@dataclass(frozen=True)
class Measure:
    """One metric of a room against its range.

    `none`: never heard; `old`: not heard for three intervals; `paused`: not judged while the door is open.
    """

    metric: str
    reading: Reading | None
    low: float | None
    high: float | None
    state: State
    since: datetime | None = None
    note: str = ""

    @property
    def value(self) -> float | None:
        """The value as a number, when there is one."""
        return number_of(self.reading)

    @property
    def limit_words(self) -> str:
        """The range in words: "normal 21–24", "at least 4", "at most −2.5"."""
        return limit_words(self.low, self.high)


@dataclass(frozen=True)
class Notice:
    """What somebody must hear of a room: its kind, from when on it holds, and whom it concerns."""

    kind: str
    since: datetime | None
    priority: Worst
    tell: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class RoomStatus:
    """`worst` is the priority of what is out of range ("" nothing); `state` says also when nothing is heard."""

    worst: Worst
    state: State
    measures: list[Measure]
    sentence: str
    profile: Profile
    door: Door | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def source(self) -> str:
        """Where the limits come from."""
        return self.profile.source

    def measure(self, metric: str) -> Measure | None:
        """The measure of one metric."""
        return next((measure for measure in self.measures if measure.metric == metric), None)


def number_of(reading: Reading | None) -> float | None:
    """The reading's value when it is a number."""
    if reading is None or isinstance(reading.value, bool | str):
        return None
    return float(reading.value)


def judged(measures: Sequence[Measure]) -> list[Measure]:
    """Those that have a range; all of them where no range is set."""
    return [m for m in measures if m.low is not None or m.high is not None] or list(measures)
