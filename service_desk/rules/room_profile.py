"""A room's air is not as its profile wants it: what `asset_registry/hvac` judges by standard and mode.

Document: docs/rooms.md, and the standards that `config/room_profiles.yaml` names (ASHRAE 170 and others). The grace of
an open door and the time after which pressure counts as lost are the profile's own.
"""

from typing import Literal

from pydantic import Field

from service_desk.delayed import Told
from service_desk.rule_terms import Terms

PROVEN = True

METRICS = {
    "pressure lost": "pressure_lost",
    "door held open": "door_held_open",
    "out of range": "air_out_of_range",
    "not heard": "air_not_heard",
}


class Config(Terms):
    """Which notice of the room's status is an alarm; scope by room type, floor's rooms or building."""

    notice: Literal["pressure lost", "door held open", "out of range", "not heard"] = Field(
        ..., description="What the room's status must say."
    )
    title: str = Field("{value}", description="Of the alarm; {value} is the sentence of the room's status.")


class RoomProfile(Told):
    """The rule."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, METRICS[config.notice])

    def usual(self) -> str:
        """Its profile."""
        return "as the room's profile says"


def build(config: Config) -> RoomProfile:
    """The rule of a configuration."""
    return RoomProfile(config)
