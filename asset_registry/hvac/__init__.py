"""The air of rooms: what it must be (`profiles`), how it is (`judge`), how it was (`compliance`), what people sign."""

from asset_registry.hvac.judge import judge_room, out_since
from asset_registry.hvac.profiles import JUDGED, AirSettings, Mode, Profile, Range, load_profiles, profile_of
from asset_registry.hvac.status import Door, Heard, Measure, Notice, RoomStatus
from asset_registry.hvac.words import (
    bound_words,
    direction_words,
    limit_words,
    moment_words,
    span_words,
    value_words,
)

__all__ = [
    "JUDGED",
    "AirSettings",
    "Door",
    "Heard",
    "Measure",
    "Mode",
    "Notice",
    "Profile",
    "Range",
    "RoomStatus",
    "bound_words",
    "direction_words",
    "judge_room",
    "limit_words",
    "load_profiles",
    "moment_words",
    "out_since",
    "profile_of",
    "span_words",
    "value_words",
]
