"""What a foreign ticket system has to be able to do. `service_desk.remote.ticket.Remote` does the rest."""

from typing import Literal, Protocol, runtime_checkable

import msgspec

from service_desk.ports import TicketRef

State = Literal["open", "solved", "closed"]
"""`solved`: done, may be opened again; `closed`: history."""


class Draft(msgspec.Struct, frozen=True):
    """A ticket to be made. `key` ("wk-" and 16 hex digits) is written where `find` finds it.

    `text` is plain, `html` the same as markup; `priority` is high, medium or low.
    """

    key: str
    title: str
    text: str
    html: str
    priority: str


class Attachment(msgspec.Struct, frozen=True):
    """A file. Its name holds the mark of its note."""

    name: str
    media_type: str
    data: bytes


class Note(msgspec.Struct, frozen=True):
    """What is added to a ticket, for those who work on it. `text` ends with its `mark`: `[wk-0123456789ab]`."""

    mark: str
    text: str
    file: Attachment | None = None


class Seen(msgspec.Struct, frozen=True):
    """A ticket as it stands there. `assignee`: the person who has it, "" for nobody and for our own account.

    `version` is what the system compares to notice that somebody changed it meanwhile (ETag, lock version), "" without.
    """

    ref: TicketRef
    state: State
    assignee: str = ""
    version: str = ""


class TicketSystem(Protocol):
    """One call, one thing, no memory: what was sent and what came of it is kept by `Remote`.

    All raise as `service_desk.remote.http.Http` does: Away, Barred (credentials), LostReply (sent, not answered),
    Changed (409, 412), Refused (understood, not taken).
    """

    search_lags: bool
    """Whether `find` may miss a ticket that was just made."""

    async def find(self, key: str) -> TicketRef | None:
        """The oldest ticket with this key."""

    async def create(self, draft: Draft) -> TicketRef:
        """Make a ticket."""

    async def look(self, number: str) -> Seen | None:
        """How the ticket stands; None when there is none of this number (any more)."""

    async def said(self, number: str, mark: str) -> bool:
        """Whether a note with this mark stands in the ticket: in its text, or in its file's name when it has one."""

    async def add(self, number: str, note: Note) -> None:
        """Add a note, with its file when it has one: all of it or nothing, or the file last."""

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """Set what is given; the same again changes nothing. Raises Changed when `seen` is not how it stands."""


@runtime_checkable
class Checked(Protocol):
    """A sink that can be tried without telling it anything."""

    async def check(self) -> str:
        """What was seen, in words; "" when there is nothing that could be tried. Raises as `TicketSystem` does."""
