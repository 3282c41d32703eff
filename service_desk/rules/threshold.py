"""A value beyond a limit for a time, with hysteresis and delays (ANSI/ISA-18.2-2009).

ISA-18.2, 16.5 (alarm deadbands, on-delay and off-delay): `clear` is the deadband's far side, `for` the on-delay,
`keep_for` the off-delay. Both delays hold though nothing is heard: a door that stays open says so once.
"""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from string import Formatter
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from collector.clock import from_a_wrong_clock
from collector.metrics import METRICS, is_vital
from collector.reading import Reading, Value
from service_desk import words
from service_desk.ports import Facts, Point, State, Subject, Verdict

PROVEN = True

MOST_POINTS = 120
"""So many triggering points are kept; beyond it every second one is let go."""

_FIELDS = {"asset", "number", "room", "room_name", "value", "device", "normal", "held"}

Duration = Annotated[timedelta, BeforeValidator(words.duration_of)]


def _judgeable(metric: str) -> str:
    if is_vital(metric):
        raise ValueError(
            f"{metric} is a vital and never judged: Wardkeeper is not a patient monitor. "
            "Judge the device's own technical_alarm, battery or sensor_fault instead"
        )
    if metric not in METRICS:
        near = get_close_matches(metric, METRICS, n=1)
        raise ValueError(f"{metric!r} is not a metric" + (f"; did you mean {near[0]}?" if near else ""))
    return metric


class Scope(BaseModel):
    """Whom a rule judges: every condition given must hold, by one of its entries. Empty: all that give the metric."""

    model_config = ConfigDict(extra="forbid", strict=True)

    devices: list[str] = Field([], description="Native ids.")
    categories: list[str] = Field([], description="Categories of assets.")
    room_types: list[str] = Field([], description="As in `config/room_profiles.yaml`.")
    departments: list[str] = Field([], description="Departments of assets.")
    rooms: list[str] = Field([], description="Numbers of rooms.")
    use: list[Literal["idle", "in_use", "claimed"]] = Field([], description="How the asset is used.")

    def holds(self, subject: Subject) -> bool:
        """Whether the subject is in scope."""
        return (
            (not self.devices or subject.device in self.devices)
            and (not self.categories or subject.category in self.categories)
            and (not self.room_types or subject.room_type in self.room_types)
            and (not self.departments or subject.department in self.departments)
            and (not self.rooms or subject.room in self.rooms)
            and (not self.use or subject.use in self.use)
        )


class Config(BaseModel):
    """Limits in the metric's own unit. `clear` is the bound to pass on the way back ([low, high] with two limits)."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    metric: Annotated[str, AfterValidator(_judgeable)] = Field(..., description="What is judged; vitals never are.")
    above: float | None = Field(None, description="Raised above it.")
    below: float | None = Field(None, description="Raised below it.")
    equals: bool | str | None = Field(None, description="Raised when it is this; for what is true, false or text.")
    clear: float | list[float] | None = Field(
        None, description="How far it must come back; [low, high] with two limits."
    )
    for_: Duration = Field(default=timedelta(0), alias="for", description="So long it must be beyond the limit.")
    keep_for: Duration = Field(timedelta(0), description="So long it must be back.")
    scope: Scope = Field(Scope(), description="Whom it judges.")
    priority: Literal["high", "medium", "low"] = Field("medium", description="Of the alarm.")
    title: str = Field(
        "{asset} in {room} is at {value}",
        description="Of the alarm: {asset} {number} {room} {room_name} {device} {value} {normal} {held}.",
    )
    incident: str = Field("", description="Of the incident; the title when empty.")
    normal: str = Field("", description="What is normal, in words; made from the limits when empty.")
    latch: bool = Field(False, description="Whether a person must reset it.")

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        for check in (_limit_error, _clear_error):
            if why := check(self):
                raise ValueError(why)
        for template in (self.title, self.incident):
            for _, name, form, conversion in Formatter().parse(template):
                if name is not None and name not in _FIELDS:
                    raise ValueError(f"{{{name}}} is not known in a title; there are {', '.join(sorted(_FIELDS))}")
                if form or conversion:  # would fail, or fill the memory, when the alarm is raised
                    raise ValueError(f"{{{name}}} stands alone in a title, without ! or :")
        return self


def _limit_error(config: Config) -> str:
    numeric = METRICS[config.metric].kind is float
    limits = config.above is not None or config.below is not None
    if limits == (config.equals is not None):
        return "give above and/or below, or equals"
    if limits != numeric:
        return f"{config.metric} is {'a number: give above or below' if numeric else 'not a number: give equals'}"
    if config.equals is not None and not isinstance(config.equals, METRICS[config.metric].kind):
        return f"{config.metric} is {METRICS[config.metric].kind.__name__}, and equals is not"
    if config.above is not None and config.below is not None and config.below >= config.above:
        return "below must be less than above: outside of them is the alarm"
    return ""


def _clear_error(config: Config) -> str:
    if config.clear is None:
        return ""
    both = config.above is not None and config.below is not None
    if config.equals is not None or isinstance(config.clear, list) != both or (both and len(config.clear) != 2):  # type: ignore[arg-type] # a list when both
        return "clear is one number with one limit, [low, high] with two, and nothing with equals"
    low, high = _bounds(config)
    if (config.above is not None and high is not None and high > config.above) or (
        config.below is not None and low is not None and low < config.below
    ):
        return "clear must lie on the normal side of the limit"
    return "clear: low must not be above high" if low is not None and high is not None and low > high else ""


def _bounds(config: Config) -> tuple[float | None, float | None]:
    """Between which values a value counts as back."""
    if isinstance(config.clear, list):
        return config.clear[0], config.clear[1]
    if config.clear is None:
        return config.below, config.above
    return (config.clear, None) if config.below is not None else (None, config.clear)


class _Memory(msgspec.Struct, omit_defaults=True):
    """One subject: `since` when the present phase began, `onset` when the condition did."""

    at: datetime
    value: Value
    phase: Literal["normal", "pending", "active", "returning"] = "normal"
    since: datetime | None = None
    onset: datetime | None = None
    due: datetime | None = None
    points: list[Point] = []


class Threshold:
    """The rule: normal -> pending -> active -> returning -> normal."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.metric = config.metric
        self.priority: str = config.priority
        self.latch = config.latch
        self._low, self._high = _bounds(config)

    def concerns(self, subject: Subject) -> bool:
        """Whether the rule judges this subject at all."""
        return self.config.scope.holds(subject)

    def due(self, state: State) -> datetime | None:
        """When a delay ends."""
        due = state.get("due")
        return datetime.fromisoformat(due) if due else None

    def active(self, state: State) -> bool:
        """Whether this state has raised and not yet cleared."""
        return state.get("phase") in ("active", "returning")

    def judge(self, state: State | None, facts: Facts, now: datetime) -> tuple[State, Verdict | None]:
        """A reading not newer than the last one is history; so is one whose value is of another kind."""
        reading = facts.reading
        memory = msgspec.convert(state, _Memory) if state else None
        if memory and reading and from_a_wrong_clock(memory.at, reading.received):
            memory = _anew(memory, reading)
        if reading is None:
            verdict = self._time_passed(memory, now) if memory else None
        elif (memory and reading.at <= memory.at) or not self._fits(reading.value):
            verdict, memory = None, None
        else:
            memory = memory or _Memory(reading.at, reading.value)
            memory.at, memory.value = reading.at, reading.value
            verdict = self._heard(memory, reading)
        if memory is None or (reading is None and verdict is None):
            return state or {}, None
        new: dict[str, Any] = msgspec.to_builtins(memory)
        return new, verdict

    def _fits(self, value: Value) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number if self.config.equals is None else type(value) is type(self.config.equals)

    def _out(self, value: Value) -> bool:
        if self.config.equals is not None or isinstance(value, bool | str):
            return value == self.config.equals
        above, below = self.config.above, self.config.below
        return (above is not None and value > above) or (below is not None and value < below)

    def _back(self, value: Value) -> bool:
        if self.config.equals is not None or isinstance(value, bool | str):
            return value != self.config.equals
        return (self._high is None or value <= self._high) and (self._low is None or value >= self._low)

    def _heard(self, memory: _Memory, reading: Reading) -> Verdict | None:
        out, back = self._out(reading.value), self._back(reading.value)
        if memory.phase in ("normal", "pending"):
            if not out:
                _enter(memory, "normal")
                memory.onset = None
                return None
            if memory.phase == "normal":
                _enter(memory, "pending", reading.at, reading.received + self.config.for_)
                memory.onset = reading.at
            _remember(memory.points, (_ms(reading.at), reading.value))
            return self._raise(memory, reading.at) if reading.at - _known(memory.onset) >= self.config.for_ else None
        if not back or out:
            _enter(memory, "active", memory.onset)
            return None
        if memory.phase == "active":
            _enter(memory, "returning", reading.at, reading.received + self.config.keep_for)
        return self._clear(memory, reading.at) if reading.at - _known(memory.since) >= self.config.keep_for else None

    def _time_passed(self, memory: _Memory, now: datetime) -> Verdict | None:
        if memory.due is None or now < memory.due:
            return None
        if memory.phase == "pending":
            return self._raise(memory, memory.due)
        return self._clear(memory, memory.due)

    def _raise(self, memory: _Memory, at: datetime) -> Verdict:
        onset, points = _known(memory.onset), tuple(memory.points)
        _enter(memory, "active", onset)
        return Verdict(True, at, onset, memory.value, points, self.config.below, self.config.above)

    def _clear(self, memory: _Memory, at: datetime) -> Verdict:
        since = _known(memory.since)
        _enter(memory, "normal")
        memory.onset = None
        return Verdict(False, at, since, memory.value, (), self.config.below, self.config.above)

    def title(self, subject: Subject, verdict: Verdict) -> str:
        """The alarm in a person's words."""
        return self._fill(self.config.title, subject, verdict)

    def headline(self, subject: Subject, verdict: Verdict) -> str:
        """The incident in a person's words."""
        return self._fill(self.config.incident or self.config.title, subject, verdict)

    def _fill(self, template: str, subject: Subject, verdict: Verdict) -> str:
        filled = template.format(
            asset=subject.asset or subject.device_name or subject.device,
            number=subject.number,
            room=subject.room or "an unknown room",
            room_name=subject.room_name,
            device=subject.device_name or subject.device,
            value=words.value_words(self.metric, verdict.value),
            normal=self.normal(),
            held=words.duration(verdict.at - verdict.since),
        )
        return filled[:1].upper() + filled[1:]

    def normal(self) -> str:
        """What is normal, in words."""
        if self.config.normal:
            return self.config.normal
        if self.config.equals is None:
            return words.limits_words(self.metric, self.config.below, self.config.above)
        if self.config.for_:
            return f"at most {words.duration(self.config.for_)}"
        return f"not {words.value_words(self.metric, self.config.equals)}"


def _anew(memory: _Memory, reading: Reading) -> _Memory:
    """The clock was set back: what was said by the wrong one tells nothing but whether there is an alarm."""
    active = memory.phase in ("active", "returning")
    before = reading.at - timedelta(milliseconds=1)
    return _Memory(before, memory.value, "active", before, before) if active else _Memory(before, memory.value)


def _known(moment: datetime | None) -> datetime:
    return moment or datetime.min.replace(tzinfo=UTC)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _enter(memory: _Memory, phase: Any, since: datetime | None = None, due: datetime | None = None) -> None:  # noqa: ANN401 - a Literal of _Memory
    if phase != memory.phase or phase == "normal":
        memory.points = []
    memory.phase, memory.since, memory.due = phase, since, due


def _remember(points: list[Point], point: Point) -> None:
    points.append(point)
    if len(points) > MOST_POINTS:
        del points[1:-1:2]


def build(config: Config) -> Threshold:
    """The rule of a configuration."""
    return Threshold(config)
