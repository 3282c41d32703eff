"""A link of Wardkeeper, or a gateway, is down: nobody hears what is behind it.

Document: docs/watching.md. Links say `link_up` of themselves, gateways `available`, mostly by their will.
"""

from datetime import timedelta
from typing import Any

from pydantic import Field

from collector.reading import Reading
from service_desk.delayed import Delayed, Look
from service_desk.ports import Subject
from service_desk.rule_terms import Duration, Terms

PROVEN = False

_LINK = "link:"


class Config(Terms):
    """Links and gateways; a broker that restarts is waited for."""

    for_: Duration = Field(timedelta(seconds=60), alias="for", description="So long it must be down.")
    title: str = Field(
        "", description='Of the alarm; "The link ward is down", "{device} in {room} is down", of a gateway.'
    )


class LinkDown(Delayed):
    """The rule."""

    each = True

    def __init__(self, config: Config) -> None:
        super().__init__(config, "link_up", frozenset(("link_up", "available")))

    def concerns(self, subject: Subject) -> bool:
        """Links and gateways."""
        return (subject.gateway or subject.device.startswith(_LINK)) and super().concerns(subject)

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the value alone tells
        """Of each metric the newest counts."""
        at, value = reading.at.timestamp(), reading.value
        if not isinstance(value, bool) or own.get(reading.metric, [at - 1])[0] >= at:
            return None
        own[reading.metric] = [at, value]
        down = not all(up for _, up in own.values())
        return Look(down, not down, not down)

    def template(self, subject: Subject) -> str:
        """A link has a name, a gateway a place."""
        if self.terms.title:
            return self.terms.title
        if subject.device.startswith(_LINK):
            name = subject.device.removeprefix(_LINK).replace("{", "{{").replace("}", "}}")
            return f"The link {name} is down"
        return "{device} in {room} is down"

    def when(self) -> str:
        """Down."""
        return "A link or a gateway is down"

    def usual(self) -> str:
        """Up."""
        return "up"


def build(config: Config) -> LinkDown:
    """The rule of a configuration."""
    return LinkDown(config)
