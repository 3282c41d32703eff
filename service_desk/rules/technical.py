"""What a device says is wrong with itself, in its own words.

Document: docs/rules.md, "What a device says of itself". A text that is not empty is an alarm, an empty one its end.
"""

from typing import Any

from pydantic import Field, field_validator

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Reading
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Terms, judgeable

PROVEN = False

_FAULTS = ("technical_alarm", "sensor_fault", "light_fault", "tamper", "emergency_test")
_WELL = frozenset(("", "ok", "none", "no", "off", "passed", "pass", "in_progress", "running", "not_done"))
"""Words that say that nothing is wrong."""


class Config(Terms):
    """Which of a device's own alarms, and which of their words are none."""

    metrics: list[str] = Field(
        ["technical_alarm", "sensor_fault", "light_fault"], min_length=1, description=f"Some of {', '.join(_FAULTS)}."
    )
    ignore: list[str] = Field([], description="Words of a device that are no alarm here, as it says them.")
    title: str = Field("", description='Of the alarm; "{asset} in {room}: {value}", what is unknown left out.')

    @field_validator("metrics")
    @classmethod
    def _of_devices(cls, metrics: list[str]) -> list[str]:
        for metric in metrics:
            if judgeable(metric) not in _FAULTS:
                raise ValueError(f"{metric} is no device's own alarm; there are {', '.join(_FAULTS)}")
        return metrics


class Technical(Delayed):
    """The rule."""

    each = True

    def __init__(self, config: Config) -> None:
        super().__init__(config, "technical_alarm", frozenset(config.metrics))
        self.config = config
        self._ignored = {word.strip().casefold() for word in config.ignore}

    def concerns(self, subject: Subject) -> bool:
        """A link is no device: it is judged where a rule names it."""
        named = not subject.device.startswith("link:") or bool(self.terms.scope.devices)
        return named and super().concerns(subject)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the device's words tell
        """Everything that stands; each metric has its own order in time."""
        said, now = self._said(reading), ms_of(reading.at)
        before = own.get(reading.metric)
        if said is None or (before and before[0] >= now):
            return None
        own[reading.metric] = [now, said]
        standing = "; ".join(own[metric][1] for metric in _FAULTS if own.get(metric, (0, ""))[1])
        return Look(bool(standing), not standing, standing)

    def _said(self, reading: Reading) -> str | None:
        """Empty when nothing is wrong; None for a value of another kind."""
        value, label = reading.value, METRICS[reading.metric].label
        if isinstance(value, bool):
            return label if value else ""
        if not isinstance(value, str):
            return None
        text = value.strip()
        if text.casefold() in self._ignored or text.casefold() in _WELL:
            return ""
        text = ", ".join(part for part in text.split(", ") if part.casefold() not in self._ignored)
        return f"{label}: {text}" if text and reading.metric == "emergency_test" else text

    def template(self, subject: Subject) -> str:
        """What is known of whom."""
        if self.terms.title:
            return self.terms.title
        who = "{asset}" if subject.asset or subject.device_name else ""
        where = "{room}" if subject.room else ""
        return " in ".join(filter(None, (who, where))) + (": {value}" if who or where else "{value}")

    def when(self) -> str:
        """Which it hears."""
        return " or ".join(METRICS[metric].label for metric in _FAULTS if metric in self.hears)

    def usual(self) -> str:
        """Nothing."""
        return "none"


def build(config: Config) -> Technical:
    """The rule of a configuration."""
    return Technical(config)
