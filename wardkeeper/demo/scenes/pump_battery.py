"""A pump in use at a patient was never plugged in again: its battery runs down."""

from collections.abc import Sequence

from wardkeeper.demo.scene import Step
from wardkeeper.demo.signals import Values, ramp

TITLE = "A pump on its last charge"
PERSON = "biomed"
LINE = "A pump at a patient was never plugged in again."
LENGTH = 600.0
TARGETS: Sequence[str] = ("P-117",)

STEPS = (
    Step(
        "Pump 117 is in use and off the mains: its old battery falls fast. You see it before its own alarm is heard.",
        page=lambda sight: sight.asset(sight.target),
    ),
    Step(
        "The ticket opened by itself: the charge, the mains, where the pump is and how sure that is, and a spare.",
        page=lambda sight: sight.ticket(sight.target),
        soon="the charge is below 25 %, and a ticket opens",
        at=55,
    ),
    Step(
        "In the queue it waits with its promise: how soon somebody must answer, and be done.",
        page=lambda _: "/tickets",
    ),
)


def says(target: str, topic: str, second: float) -> Values:
    """No mains, and a charge that falls below 25 %."""
    if topic != f"pump/{target}":
        return {}
    charge = ramp(second, (0, 41), (20, 24), (120, 21), (LENGTH, 14))
    return {"battery": round(charge), "ac_connected": False, "infusing": True}
