"""A value beyond a limit for a time, with hysteresis and delays (ANSI/ISA-18.2-2009).

ISA-18.2, 16.5 (alarm deadbands): `clear` is the deadband's far side.
"""

from typing import Any

from pydantic import Field, model_validator

from collector.metrics import METRICS
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Judged, Terms

PROVEN = True


class Config(Terms):
    """Limits in the metric's own unit. `clear` is the bound to pass on the way back ([low, high] with two limits)."""

    metric: Judged = Field(..., description="What is judged; vitals never are.")
    above: float | None = Field(None, description="Raised above it.")
    below: float | None = Field(None, description="Raised below it.")
    equals: bool | str | None = Field(None, description="Raised when it is this; for what is true, false or text.")
    clear: float | list[float] | None = Field(
        None, description="How far it must come back; [low, high] with two limits."
    )

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        for check in (_limit_error, _clear_error):
            if why := check(self):
                raise ValueError(why)
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


class Threshold(Delayed):
    """The rule."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, config.metric)
        self.config = config
        self.low, self.high = config.below, config.above
        self._back_from, self._back_to = _bounds(config)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the value alone tells
        """A value of another kind means nothing."""
        value, equals = reading.value, self.config.equals
        if equals is not None:
            return Look(value == equals, value != equals, value) if type(value) is type(equals) else None
        if isinstance(value, bool | str):
            return None
        out = (self.high is not None and value > self.high) or (self.low is not None and value < self.low)
        return Look(out, self._back(value), value)

    def _back(self, value: float) -> bool:
        low, high = self._back_from, self._back_to
        return (high is None or value <= high) and (low is None or value >= low)

    def when(self) -> str:
        """Above, below, or what it must not be."""
        label, equals = METRICS[self.metric].label, self.config.equals
        if isinstance(equals, bool):
            return f"{'' if equals else 'Not: '}{label}"
        if equals is not None:
            return f"{label} is {equals}"
        sides = (("above", self.high), ("below", self.low))
        limits = [f"{way} {words.value_words(self.metric, limit)}" for way, limit in sides if limit is not None]
        return f"{label} {' or '.join(limits)}"

    def usual(self) -> str:
        """Between the limits; at most for the delay; not what it must not be."""
        if self.config.equals is None:
            return words.limits_words(self.metric, self.low, self.high)
        if self.config.for_:
            return f"at most {words.duration(self.config.for_)}"
        return f"not {words.value_words(self.metric, self.config.equals)}"


def build(config: Config) -> Threshold:
    """The rule of a configuration."""
    return Threshold(config)
