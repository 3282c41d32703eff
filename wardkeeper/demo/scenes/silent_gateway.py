"""A gateway loses its power: it is silent at once, and nobody is sure any more of what it alone heard."""

from collections.abc import Sequence

from wardkeeper.demo.scene import SILENT, Sight, Step
from wardkeeper.demo.signals import Values

TITLE = "A silent gateway"
PERSON = "biomed"
LINE = "A gateway has lost its power. What is still known of its room?"
LENGTH = 600.0
TARGETS: Sequence[str] = ("gateway-4-08",)


def _device(sight: Sight) -> str:
    return f"mqtt:espresense/{sight.target}"


STEPS = (
    Step(
        "This gateway hears the tags in and around its room. Somebody has just pulled its plug.",
        page=lambda sight: sight.device(_device(sight)),
    ),
    Step(
        "It is silent though expected to talk. The overview counts it too; a stored pump that is off is not counted.",
        page=lambda sight: "/devices?state=silent" if sight.silent(_device(sight)) else "",
        soon="its last will arrives",
        at=10,
    ),
    Step(
        "In its room no place is sure any more: “perhaps”, and how old. A wrong room would be worse than a doubt.",
        page=lambda sight: "" if sight.sure(sight.home(_device(sight))) else sight.room(sight.home(_device(sight))),
        soon="its room’s fixes lose their confidence",
        at=60,
    ),
)


def says(target: str, topic: str, _second: float) -> Values:
    """Nothing."""
    return SILENT if topic == target else {}
