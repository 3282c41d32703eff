"""Zammad: a ticket of a group, told by internal notes.

Document: https://docs.zammad.org/en/latest/api/intro.html. Unproven: tested against a fake made from it and from what
the source of github.com/zammad/zammad says. The key is the subject of the first article. A search with a condition
and without a query asks the database and not the search index (Zammad issue 5369), so that nothing lags. "closed" can
be opened again, unless the group's "follow-up possible" says otherwise: what Zammad then refuses is a dead letter. It
compares no versions.
"""

from base64 import b64encode
from typing import Any

import msgspec
from pydantic import Field, SecretStr

from collector.errors import Refused
from service_desk.ports import TicketRef
from service_desk.remote.config import RemoteConfig
from service_desk.remote.http import Http
from service_desk.remote.ports import Draft, Note, Seen, State
from service_desk.remote.ticket import Remote
from service_desk.surroundings import Surroundings

PROVEN = False

_PRIORITY = {"high": "3 high", "medium": "2 normal", "low": "1 low"}
_HISTORY = ("merged", "removed")
_NOBODY = 1
"""The user that owns what nobody owns."""


class Config(RemoteConfig):
    """An agent's token with `ticket.agent`, and where its tickets go."""

    token: SecretStr = Field(description="Access token of an agent who may create and change tickets of the group.")
    group: str = Field(description="The group that gets the tickets.")
    customer: str = Field(description="Mail address in whose name tickets are opened.")
    open_state: str = Field("open", description="The state of a ticket that is opened again.")
    solved_state: str = Field("closed", description="The state of a ticket that is done.")


class _Ticket(msgspec.Struct):
    """Names (state, owner) are only there with `expand`."""

    id: int
    number: str
    owner_id: int
    owner: str | None = None
    state: str = ""


class _Article(msgspec.Struct):
    body: str


class Zammad:
    """A `TicketSystem`."""

    search_lags = False

    def __init__(self, config: Config) -> None:
        """`config` names the account and the group."""
        token = config.token.get_secret_value()
        self._config = config
        self._http = Http(config, {"Authorization": f"Token token={token}"}, [token])

    async def find(self, key: str) -> TicketRef | None:
        """By the subject of an article."""
        found = await self._search("article.subject", key)
        return self._ref(min(found, key=lambda ticket: ticket.id)) if found else None

    async def create(self, draft: Draft) -> TicketRef:
        """The ticket and its first article, in one transaction."""
        article = {"subject": draft.key, "body": draft.html, "content_type": "text/html", "type": "note"}
        body = {
            "title": draft.title,
            "group": self._config.group,
            "customer_id": f"guess:{self._config.customer}",
            "priority": _PRIORITY[draft.priority],
            "article": article | {"internal": True},
        }
        return self._ref((await self._http.ask("POST", "/api/v1/tickets", body=body)).read(_Ticket))

    async def look(self, number: str) -> Seen | None:
        """By its number."""
        found = await self._search("ticket.number", number)
        if not found:
            return None
        owner = "" if found[0].owner_id == _NOBODY else found[0].owner or "somebody"
        return Seen(self._ref(found[0]), self._state(found[0].state), owner)

    async def said(self, number: str, mark: str) -> bool:
        """In the body of an article, which holds its file too."""
        path = f"/api/v1/ticket_articles/by_ticket/{await self._id(number)}"
        return any(mark in article.body for article in (await self._http.ask("GET", path)).read(list[_Article]))

    async def add(self, number: str, note: Note) -> None:
        """One article with its file."""
        body: dict[str, Any] = {"ticket_id": await self._id(number), "body": note.text, "content_type": "text/plain"}
        body |= {"type": "note", "internal": True}
        if file := note.file:
            data = b64encode(file.data).decode()
            body["attachments"] = [{"filename": file.name, "data": data, "mime-type": file.media_type}]
        await self._http.ask("POST", "/api/v1/ticket_articles", body=body)

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """By name."""
        states = {"open": self._config.open_state, "solved": self._config.solved_state}
        body = {"state": states[state]} if state else {}
        body |= {"priority": _PRIORITY[priority]} if priority else {}
        await self._http.ask("PUT", f"/api/v1/tickets/{await self._id(seen.ref.number)}", body=body)

    async def _search(self, field: str, value: str) -> list[_Ticket]:
        """Tickets with this very value, with names instead of ids."""
        body = {"condition": {field: {"operator": "is", "value": value}}, "expand": True, "limit": 10}
        return (await self._http.ask("POST", "/api/v1/tickets/search", body=body)).read(list[_Ticket])

    async def _id(self, number: str) -> int:
        found = await self._search("ticket.number", number)
        if not found:
            raise Refused(f"Zammad has no ticket {number} any more")
        return found[0].id

    def _state(self, name: str) -> State:
        if name in _HISTORY:
            return "closed"
        return "solved" if name in ("closed", self._config.solved_state) else "open"

    def _ref(self, ticket: _Ticket) -> TicketRef:
        return TicketRef(ticket.number, f"{self._http.url}/#ticket/zoom/{ticket.id}")


def build(config: Config, around: Surroundings) -> Remote:
    """Tickets in Zammad."""
    return Remote(Zammad(config), around, config)
