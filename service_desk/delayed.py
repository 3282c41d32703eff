"""What every rule does: a condition becomes an alarm after a delay, and ends after one (ANSI/ISA-18.2-2009, 16.5).

normal -> pending -> active -> returning -> normal: `for` is the on-delay, `keep_for` the off-delay. Both hold though
nothing is heard: a door that stays open says so once.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from collector.clock import from_a_wrong_clock
from collector.metrics import METRICS
from collector.reading import Reading, Value
from service_desk import words
from service_desk.ports import About, Facts, Point, State, Subject, Verdict
from service_desk.rule_terms import Terms, filled

MOST_POINTS = 120
"""So many triggering points are kept; beyond it every second one is let go."""


class Look(msgspec.Struct, frozen=True, gc=False):
    """What a reading means: beyond the limit (`out`), back to normal (`back`), or between; and the value to show.

    `since` is when the condition began if that was before, `point` what is marked in the chart where `value` is words,
    `until` when all is back though nothing more is said, `delay` the on-delay where it is not `for`.
    """

    out: bool
    back: bool
    value: Value
    since: datetime | None = None
    point: Value | None = None
    until: datetime | None = None
    delay: timedelta | None = None


class Memory(msgspec.Struct, omit_defaults=True):
    """One subject: `since` when the phase began, `onset` when the condition did; `own` is what the kind keeps."""

    at: datetime
    value: Value
    phase: Literal["normal", "pending", "active", "returning"] = "normal"
    since: datetime | None = None
    onset: datetime | None = None
    due: datetime | None = None
    until: datetime | None = None
    delay: timedelta | None = None
    points: list[Point] = []
    own: dict[str, Any] = {}


class Delayed(ABC):
    """A rule whose condition is looked at reading by reading. A kind says what a reading means (`look`)."""

    about: About = "device"
    awaits = False
    low: float | None = None
    high: float | None = None
    each = False
    """Whether every metric has its own order in time: what is heard of one says nothing of what another is late."""

    def __init__(self, terms: Terms, metric: str, hears: frozenset[str] | None = None) -> None:
        """`hears` is `metric` alone where it is not given."""
        self.terms = terms
        self._conditions = terms.scope.conditions()
        self.metric = metric
        self.hears = frozenset((metric,)) if hears is None else hears
        self.priority: str = terms.priority
        self.why = terms.why
        self.latch = terms.latch

    @abstractmethod
    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:
        """What the reading means; None: nothing, as if it had not been said. `own` may be changed."""

    @abstractmethod
    def usual(self) -> str:
        """What is normal, in words."""

    @abstractmethod
    def when(self) -> str:
        """The condition in words, without its delay: "Buffered probe above 8.0 °C"."""

    def template(self, subject: Subject) -> str:  # noqa: ARG002 - of kinds whose words depend on whom they are about
        """What the title is filled from."""
        return self.terms.title

    def concerns(self, subject: Subject) -> bool:
        """Whether the rule judges this subject at all."""
        return all(getattr(subject, name) in entries for name, entries in self._conditions)

    def due(self, state: State) -> datetime | None:
        """When a delay ends."""
        due = state.get("due")
        return datetime.fromisoformat(due) if due else None

    def active(self, state: State) -> bool:
        """Whether this state has raised and not yet cleared."""
        return state.get("phase") in ("active", "returning")

    def excused(self, state: State, missed: timedelta) -> State:  # noqa: ARG002 - of rules that await
        """The same: the rule does not await."""
        return state

    def title(self, subject: Subject, verdict: Verdict) -> str:
        """The alarm in a person's words."""
        return filled(self.template(subject), subject, verdict, self.metric, self.normal())

    def headline(self, subject: Subject, verdict: Verdict) -> str:
        """The incident in a person's words."""
        template = self.terms.incident or self.template(subject)
        return filled(template, subject, verdict, self.metric, self.normal())

    def normal(self) -> str:
        """What is normal, in words."""
        return self.terms.normal or self.usual()

    def condition(self) -> str:
        """When it alarms, in words."""
        return self.when() + (f" for {words.duration(self.terms.for_)}" if self.terms.for_ else "")

    def judge(self, state: State | None, facts: Facts, now: datetime) -> tuple[State, Verdict | None]:
        """A reading not newer than the last one is history; so is one that means nothing to the kind."""
        reading = facts.reading
        memory = msgspec.convert(state, Memory) if state else None
        if memory and reading and from_a_wrong_clock(memory.at, reading.received):
            memory = _anew(memory, reading)
        if reading is None:
            if memory is None or memory.due is None or now < memory.due:
                return state or {}, None
            verdict = self._time_passed(memory, memory.due)
        elif memory and reading.at <= memory.at and not self.each:
            return state or {}, None
        else:
            memory = memory or Memory(reading.at, reading.value)
            look = self.look(memory.own, reading, facts.subject)
            if look is None:
                return state or {}, None
            memory.at, memory.value = max(memory.at, reading.at), look.value
            verdict = self._heard(memory, reading, look)
        new: dict[str, Any] = msgspec.to_builtins(memory)
        return new, verdict

    def _heard(self, memory: Memory, reading: Reading, look: Look) -> Verdict | None:
        terms, memory.until = self.terms, look.until
        if memory.phase in ("normal", "pending"):
            if not look.out:
                _enter(memory, "normal")
                memory.onset = None
                return None
            delay = terms.for_ if look.delay is None else look.delay
            if memory.phase == "normal" or memory.delay != look.delay:
                _enter(memory, "pending", reading.at, reading.received + delay)
                memory.onset, memory.delay = look.since or reading.at, look.delay
            _remember(memory.points, (_ms(reading.at), look.value if look.point is None else look.point))
            return self._raise(memory, reading.at) if reading.at - _known(memory.since) >= delay else None
        if not look.back or look.out:
            _enter(memory, "active", memory.onset, look.until)
            return None
        if memory.phase == "active":
            _enter(memory, "returning", reading.at, reading.received + terms.keep_for)
        return self._clear(memory, reading.at) if reading.at - _known(memory.since) >= terms.keep_for else None

    def _time_passed(self, memory: Memory, due: datetime) -> Verdict | None:
        if memory.phase == "pending":
            if memory.until is None or memory.until > due:
                return self._raise(memory, due)
            _enter(memory, "normal")
            memory.onset = None
            return None
        if memory.phase == "active" and self.terms.keep_for:
            _enter(memory, "returning", due, due + self.terms.keep_for)
            return None
        if memory.phase == "active":
            memory.since = due
        return self._clear(memory, due)

    def _raise(self, memory: Memory, at: datetime) -> Verdict:
        onset, points = _known(memory.onset), tuple(memory.points)
        _enter(memory, "active", onset, memory.until)
        return Verdict(True, at, onset, memory.value, points, self.low, self.high)

    def _clear(self, memory: Memory, at: datetime) -> Verdict:
        since = _known(memory.since)
        _enter(memory, "normal")
        memory.onset = None
        return Verdict(False, at, since, memory.value, (), self.low, self.high)


class Told(Delayed):
    """A rule on what Wardkeeper derived: the sentence holds, or it is empty."""

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the sentence tells
        """A sentence."""
        said = reading.value
        return Look(bool(said), not said, said) if isinstance(said, str) else None

    def when(self) -> str:
        """What is derived."""
        return METRICS[self.metric].label


def _anew(memory: Memory, reading: Reading) -> Memory:
    """The clock was set back: what was said by the wrong one tells nothing but whether there is an alarm."""
    active = memory.phase in ("active", "returning")
    before = reading.at - timedelta(milliseconds=1)
    return Memory(before, memory.value, "active", before, before) if active else Memory(before, memory.value)


def _known(moment: datetime | None) -> datetime:
    return moment or datetime.min.replace(tzinfo=UTC)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _enter(memory: Memory, phase: Any, since: datetime | None = None, due: datetime | None = None) -> None:  # noqa: ANN401 - a Literal of Memory
    if phase != memory.phase or phase == "normal":
        memory.points = []
    memory.phase, memory.since, memory.due = phase, since, due


def _remember(points: list[Point], point: Point) -> None:
    points.append(point)
    if len(points) > MOST_POINTS:
        del points[1:-1:2]
