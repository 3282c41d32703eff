"""A number that does not change any more though its device goes on talking: the sensor is dead, not the room.

Document: docs/rules.md, "Kinds". Silence is another rule's.
"""

from datetime import timedelta
from typing import Any

from pydantic import Field

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Measured, Terms

PROVEN = False

_ROUNDED = 1e-9
_GAPS = 4
"""A gap of more than a fourth of the time starts it anew: nobody knows what the number did."""


class Config(Terms):
    """Within so much for a time."""

    metric: Measured = Field(..., description="What is judged; vitals never are.")
    after: Duration = Field(timedelta(hours=6), description="Raised when it has not changed for so long …")
    within: float = Field(0.0, ge=0, description="… by more than this.")
    title: str = Field("{metric} of {asset} in {room} has been {value} for {held}", description="Of the alarm.")


class Stuck(Delayed):
    """The rule. It knows the lowest and the highest since the number last moved."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, config.metric)
        self.config = config
        self._after = round(config.after.total_seconds() * 1000)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the value alone tells
        """Silent for long, or moved: it begins anew."""
        value, now = reading.value, ms_of(reading.at)
        if isinstance(value, bool | str):
            return None
        low, high = min(value, own.get("low", value)), max(value, own.get("high", value))
        moved = high - low > self.config.within + _ROUNDED
        gap = (now - own.get("last", now)) * _GAPS > self._after
        if moved or gap or "since" not in own:
            low = high = value
            own["since"] = now
        own["low"], own["high"], own["last"] = low, high, now
        still = timedelta(milliseconds=now - own["since"])
        return Look(still >= self.config.after, moved, value, since=reading.at - still)

    def when(self) -> str:
        """Not changed by so much for so long."""
        by = f" by more than {words.value_words(self.metric, self.config.within)}" if self.config.within else ""
        return f"{METRICS[self.metric].label} has not changed{by} in {words.duration(self.config.after)}"

    def usual(self) -> str:
        """It moves."""
        return f"changes within {words.duration(self.config.after)}"


def build(config: Config) -> Stuck:
    """The rule of a configuration."""
    return Stuck(config)
