"""Silent though expected to talk: for a time, or for so many of a device's own intervals.

Document: docs/rules.md, "Silence". A stored pump is off, not silent (`asset_registry.talking`).
"""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from pydantic import Field, model_validator

from collector.clock import from_a_wrong_clock
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Facts, State, Subject, Verdict
from service_desk.rule_terms import Duration, Terms

PROVEN = True

_LEAST = timedelta(minutes=5)
"""Nobody is silent sooner by its own interval: a broker restarts, a gateway reboots."""
_MISSED = 5
_STEADY, _BY_A_CLOCK = 7, 4
_ALIKE, _ROUGHLY_S = 0.1, 2.0
"""An interval is believed once it was the same, within so much, so many times in a row: a sensor that talks only when
something happens has one by chance now and then, and is never overdue. By a clock counts for more: words by chance
hardly ever look so, and never twice. What it announced itself is believed at once."""
_EPISODE = timedelta(hours=1)
"""What is only going on for a while, a relay that chatters, talks by a clock too: that must last longer to count."""
_LOOK = timedelta(minutes=1)
_WORDS = 10
"""Intervals between two looks, so that each look is at other words than the one before."""


class Config(Terms):
    """`after` a time, or `missed` so many of its own intervals, 5 minutes at least."""

    missed: int | None = Field(
        None, ge=2, le=1000, description="Raised after so many of its own intervals, 5 min at least; 5 when not given."
    )
    after: Duration | None = Field(None, description="Raised after this time, whatever its interval is.")
    title: str = Field("{asset} in {room} has been silent for {held}", description="Of the alarm.")

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        if self.after is not None and self.missed is not None:
            raise ValueError("give after or missed, not both")
        if self.after is not None and self.after < _LOOK:
            raise ValueError("after: nobody is waited for less than 60 s")
        return self


class _Memory(msgspec.Struct, omit_defaults=True):
    """`heard` as of the last question; `since` the last word before the silence, or the first after it.

    `gone`: when a will said so. `away`: it was not expected to talk. `every` was so `steady` times in a row, at
    words up to `learned`.
    """

    heard: datetime
    due: datetime | None = None
    phase: Literal["normal", "active", "returning"] = "normal"
    since: datetime | None = None
    gone: datetime | None = None
    away: bool = False
    every: float | None = None
    steady: int = 0
    learned: datetime | None = None


class Silence(Delayed):
    """The rule. What it remembers of who was heard when is only brought up to date when it is asked."""

    awaits = True

    def __init__(self, config: Config) -> None:
        super().__init__(config, "available")
        self.config = config

    def concerns(self, subject: Subject) -> bool:
        """Only what belongs somewhere: nobody waits for a passer-by's telephone."""
        placed = subject.asset_id is not None or subject.place_id is not None or subject.gateway
        return placed and super().concerns(subject)

    def excused(self, state: State, missed: timedelta) -> State:
        """Until it was due the device can have spoken, and so it can while nobody listened."""
        memory = msgspec.convert(state, _Memory)
        if memory.phase != "normal" or memory.due is None:
            return state
        memory.heard = memory.due = memory.due + missed
        new: dict[str, Any] = msgspec.to_builtins(memory)
        return new

    def judge(self, state: State | None, facts: Facts, now: datetime) -> tuple[State, Verdict | None]:
        """A word, a will, or time that has passed."""
        reading, subject = facts.reading, facts.subject
        if subject is None or (reading is not None and not isinstance(reading.value, bool)):
            return state or {}, None
        moment = reading.received if reading else now
        memory = msgspec.convert(state, _Memory) if state else _Memory(facts.heard or moment)
        if from_a_wrong_clock(memory.heard, moment) and (reading or facts.heard == moment):
            memory = _Memory(moment, phase=memory.phase, since=moment)
        spoke = moment if reading and reading.value else facts.heard
        if spoke is not None and spoke > memory.heard:
            memory.heard, memory.gone = spoke, None
            _learn(memory, subject)
        if subject.pace == "announced":
            memory.every, memory.steady = subject.every_s, _STEADY
        if reading and not reading.value and memory.gone is None:
            memory.gone = moment
        verdict = self._looked_at(memory, subject, moment)
        new: dict[str, Any] = msgspec.to_builtins(memory)
        return new, verdict

    def _looked_at(self, memory: _Memory, subject: Subject, now: datetime) -> Verdict | None:
        patience = self._patience(memory)
        if memory.away or not subject.expected:  # the time in which nobody expects it counts as heard
            memory.away, memory.heard, memory.gone = not subject.expected, now, None
        elif memory.gone is not None:
            patience = timedelta(0)
        start = memory.gone or memory.heard
        until = None if patience is None else start + patience + self.terms.for_
        silent = until is not None and now >= until
        if memory.phase == "normal":
            if silent:
                memory.phase, memory.since, memory.due = "active", memory.heard, now + _LEAST
                return Verdict(True, now, memory.heard, False)
            memory.due = now + _pause(memory) if until is None else until
            return None
        if memory.phase == "active":
            memory.due = now + _LEAST
            if silent or (memory.heard <= (memory.since or now) and not memory.away):
                return None
            memory.phase, memory.since = "returning", now
        elif silent:
            memory.phase, memory.since, memory.due = "active", memory.heard, now + _LEAST
            return None
        since = memory.since or now
        memory.due = since + self.terms.keep_for
        if now < memory.due:
            return None
        memory.phase, memory.since, memory.due = "normal", None, until or now + _LEAST
        return Verdict(False, now, since, True)

    def _patience(self, memory: _Memory) -> timedelta | None:
        if self.config.after is not None:
            return self.config.after
        if memory.every is None or memory.steady < _STEADY:
            return None
        return max(_LEAST, (self.config.missed or _MISSED) * timedelta(seconds=memory.every))

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - see judge
        """Nothing: silence is not in what is said."""
        return None

    def when(self) -> str:
        """For how long."""
        after, missed = self.config.after, self.config.missed or _MISSED
        return f"Silent for {words.duration(after)}" if after else f"Silent for {missed} of its own intervals"

    def usual(self) -> str:
        """How often it should be heard."""
        after = self.config.after
        return f"heard every {words.duration(after)}" if after else "heard at its own interval"


def _learn(memory: _Memory, subject: Subject) -> None:
    """It talked, and its interval was asked for. After a start none is known for a while: the old one counts."""
    if subject.every_s is None:
        memory.steady = memory.steady if memory.steady == _STEADY else 0
        return
    every, weight = timedelta(seconds=subject.every_s), 1
    if memory.learned is not None and memory.heard - memory.learned < _WORDS / 2 * every:
        return  # mostly at the same words: it has gone silent, or is asked about more often
    if subject.pace == "even" and 2 * _WORDS * every >= _EPISODE:
        weight = _BY_A_CLOCK
    if memory.every is None or abs(subject.every_s - memory.every) > max(_ALIKE * memory.every, _ROUGHLY_S):
        memory.every, memory.steady = subject.every_s, 0
    memory.steady, memory.learned = min(memory.steady + weight, _STEADY), memory.heard


def _pause(memory: _Memory) -> timedelta:
    return _LEAST if memory.every is None else max(_LOOK, _WORDS * timedelta(seconds=memory.every))


def build(config: Config) -> Silence:
    """The rule of a configuration."""
    return Silence(config)
