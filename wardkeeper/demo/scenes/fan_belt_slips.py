"""A fan belt slips: air handler 3 runs at 38 % and leaves its five rooms short of air."""

from collections.abc import Sequence

from wardkeeper.demo.scene import Step
from wardkeeper.demo.signals import Values, ramp

TITLE = "A weak air handler"
PERSON = "facilities"
LINE = "Five rooms are short of air: one cause, one ticket."
LENGTH = 600.0
TARGETS: Sequence[str] = ("AHU-3",)

_ALL = 6
"""The fan's alarm and those of the five rooms."""

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

STEPS = (
    Step(
        "Air handler 3 serves 4.01 to 4.05. Its belt slips: the fan falls to 38 %.",
        page=lambda sight: sight.asset(sight.target),
    ),
    Step(
        "The ticket opened by itself, about the air handler: whoever repairs it starts there, not in five rooms.",
        page=lambda sight: sight.ticket(sight.target),
        soon="the fan has been slow for 30 s, and a ticket opens",
        at=45,
    ),
    Step(
        "Six alarms, one cause: the five rooms joined the ticket of what serves them. One acknowledgement answers all.",
        page=lambda sight: "/alarms" if sight.alarms(sight.target) >= _ALL else "",
        soon="the rooms fall below 4 air changes an hour",
        at=80,
    ),
    Step(
        "On the plan the five rooms lie side by side; the propped door was one room alone.",
        page=lambda sight: sight.floor("4.01"),
    ),
)


def says(target: str, topic: str, second: float) -> Values:
    """A slow fan, few air changes, and rooms that grow warm and stale behind it."""
    if topic == f"plant/{target}":
        return {"fan_speed": round(ramp(second, (0, 72), (10, 38)))}
    if topic not in _ROOMS:
        return {}
    field, usual, bad = _ROOMS[topic]
    line = ramp(second, (0, usual), (30 if field == "air_changes" else 240, bad))
    return {field: round(line) if field == "co2" else round(line, 1)}
