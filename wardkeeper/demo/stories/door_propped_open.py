"""Someone props the door of an isolation room open: within a minute it no longer holds its negative pressure."""

from collections.abc import Sequence

from wardkeeper.demo.signals import Values, ramp

TITLE = "The door of isolation room {target} is propped open"
LENGTH = 420.0
TARGETS: Sequence[str] = ("4.12", "4.13")

_CLOSED = 330


def says(target: str, topic: str, second: float) -> Values:
    """An open contact, people inside, and the pressure to the corridor rising to -0.4 Pa."""
    if topic == f"{target}/door":
        return {"contact": second >= _CLOSED}
    if topic == f"{target}/pressure":
        line = ramp(second, (0, -4.1), (40, -0.6), (60, -0.4), (_CLOSED, -0.4), (370, -3.9), (420, -4.2))
        return {"differential_pressure": round(line, 1)}
    if topic == f"{target}/motion":
        return {"occupancy": True}
    return {}
