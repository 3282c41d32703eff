"""Maintenance, calibration or the return of a rental is due soon, or was (docs/assets.md, docs/cold-chain.md)."""

from typing import Any, Literal

from pydantic import Field

from collector.reading import Reading
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Terms
from service_desk.words import NBSP

PROVEN = True

METRICS = {
    "maintenance": "maintenance_due_in",
    "return": "return_due_in",
    "calibration": "calibration_due_in",
}
_NAMES = {"maintenance": "maintenance", "return": "its return", "calibration": "the calibration of its probe"}
SOONEST = 60
"""Days: so long before it is known what is due."""


class Config(Terms):
    """What is due; scope by category, department or room."""

    of: Literal["maintenance", "return", "calibration"] = Field(..., description="What is due.")
    ahead: Duration | None = Field(None, description='So long before it is due; "0 s", the default, when it was.')
    title: str = Field("{asset} in {room}: {value}", description="Of the alarm; {value} says what was due when.")


class Overdue(Delayed):
    """The rule, on the days until it is due: below zero when it was."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, METRICS[config.of])
        self._name = _NAMES[config.of]
        self._days = config.ahead.days if config.ahead else -1

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the days tell
        """Days until it is due."""
        days = reading.value
        if isinstance(days, bool | str):
            return None
        out = days <= self._days
        return Look(out, not out, f"{self._name} {_when(round(days))}")

    def when(self) -> str:
        """What is due, and how long before."""
        due = f"due in {self._days}{NBSP}days or less" if self._days >= 0 else "overdue"
        return f"{self._name[:1].upper()}{self._name[1:]} is {due}"

    def usual(self) -> str:
        """In time."""
        return "done in time"


def _when(days: int) -> str:
    if days == 0:
        return "is due today"
    span = f"{abs(days)}{NBSP}day" + ("" if abs(days) == 1 else "s")
    return f"is due in {span}" if days > 0 else f"was due {span} ago"


def build(config: Config) -> Overdue:
    """The rule of a configuration."""
    return Overdue(config)
