"""A number drifts away from its twin beside it, or from its own past.

Document: docs/rules.md, "Kinds". Two probes of one fridge that part, a sensor that ages.
"""

from datetime import timedelta
from statistics import median
from typing import Any, Literal

from pydantic import Field, model_validator

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import About, Subject
from service_desk.rule_terms import Duration, Measured, Terms

PROVEN = False

_HOUR = 3_600_000
_TWINS = 8
"""Devices of one asset or room that are compared; of more those heard last."""
_LEAST_DAYS = 3


class Config(Terms):
    """More than so much from its twin in the same asset or room, or from its own mean at the same hour of the day."""

    metric: Measured = Field(..., description="What is judged; vitals never are.")
    more_than: float = Field(..., gt=0, description="Raised when they are further apart than this.")
    against: Literal["twin", "history"] = Field("twin", description="Its twin, or its own past.")
    about: Literal["asset", "room"] = Field("room", description="Where a twin is looked for.")
    stale: Duration = Field(timedelta(minutes=30), description="A twin that was last heard longer ago does not count.")
    days: int = Field(
        7, ge=_LEAST_DAYS, le=28, description="Of its own past so many days count; with less than 3 nobody knows."
    )
    for_: Duration = Field(timedelta(hours=1), alias="for", description="So long they must be apart.")
    title: str = Field("", description='Of the alarm; "{metric} in {room}: {value}".')

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        if self.stale < timedelta(minutes=1):
            raise ValueError("stale is at least 60 s")
        return self


class Drift(Delayed):
    """The rule. Of twins it keeps the newest of each, of the past the mean of every hour of the day."""

    each = True

    def __init__(self, config: Config) -> None:
        super().__init__(config, config.metric)
        self.config = config
        self._twins = config.against == "twin"
        self.about: About = config.about if self._twins else "device"

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the value alone tells
        """A value of another kind means nothing."""
        value = reading.value
        if isinstance(value, bool | str):
            return None
        compared = self._beside if self._twins else self._before
        return compared(own, reading.device, ms_of(reading.at), value)

    def _beside(self, own: dict[str, Any], device: str, now: int, value: float) -> Look | None:
        """The lowest and the highest of those that were heard lately."""
        newest = own.setdefault("newest", {})
        if newest.get(device, (now - 1,))[0] >= now:
            return None
        newest[device] = [now, value]
        if len(newest) > _TWINS:
            del newest[min(newest, key=lambda name: newest[name][0])]
        oldest = now - self.config.stale.total_seconds() * 1000
        fresh = sorted((said, name) for name, (at, said) in newest.items() if at >= oldest)
        (low, one), (high, other) = fresh[0], fresh[-1]
        if len(fresh) == 1:
            return Look(out=False, back=False, value=value)
        apart = high - low > self.config.more_than
        told = f"{self._words(high - low)} apart, {one} {self._words(low)}, {other} {self._words(high)}"
        return Look(apart, not apart, told, point=value)

    def _before(self, own: dict[str, Any], _device: str, now: int, value: float) -> Look | None:
        """The mean of the last whole hour against those of that hour on the days before."""
        hour = now // _HOUR
        if own.get("last", now - 1) >= now:
            return None
        own["last"] = now
        running = own.get("hour", [hour, 0.0, 0])
        if running[0] != hour and running[2]:
            self._close(own, *running)
            running = [hour, 0.0, 0]
        own["hour"] = [hour, running[1] + value, running[2] + 1]
        off = own.get("off")
        if off is None:
            return Look(out=False, back=False, value=value)
        drifted = abs(off) > self.config.more_than
        told = f"{self._words(abs(off))} {'above' if off > 0 else 'below'} its own past"
        return Look(drifted, not drifted, told, point=value)

    def _close(self, own: dict[str, Any], hour: int, total: float, count: int) -> None:
        """An hour has ended: it is compared, then it is past itself."""
        days = own.setdefault("days", {}).setdefault(str(hour % 24), [])
        mean = round(total / count, 3)
        own["off"] = mean - median(days) if len(days) >= _LEAST_DAYS else None
        days.append(mean)
        del days[: -self.config.days]

    def _words(self, value: float) -> str:
        return words.value_words(self.metric, value)

    def template(self, subject: Subject) -> str:  # noqa: ARG002 - of what it is about
        """Twins are of a room or of an asset, the past is of a device."""
        if self.terms.title:
            return self.terms.title
        return "{metric} in {room}: {value}" if self.about == "room" else "{metric} of {asset} in {room}: {value}"

    def when(self) -> str:
        """How far from what."""
        what = f"its twin in the {self.about}" if self._twins else "its own past"
        return f"{METRICS[self.metric].label} more than {self._words(self.config.more_than)} from {what}"

    def usual(self) -> str:
        """Closer."""
        return f"at most {self._words(self.config.more_than)} apart"


def build(config: Config) -> Drift:
    """The rule of a configuration."""
    return Drift(config)
