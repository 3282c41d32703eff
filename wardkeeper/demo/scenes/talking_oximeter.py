"""An oximeter at a bed is plugged in again: it talks within a second, and what it says is shown, never judged."""

from collections.abc import Sequence

from wardkeeper.demo.scene import SILENT, Sight, Step
from wardkeeper.demo.signals import Values

TITLE = "An oximeter at the bed"
PERSON = "biomed"
LINE = "It talks over a serial port. What of it is shown, and to whom?"
LENGTH = 600.0
TARGETS: Sequence[str] = ("bed-4-12",)

_PLUGGED_IN = 15


def _device(sight: Sight) -> str:
    return f"serial:bedside/{sight.target}"


STEPS = (
    Step(
        "This oximeter was unplugged for cleaning: what it said last stays, and says how old it is.",
        page=lambda sight: sight.device(_device(sight)),
    ),
    Step(
        "It talks again. Its vital signs stand here with their line, and nowhere else: no alarm, no color, no ticket.",
        page=lambda sight: sight.device(_device(sight)) if sight.heard(_device(sight), _PLUGGED_IN) else "",
        soon="a nurse plugs it in",
        at=_PLUGGED_IN + 1,
    ),
    Step(
        "To everybody else it is in use and talking: all that is needed to leave it where it is.",
        page=lambda sight: sight.owner(_device(sight)),
    ),
)


def says(target: str, topic: str, second: float) -> Values:
    """Nothing until it is plugged in."""
    return SILENT if topic == target and second < _PLUGGED_IN else {}
