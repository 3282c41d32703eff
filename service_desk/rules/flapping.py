"""A state that changes, or a number that crosses a level, too often.

Document: ANSI/ISA-18.2-2009, 16.5, of chattering; here it is what chatters that is the alarm: a relay, a link, a door.
"""

from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Reading, Value
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Judged, Terms

PROVEN = False


class Config(Terms):
    """So many changes within a time; of a number, crossings of a level."""

    metric: Judged = Field(..., description="What is judged; vitals never are.")
    changes: int = Field(6, ge=2, le=100, description="Raised at so many changes …")
    within: Duration = Field(timedelta(minutes=10), description="… within this time; cleared when there are fewer.")
    level: float | None = Field(None, description="Of a number: crossing this is a change.")
    band: float = Field(0.0, ge=0, description="It has crossed the level only when it is so far beyond it.")
    title: str = Field("{metric} of {asset} in {room} changes to and fro: {value}", description="Of the alarm.")

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        numeric = METRICS[self.metric].kind is float
        if numeric != (self.level is not None):
            why = "a number: give a level" if numeric else "no number: it has no level"
            raise ValueError(f"{self.metric} is {why}")
        return self


class Flapping(Delayed):
    """The rule. It clears by itself when nothing more is said: what flapped may be dead."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, config.metric)
        self.config = config
        self._within = round(config.within.total_seconds() * 1000)
        self._told = f"{config.changes} times in {words.duration(config.within)}"

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the value alone tells
        """The times of the last changes tell it."""
        state = self._state(reading.value)
        times, now = own.setdefault("times", []), ms_of(reading.at)
        if state is not None:
            if own.get("is", state) != state:
                times.append(now)
                del times[: -self.config.changes]
            own["is"] = state
        left = timedelta(milliseconds=times[0] + self._within - now) if len(times) == self.config.changes else None
        out = left is not None and left >= timedelta(0)
        until = reading.received + left if left is not None and out else None
        return Look(out, not out, self._told, point=reading.value, until=until)

    def _state(self, value: Value) -> bool | str | None:
        """None within the band."""
        level, band = self.config.level, self.config.band
        if level is None or isinstance(value, bool | str):
            return value if isinstance(value, bool | str) else None
        return None if abs(value - level) <= band else value > level

    def when(self) -> str:
        """What changes how often."""
        level, label = self.config.level, METRICS[self.metric].label
        if level is None:
            return f"{label} changes {self._told}"
        return f"{label} crosses {words.value_words(self.metric, level)} {self._told}"

    def usual(self) -> str:
        """Fewer."""
        return f"fewer than {self._told}"


def build(config: Config) -> Flapping:
    """The rule of a configuration."""
    return Flapping(config)
