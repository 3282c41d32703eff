"""An asset left the building: its tag fell silent in a zone that is marked as an exit (docs/places.md).

Document: `asset_registry/leaving.py`, which says what counts as leaving and as being back.
"""

from typing import Any

from pydantic import Field

from collector.reading import Reading
from service_desk.delayed import Look, Told
from service_desk.ports import Subject
from service_desk.rule_terms import Terms

PROVEN = True


class Config(Terms):
    """By which exits; scope by category or department."""

    zones: list[str] = Field([], description="Names of exit zones; empty: every one.")
    title: str = Field("{asset} left the building by {value}", description="Of the alarm; {value} is the exit zone.")


class LeftBuilding(Told):
    """The rule. The subject is `asset:7`, its reading the name of the zone; "" when it is back."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, "left_by")
        self._zones = frozenset(config.zones)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:
        """An exit that is not meant is as good as none."""
        look = super().look(own, reading, subject)
        if look is None or not look.out or not self._zones or look.value in self._zones:
            return look
        return Look(out=False, back=True, value=look.value)

    def when(self) -> str:
        """By which exits."""
        return "Left the building" + (f" by {' or '.join(sorted(self._zones))}" if self._zones else "")

    def usual(self) -> str:
        """Inside."""
        return "in the building"


def build(config: Config) -> LeftBuilding:
    """The rule of a configuration."""
    return LeftBuilding(config)
