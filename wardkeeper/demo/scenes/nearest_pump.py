"""A pump is needed at 4.12: the nearest usable one, taken by a colleague on the way, and why the others will not do."""

from wardkeeper.demo.scene import Sight, Step

TITLE = "The nearest pump"
PERSON = "nurse"
LINE = "You need a pump at 4.12, and a colleague needs one too."
LENGTH = 600.0
CLAIM = ("lind", 20.0)

_ROOM = "4.12"
_FIND = f"/find?q=pump&near={_ROOM}"


def choose(sight: Sight) -> str:
    """The pump that the page names first."""
    return sight.nearest("pump", _ROOM)


STEPS = (
    Step(
        f"You are at {_ROOM}. The first line names the nearest pump you can take, {{target}}; the map shows the way.",
        page=lambda _: _FIND,
    ),
    Step(
        "S. Lind has just taken {target}: it stands under “Not usable, and why”, and the next nearest is first.",
        page=lambda sight: f"{_FIND}#no" if sight.claimed(sight.target) else "",
        soon="a colleague takes it",
        at=22,
    ),
    Step(
        "Every other pump says why it will not do: in use, soiled, in repair. Nobody walks there in vain.",
        page=lambda _: f"{_FIND}&more=all#no",
    ),
    Step(
        "Tap “I’m taking it” on the first: it is yours for 15 minutes, and your colleagues see that.",
        page=lambda _: _FIND,
    ),
)
