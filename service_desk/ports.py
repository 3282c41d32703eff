"""The seams of the desk: what a rule judges, what it says, and what a ticket system is told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from collector.reading import Reading, Value

State = Mapping[str, Any]
"""What a rule remembers about one subject, as JSON. Only the rule that wrote it reads it."""

Point = tuple[int, Value]
"""Milliseconds since the epoch, and the value then."""


About = Literal["device", "asset", "room"]
"""Whether a rule judges each device alone, or an asset or a room by all that its devices say."""


class Subject(msgspec.Struct, frozen=True):
    """Whom a reading is about at its time, as the registry knows it. What it does not know is "" or None.

    `device` is a native id, or `asset:7` or `place:7` of a whole asset or room; `gateway` says that it is one.
    `every_s` is how often it talks; `pace` how that is known: it said so, or was heard by a clock, or neither;
    `expected` whether it should talk now: a stored pump need not. `zones` are those that its place is in.
    `priority`: what other monitoring says of it; "" leaves it to the rule. `clock` is the time zone in which people
    there tell the day.
    """

    device: str
    device_name: str = ""
    gateway: bool = False
    asset_id: int | None = None
    asset: str = ""
    number: str = ""
    category: str = ""
    department: str = ""
    use: str = ""
    condition: str = ""
    every_s: float | None = None
    pace: Literal["announced", "even", ""] = ""
    expected: bool = True
    place_id: int | None = None
    room: str = ""
    room_name: str = ""
    room_type: str = ""
    floor: str = ""
    building: str = ""
    zones: tuple[str, ...] = ()
    priority: str = ""
    clock: str = "UTC"


class Facts(msgspec.Struct, frozen=True):
    """What there is to judge: a reading, or None when only time has passed; and of whom.

    `heard`, for a rule that awaits, is when the device last said anything.
    """

    reading: Reading | None = None
    subject: Subject | None = None
    heard: datetime | None = None


class Verdict(msgspec.Struct, frozen=True):
    """An alarm is raised or cleared.

    `at` when that became true, `since` the onset of the condition, `points` those that triggered it,
    `low` and `high` the limits that hold.
    """

    raised: bool
    at: datetime
    since: datetime
    value: Value
    points: tuple[Point, ...] = ()
    low: float | None = None
    high: float | None = None


class Rule(Protocol):
    """Pure: no clock, no I/O; the same readings give the same verdicts, restart or not.

    `metric` is what its alarms are about, `hears` what it is asked about. A rule that `awaits` is asked when a device
    is heard for the first time, while it is silent, and when it is due.
    """

    metric: str
    hears: frozenset[str]
    about: About
    awaits: bool
    priority: str
    why: str
    latch: bool

    def concerns(self, subject: Subject) -> bool:
        """Whether the rule judges this subject at all."""

    def judge(self, state: State | None, facts: Facts, now: datetime) -> tuple[State, Verdict | None]:
        """The new state, and a verdict when the alarm's condition begins or ends. The same object: nothing new."""

    def due(self, state: State) -> datetime | None:
        """When the rule wants to be asked again though nothing was heard."""

    def active(self, state: State) -> bool:
        """Whether this state has raised and not yet cleared."""

    def excused(self, state: State, missed: timedelta) -> State:
        """After a restart and `missed` in which nobody listened: as if heard until now. Of a rule that awaits."""

    def title(self, subject: Subject, verdict: Verdict) -> str:
        """The alarm in a person's words."""

    def headline(self, subject: Subject, verdict: Verdict) -> str:
        """The incident in a person's words, when this alarm opens it."""

    def normal(self) -> str:
        """What is normal, in words: "2–8 °C"."""

    def condition(self) -> str:
        """When it alarms, in words: "Buffered probe above 8.0 °C for 20 s"."""


class TicketRef(msgspec.Struct, frozen=True):
    """A ticket in a ticket system: its number there, and its address when it has one."""

    number: str
    url: str = ""


class AlarmNews(msgspec.Struct, frozen=True):
    """One alarm of an incident as a ticket system is told of it: raised at `raised`, its condition began at `since`."""

    alarm_id: int
    title: str
    metric: str
    subject: str
    active: bool
    raised: datetime
    since: datetime
    cleared: datetime | None
    value: Value | None
    low: float | None
    high: float | None
    normal: str
    asset_id: int | None = None
    place_id: int | None = None


class IncidentNews(msgspec.Struct, frozen=True):
    """An incident as it stands, and why this is told now.

    `what`, at `at`, is opened, joined, cleared, returned, closed, reopened, or merged: it turned out to be a
    consequence of the incident with the key `parent`, where its alarms are now. Of `total` alarms `alarms` are the
    gravest, `fresh` those that this is about, as far as they are told.
    """

    id: int
    key: str
    what: str
    at: datetime
    title: str
    priority: str
    opened: datetime
    closed: datetime | None
    asset_id: int | None
    place_id: int | None
    alarms: tuple[AlarmNews, ...]
    total: int = 0
    fresh: tuple[AlarmNews, ...] = ()
    parent: str = ""


class TicketSink(Protocol):
    """A ticket system."""

    async def sync(self, incident: IncidentNews) -> TicketRef:
        """Make the ticket agree with the incident: create it when there is none for `incident.key`, else follow.

        Idempotent on `incident.key` and (`what`, `at`). Raises Unreachable (tried again) or Refused (dead letter).
        """
