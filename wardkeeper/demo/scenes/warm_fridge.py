"""The compressor of a vaccine fridge stops; the probe passes 8 °C in half a minute, where a real one takes an hour."""

from collections.abc import Sequence

from wardkeeper.demo.scene import Step
from wardkeeper.demo.signals import Values, ramp

TITLE = "A warm fridge"
PERSON = "pharmacist"
LINE = "The compressor of a vaccine fridge stops at night."
LENGTH = 600.0
TARGETS: Sequence[str] = ("F-05", "F-03", "F-07")

STEPS = (
    Step(
        "{target} keeps vaccines at 2 to 8 °C. Its compressor has stopped: no power, and the probe climbs.",
        page=lambda sight: sight.asset(sight.target),
    ),
    Step(
        "The ticket opened by itself. Its evidence is frozen: the readings that triggered it, the power, a spare.",
        page=lambda sight: sight.ticket(sight.target),
        soon="the probe passes 8 °C, and a ticket opens",
        at=55,
    ),
    Step(
        "The missing power has joined it: one fridge, one ticket. Tap “Acknowledge and take it”.",
        page=lambda sight: sight.ticket(sight.target) if sight.alarms(sight.target) > 1 else "",
        soon="the missing power joins it",
        at=70,
    ),
    Step(
        "Whoever comes next reads here who has it, and since when. Nobody calls twice.",
        page=lambda _: "/",
    ),
)


def says(target: str, topic: str, second: float) -> Values:
    """0 W at the plug, and the probe's climb."""
    if topic == f"plug-{target.lower()}":
        return {"Power": 0}
    if topic == f"fridge/{target}":
        return {"probe_temperature": round(ramp(second, (0, 5.2), (25, 8.4), (120, 9.6), (LENGTH, 10.4)), 1)}
    return {}
