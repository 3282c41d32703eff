"""When a battery will be empty: "empty on Friday".

Document: P. K. Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, 1968
(https://doi.org/10.1080/01621459.1968.10480934): the median of the slopes between the lowest of every six hours. A
step of 1 %, a cold night and a bad reading do not move it.
"""

from datetime import datetime, timedelta
from itertools import combinations
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from collector.points import ms_of
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Terms

PROVEN = False

_BUCKET = 6 * 3_600_000
"""Milliseconds; of each the lowest is kept."""
_DAY = timedelta(days=1)
_FALL = 3.0
"""Percent that it must have fallen: less is a step or noise."""
_CHARGED = 10.0
"""Percent that it rises when it was charged or changed: what was before tells nothing."""
_BACK = 1.25
"""It clears when it lasts so many times longer than `within`."""
_AT_ENDS = 3


class Config(Terms):
    """It will be empty within a time, as it has run down in the last days."""

    within: Duration = Field(timedelta(days=7), description="Raised when it will be empty within this time.")
    empty_at: float = Field(5.0, ge=0, lt=100, description="Percent at which it counts as empty.")
    least: Duration = Field(timedelta(days=2), description="So long it must have been watched.")
    history: Duration = Field(timedelta(days=14), description="So far back it is looked, at most 28 days.")
    title: str = Field("The battery of {asset} in {room} will be empty on {value}", description="Of the alarm.")

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        if not _DAY <= self.least < self.history <= 28 * _DAY:
            raise ValueError("least is at least 1 day, and less than history, which is at most 28 days")
        return self


class BatteryForecast(Delayed):
    """The rule. `empty` in its memory is when the line meets `empty_at`, worked out anew every six hours."""

    each = True

    def __init__(self, config: Config) -> None:
        super().__init__(config, "battery", frozenset(("battery", "charging")))
        self.config = config

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:
        """What is charged begins anew."""
        value, now = reading.value, ms_of(reading.at)
        if own.get(reading.metric, now - 1) >= now or not isinstance(value, bool | float):
            return None
        own[reading.metric] = now
        if reading.metric == "charging":
            own["on_charge"] = value
            return _anew(own, value) if value is True else Look(out=False, back=False, value=value)
        if isinstance(value, bool):
            return None
        buckets = own.setdefault("lowest", [])
        if own.get("on_charge") or (buckets and value > buckets[-1][1] + _CHARGED):
            return _anew(own, value)
        self._keep(own, buckets, now // _BUCKET, value)
        return self._forecast(own, reading.at, value, ZoneInfo(subject.clock if subject else "UTC"))

    def _keep(self, own: dict[str, Any], buckets: list[list[float]], number: int, value: float) -> None:
        if buckets and buckets[-1][0] == number:
            buckets[-1][1] = min(value, buckets[-1][1])
            return
        first = number - self.config.history.total_seconds() * 1000 // _BUCKET
        buckets[:] = [bucket for bucket in buckets if bucket[0] >= first]
        own["empty"] = self._empty(buckets)
        buckets.append([number, value])

    def _empty(self, buckets: list[list[float]]) -> float | None:
        """Milliseconds since the epoch; None when it does not run down, or nobody knows yet."""
        if len(buckets) <= _AT_ENDS or (buckets[-1][0] - buckets[0][0] + 1) * _BUCKET < _ms(self.config.least):
            return None
        first, last = (median(low for _, low in part) for part in (buckets[:_AT_ENDS], buckets[-_AT_ENDS:]))
        slope = median((later[1] - one[1]) / (later[0] - one[0]) for one, later in combinations(buckets, 2))
        if first - last < _FALL or slope >= 0:
            return None
        level = median(low - slope * number for number, low in buckets)
        return ((self.config.empty_at - level) / slope + 1) * _BUCKET  # the lowest is mostly the last

    def _forecast(self, own: dict[str, Any], now: datetime, value: float, clock: ZoneInfo) -> Look:
        empty = own.get("empty")
        if empty is None:
            return Look(out=False, back=False, value=value)
        left = timedelta(milliseconds=min(empty - ms_of(now), _ms(words.LONGEST)))
        moment = (now + max(left, timedelta(0))).astimezone(clock)
        told = f"{moment:%A}, {moment.day} {moment:%B}"
        return Look(left <= self.config.within, left > _BACK * self.config.within, told, point=value)

    def when(self) -> str:
        """When it will be empty."""
        return f"Battery empty within {words.duration(self.config.within)}"

    def usual(self) -> str:
        """It lasts."""
        return f"lasts longer than {words.duration(self.config.within)}"


def _anew(own: dict[str, Any], value: float) -> Look:
    own["lowest"], own["empty"] = [], None
    return Look(out=False, back=True, value=value)


def _ms(span: timedelta) -> float:
    return span.total_seconds() * 1000


def build(config: Config) -> BatteryForecast:
    """The rule of a configuration."""
    return BatteryForecast(config)
