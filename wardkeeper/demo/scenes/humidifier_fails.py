"""A humidifier fails: the air of an operating room falls to 18 % humidity, below the 20 % of ASHRAE 170."""

from collections.abc import Sequence

from wardkeeper.demo.scene import Step
from wardkeeper.demo.signals import Values, ramp

TITLE = "A dry operating room"
PERSON = "facilities"
LINE = "An operating room falls to 18 % humidity before the first cut."
LENGTH = 600.0
TARGETS: Sequence[str] = ("2.08",)

STEPS = (
    Step(
        "Operating room {target} keeps 20 to 60 % humidity: drier air dries wounds and sparks. The humidifier fails.",
        page=lambda sight: sight.room(sight.target),
    ),
    Step(
        "The ticket opened by itself, with the humidity’s chart, the room’s other air, and what serves it.",
        page=lambda sight: sight.ticket(sight.target),
        soon="the air is drier than 20 %, and a ticket opens",
        at=55,
    ),
    Step(
        "On the plan it is the one room that is not gray: seen from across the hall before the list begins.",
        page=lambda sight: sight.floor(sight.target),
    ),
)


def says(target: str, topic: str, second: float) -> Values:
    """A climate sensor whose humidity falls."""
    if topic != f"{target}/climate":
        return {}
    return {"humidity": round(ramp(second, (0, 41), (20, 18)))}
