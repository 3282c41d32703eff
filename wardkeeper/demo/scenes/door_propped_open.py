"""Someone props the door of an isolation room open: within seconds it no longer holds its negative pressure."""

from collections.abc import Sequence

from wardkeeper.demo.scene import Step
from wardkeeper.demo.signals import Values, ramp

TITLE = "A propped door"
PERSON = "facilities"
LINE = "An isolation room loses its pressure: the cause is its own door."
LENGTH = 600.0
TARGETS: Sequence[str] = ("4.12",)

STEPS = (
    Step(
        "{target} isolates: its air must stay below −2.5 Pa. Someone has propped its door open; watch the pressure.",
        page=lambda sight: sight.room(sight.target),
    ),
    Step(
        "The ticket opened by itself, with the pressure’s chart, the door below it, and what serves the room.",
        page=lambda sight: sight.ticket(sight.target),
        soon="the pressure has been gone for 30 s, and a ticket opens",
        at=45,
    ),
    Step(
        "Pressure and door are one incident, because both are about {target}: go and shut the door.",
        page=lambda sight: "/alarms" if sight.alarms(sight.target) > 1 else "",
        soon="the door has been open for a minute",
        at=70,
    ),
)


def says(target: str, topic: str, second: float) -> Values:
    """An open contact, people inside, and the pressure to the corridor rising to -0.4 Pa."""
    if topic == f"{target}/door":
        return {"contact": False}
    if topic == f"{target}/pressure":
        return {"differential_pressure": round(ramp(second, (0, -4.1), (8, -0.6), (20, -0.4)), 1)}
    if topic == f"{target}/motion":
        return {"occupancy": True}
    return {}
