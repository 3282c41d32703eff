"""A number that rises or falls too fast.

Document: docs/rules.md, "Kinds". The rate is the slope of a least-squares line through a window, or between its ends.
"""

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, model_validator

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Measured, Terms

PROVEN = False

_MOST = 24
"""Points that are kept of a window: what comes closer takes the place of the one before it."""


class Config(Terms):
    """More than so much in a time, in the metric's own unit."""

    metric: Measured = Field(..., description="What is judged; vitals never are.")
    more_than: float = Field(..., gt=0, description="Raised when it changes by more than this …")
    per: Duration = Field(timedelta(hours=1), description="… in this time.")
    direction: Literal["rising", "falling", "either"] = Field("either", description="Which way.")
    window: Duration = Field(timedelta(minutes=30), description="The rate is that of the last so long, or half of it.")
    samples: int = Field(4, ge=2, le=_MOST, description="Readings in the window, at least; with fewer nobody knows.")
    by: Literal["fit", "ends"] = Field("fit", description="A least-squares line, or the first and the last reading.")
    clear: float | None = Field(None, ge=0, description="The change to come back to; more_than when not given.")
    title: str = Field("{metric} of {asset} in {room} is {value}", description="Of the alarm.")

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        if self.clear is not None and self.clear > self.more_than:
            raise ValueError("clear must not be more than more_than")
        if min(self.per, self.window) < timedelta(seconds=1):
            raise ValueError("per and window are at least 1 s")
        return self


class Rate(Delayed):
    """The rule."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, config.metric)
        self.config = config
        self._window = round(config.window.total_seconds() * 1000)
        self._per = round(config.per.total_seconds() * 1000)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the value alone tells
        """A window that is not half full, or has too few readings, tells nothing."""
        value = reading.value
        if isinstance(value, bool | str):
            return None
        points = own.setdefault("points", [])
        self._keep(points, ms_of(reading.at), value)
        if len(points) < self.config.samples or 2 * (points[-1][0] - points[0][0]) < self._window:
            return Look(out=False, back=False, value=value)
        rate = self._per * (_slope(points) if self.config.by == "fit" else _between(points[0], points[-1]))
        size = {"rising": rate, "falling": -rate, "either": abs(rate)}[self.config.direction]
        bound = self.config.more_than if self.config.clear is None else self.config.clear
        told = f"{'rising' if rate > 0 else 'falling'} by {self._by(abs(rate))}"
        return Look(size > self.config.more_than, size <= bound, told, point=value)

    def _keep(self, points: list[list[float]], at: int, value: float) -> None:
        while points and points[0][0] < at - self._window:
            del points[0]
        close = len(points) > 1 and (points[-1][0] - points[-2][0]) * _MOST < self._window
        points[-1 if close else len(points) :] = [[at, value]]

    def _by(self, change: float) -> str:
        return f"{words.value_words(self.metric, change)} in {words.duration(self.config.per)}"

    def when(self) -> str:
        """How fast, which way."""
        way = {"rising": "rises", "falling": "falls", "either": "changes"}[self.config.direction]
        return f"{METRICS[self.metric].label} {way} by more than {self._by(self.config.more_than)}"

    def usual(self) -> str:
        """At most so fast."""
        return f"at most {self._by(self.config.more_than)}"


def _slope(points: list[list[float]]) -> float:
    """Per millisecond."""
    mid = sum(at for at, _ in points) / len(points)
    spread = sum((at - mid) ** 2 for at, _ in points)
    return sum((at - mid) * value for at, value in points) / spread


def _between(first: list[float], last: list[float]) -> float:
    return (last[1] - first[1]) / (last[0] - first[0])


def build(config: Config) -> Rate:
    """The rule of a configuration."""
    return Rate(config)
