"""The broker throws messages away: somebody is too slow, or a queue is too short.

Document: mosquitto(8), "Broker status", https://mosquitto.org/man/mosquitto-8.html, `publish/messages/dropped`, a
counter that `mqtt.mosquitto` reads as `broker_dropped`. It says it only when it has changed.
"""

from datetime import timedelta
from typing import Any

from pydantic import Field

from collector.points import ms_of
from collector.reading import Reading
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Terms
from service_desk.words import duration, number

PROVEN = False

_MOST = 30
"""Rises that are kept; beyond them two that follow are one."""


class Config(Terms):
    """More than so many messages within a time."""

    more_than: int = Field(0, ge=0, description="Raised when more messages than this were dropped …")
    within: Duration = Field(timedelta(minutes=5), description="… within this time; cleared when they were fewer.")
    title: str = Field("The broker of {device} dropped {value}", description="Of the alarm.")


class Broker(Delayed):
    """The rule. A counter that is lower than before has begun anew."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, "broker_dropped")
        self.config = config
        self._within = round(config.within.total_seconds() * 1000)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the counter alone tells
        """The first word is where counting begins."""
        total, now = reading.value, ms_of(reading.at)
        if isinstance(total, bool | str):
            return None
        last, rises = own.get("total", total), own.setdefault("rises", [])
        own["total"] = total
        rises[:] = [rise for rise in rises if rise[0] > now - self._within]
        if total != last:
            rises.append([now, total - last if total > last else total])
        if len(rises) > _MOST:
            rises[:2] = [[rises[1][0], rises[0][1] + rises[1][1]]]
        dropped = sum(count for _, count in rises)
        out = dropped > self.config.more_than
        until = (
            reading.received + timedelta(milliseconds=self._last_needed(rises) + self._within - now) if out else None
        )
        return Look(out, not out, f"{number(self.metric, dropped)} messages", point=total, until=until)

    def _last_needed(self, rises: list[list[float]]) -> float:
        """When the rise was without which there are not too many any more."""
        since = 0.0
        for at, count in reversed(rises):
            since += count
            if since > self.config.more_than:
                return at
        return rises[0][0]

    def when(self) -> str:
        """How many."""
        return f"The broker drops more than {self.config.more_than} messages in {duration(self.config.within)}"

    def usual(self) -> str:
        """At most so many."""
        return f"at most {self.config.more_than} in {duration(self.config.within)}"


def build(config: Config) -> Broker:
    """The rule of a configuration."""
    return Broker(config)
