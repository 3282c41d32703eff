"""The monitor outside: whether it can be reached (docs/watching.md).

Only a connection is made, as far as TLS: whatever is asked there would be a sign of life.
"""

from collections.abc import Iterator

from collector.errors import Unreachable
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well
from wardkeeper.heartbeat import reach

NO_ANSWER = Trouble(
    "heartbeat.no-answer",
    "The monitor outside cannot be reached, so it will say that Wardkeeper is gone.",
    "Check `heartbeat.url`, and that this machine may go there: name resolution, firewall, proxy. `heartbeat.tls` is "
    "for a monitor whose certificate an authority of your own has signed.",
)


def look(case: Case) -> Iterator[Finding]:
    """The address of the settings, when there is one."""
    settings = case.settings.heartbeat
    if settings is None:
        yield unseen("", "No monitor outside is named: nobody is told when this machine is gone (docs/watching.md)")
        return
    try:
        yield well(reach(settings), "It can be reached")
    except Unreachable as trouble:
        yield NO_ANSWER.at("", str(trouble))
