"""An asset left where it belongs, or is where it must not be, as its tag is located.

Document: docs/locating.md. Locating says `room` and `fix_confidence`; an unknown place is none.
"""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from asset_registry.locating.words import LIKELY
from collector.points import ms_of
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Terms

PROVEN = False


class Places(BaseModel):
    """Places by name; one that holds is enough."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rooms: list[str] = Field([], description="Numbers of rooms.")
    floors: list[str] = Field([], description="Names of floors.")
    buildings: list[str] = Field([], description="Names of buildings.")
    zones: list[str] = Field([], description="Names or kinds of zones.")

    def hold(self, subject: Subject) -> bool:
        """Whether the subject is in one of them."""
        return (
            subject.room in self.rooms
            or subject.floor in self.floors
            or subject.building in self.buildings
            or not set(self.zones).isdisjoint(subject.zones)
        )

    def __str__(self) -> str:
        return " or ".join((*self.zones, *self.rooms, *self.floors, *self.buildings))


class Config(Terms):
    """Where it may be, or must not be; scope says what."""

    allowed: Places = Field(Places(), description="Raised outside of all of them.")
    forbidden: Places = Field(Places(), description="Raised inside one of them.")
    confidence: float = Field(LIKELY, gt=0, le=1, description="A fix that is less sure tells nothing.")
    for_: Duration = Field(timedelta(minutes=2), alias="for", description="So long it must be there.")
    lost: Duration | None = Field(None, description="Raised too when nobody knows where it is for so long.")
    title: str = Field("{asset} is in {value}", description="Of the alarm; {value} is where it is.")

    @model_validator(mode="after")
    def _sensible(self) -> "Config":
        if not (str(self.allowed) or str(self.forbidden)):
            raise ValueError("give allowed or forbidden, with rooms, floors, buildings or zones")
        return self


class OutOfZone(Delayed):
    """The rule. The room comes with the subject: the registry knows its floor, its building and its zones."""

    each = True

    def __init__(self, config: Config) -> None:
        super().__init__(config, "room", frozenset(("room", "fix_confidence")))
        self.config = config

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:
        """Every fix ends with its confidence; a room that is empty is no fix."""
        now = ms_of(reading.at)
        if subject is None or own.get("at", now - 1) >= now:
            return None
        sure = isinstance(reading.value, float) and reading.value >= self.config.confidence
        if reading.metric == "room" and reading.value:
            return None  # its confidence comes next
        own["at"] = now
        if not sure or not subject.room:
            return self._unknown(own)
        outside = bool(str(self.config.allowed)) and not self.config.allowed.hold(subject)
        out = own["out"] = outside or self.config.forbidden.hold(subject)
        return Look(out, not out, f"{subject.room} {subject.room_name}".strip())

    def _unknown(self, own: dict[str, Any]) -> Look:
        """Nobody knows where it is: as before, until it counts as lost."""
        if own.get("out"):
            return Look(out=True, back=False, value="an unknown place")
        if self.config.lost is None:
            return Look(out=False, back=False, value="an unknown place")
        return Look(out=True, back=False, value="an unknown place", delay=self.config.lost)

    def when(self) -> str:
        """Where it is, or is not."""
        outside, inside = str(self.config.allowed), str(self.config.forbidden)
        told = " or ".join(filter(None, (outside and f"outside {outside}", inside and f"in {inside}")))
        return f"{told[:1].upper()}{told[1:]}"

    def condition(self) -> str:
        """And for how long; and when it is lost."""
        lost = self.config.lost
        return super().condition() + (f", or lost for {words.duration(lost)}" if lost else "")

    def usual(self) -> str:
        """Where it belongs."""
        return f"in {self.config.allowed}" if str(self.config.allowed) else f"not in {self.config.forbidden}"


def build(config: Config) -> OutOfZone:
    """The rule of a configuration."""
    return OutOfZone(config)
