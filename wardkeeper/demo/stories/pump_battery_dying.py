"""A pump in use at a patient was never plugged in again: its battery runs down. Then someone plugs it in."""

from collections.abc import Sequence

from wardkeeper.demo.signals import Values, ramp

TITLE = "Pump {target} runs down on battery"
LENGTH = 540.0
TARGETS: Sequence[str] = ("P-117",)

_PLUGGED_IN = 390


def says(target: str, topic: str, second: float) -> Values:
    """No mains, and a charge that falls below 25 %."""
    if topic != f"pump/{target}":
        return {}
    charge = ramp(second, (0, 41), (60, 24), (120, 22), (_PLUGGED_IN, 14), (540, 41))
    return {"battery": round(charge), "ac_connected": second >= _PLUGGED_IN, "infusing": True}
