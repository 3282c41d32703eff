"""A fan belt slips: air handler 3 runs at 38 % and leaves its five rooms short of air. Then it is tightened."""

from collections.abc import Sequence

from wardkeeper.demo.signals import Values, ramp

TITLE = "{target} runs at 38 %: five rooms are short of air"
LENGTH = 660.0
TARGETS: Sequence[str] = ("AHU-3",)

_TIGHTENED = 480

_ROOMS: dict[str, tuple[str, float, float]] = {
    "4.01/air": ("air_changes", 4.7, 2.8),
    "4.02/air": ("air_changes", 4.7, 2.6),
    "4.03/air": ("air_changes", 4.6, 2.9),
    "4.04/air": ("air_changes", 4.8, 2.9),
    "4.05/air": ("air_changes", 4.7, 2.7),
    "4.01/climate": ("temperature", 22.8, 24.6),
    "4.03/climate": ("temperature", 22.6, 24.3),
    "4.05/climate": ("co2", 640, 1180),
}
"""What the rooms' devices report: the field, what is usual, and how bad it becomes."""


def says(target: str, topic: str, second: float) -> Values:
    """A slow fan, few air changes, and rooms that grow warm and stale behind it."""
    if topic == f"plant/{target}":
        return {"fan_speed": round(ramp(second, (0, 72), (20, 38), (_TIGHTENED, 38), (_TIGHTENED + 20, 73)))}
    if topic not in _ROOMS:
        return {}
    field, usual, bad = _ROOMS[topic]
    slow = 60 if field == "air_changes" else 240
    line = ramp(second, (0, usual), (slow, bad), (_TIGHTENED, bad), (LENGTH, usual))
    return {field: round(line) if field == "co2" else round(line, 1)}
