"""An incident told by messages that nobody can look up afterwards: each thing is one message with an id of its own.

The same message keeps its id when it is sent again, so that who receives it can drop the second one. It is sent again
only when nobody can be at work any more on one that was not answered.
"""

from datetime import timedelta
from typing import Any, Protocol

import msgspec

from collector.errors import Refused, WardkeeperError
from service_desk.incidents import sentences
from service_desk.ports import IncidentNews, TicketRef
from service_desk.remote import words
from service_desk.remote.errors import LostReply
from service_desk.remote.memory import FRESH, Memory, mark_of
from service_desk.remote.model import RemoteTicket
from service_desk.remote.ports import Attachment
from service_desk.surroundings import Surroundings


class Letter(msgspec.Struct, frozen=True):
    """`key` is the incident's, `id` this message's, `first` that of the incident's first message.

    `evidence` and `chart` come with the first.
    """

    key: str
    id: str
    first: str
    incident: IncidentNews
    text: str
    html: str
    evidence: dict[str, Any] | None = None
    chart: Attachment | None = None


class Post(Protocol):
    """Carries letters."""

    async def send(self, letter: Letter) -> str:
        """Hand it over; in words who of several did not get it, "" when all did. Raises as `TicketSystem` does."""

    async def check(self) -> str:
        """As `service_desk.remote.ports.Checked`."""


class Letters:
    """A `service_desk.ports.TicketSink` over any `Post`. There is no number: the key stands for it."""

    def __init__(self, post: Post, around: Surroundings, settled_s: float) -> None:
        """After `settled_s` nobody is at work any more on a message that was not answered."""
        self._post = post
        self._around = around
        self._memory = Memory(around, timedelta(seconds=settled_s))

    async def sync(self, incident: IncidentNews) -> TicketRef:
        """Send what is new; the same news again sends nothing."""
        kept = self._memory.kept(incident)
        step = f"{incident.what}:{incident.at.isoformat()}"
        begun = self._memory.begin(kept.id, step)
        if begun is None:
            return TicketRef(kept.key)
        if begun is not FRESH:
            self._memory.begin_again(kept.id, step, begun)
        try:
            missed = await self._post.send(self._letter(kept, step, incident))
        except LostReply:
            raise
        except WardkeeperError:
            self._memory.never_happened(kept.id, step)
            raise
        self._memory.done(kept.id, step)
        if kept.evidence is not None:
            self._memory.shown(kept.id)
        if missed:
            raise Refused(missed)
        return TicketRef(kept.key)

    async def check(self) -> str:
        """As far as it goes without a message."""
        return await self._post.check()

    def _letter(self, kept: RemoteTicket, step: str, incident: IncidentNews) -> Letter:
        blocks = self._blocks(kept, incident)
        first = mark_of(kept.key, "first")
        fresh = kept.evidence is not None or incident.what == "opened"
        return Letter(
            kept.key,
            first if fresh else mark_of(kept.key, step),
            first,
            incident,
            words.as_text(blocks),
            words.as_html(blocks),
            kept.evidence,
            words.chart(kept.evidence, first, self._around.zone) if kept.evidence else None,
        )

    def _blocks(self, kept: RemoteTicket, incident: IncidentNews) -> list[words.Block]:
        if kept.evidence is not None or incident.what == "opened":
            return words.opening(incident, kept.evidence, self._around)
        if incident.what == "joined":
            text = words.joined(incident)
        elif incident.what in ("returned", "reopened"):
            text = words.back_again(incident)
        elif incident.what == "merged":
            parent = self._memory.of_key(incident.parent)
            text = words.merged(parent[1] if parent else "another incident")
        else:
            text = sentences.back(incident) if incident.what == "cleared" else "It stays normal."
        return [words.Block("", (text,))]
