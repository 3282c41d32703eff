"""The ways to people: each does all that it does to tell somebody, and tells nobody (docs/notices.md)."""

from collections.abc import Iterator

from collector.errors import ConfigError, Refused, Unreachable
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well
from wardkeeper.collecting import part

DEAD = Trouble(
    "channels.dead",
    "Nobody can be told by this channel.",
    "Mend what it says: name resolution, firewall, user and password, the cable of a modem and its SIM card. Until "
    "then people are told by their next way, if they have one.",
)


def look(case: Case) -> Iterator[Finding]:
    """Every channel of the settings."""
    if not case.settings.channels:
        yield unseen("", "No channel is named: nobody is told of an alarm but who looks at a screen (docs/notices.md)")
    for name, given in case.settings.channels.items():
        module, config = part(given)
        if getattr(module, "ALONE", False) and case.running:
            yield unseen(name, "The Wardkeeper that runs has it open, and says on the page Who is told how it is")
            continue
        try:
            channel = module.open_channel(config)
            words = channel.test(case.clock.now())
            channel.close()
        except (Unreachable, Refused, ConfigError) as trouble:
            yield DEAD.at(name, str(trouble))
        else:
            yield well(name, words)
