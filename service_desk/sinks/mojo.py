"""Mojo Helpdesk: a ticket of a queue, told by staff notes.

Document: https://developer.mojohelpdesk.com (API v2). Unproven: tested against a fake made from it. It says nothing
of refusals, limits and how far the search is behind: not finding a ticket whose reply was lost means little. The key
is the last line of the description, looked for among the newest hundred and by the search. 50 is solved and can be
opened again, 60 closed. It compares no versions. The access key stands in every address: no message of ours repeats
addresses.
"""

from typing import Any

import msgspec
from pydantic import Field, SecretStr

from service_desk.ports import TicketRef
from service_desk.remote.config import RemoteConfig
from service_desk.remote.http import Answer, Http
from service_desk.remote.ports import Draft, Note, Seen, State
from service_desk.remote.ticket import Remote
from service_desk.surroundings import Surroundings

PROVEN = False

_PRIORITY = {"high": 20, "medium": 30, "low": 40}
_NEW, _IN_PROGRESS, _SOLVED, _CLOSED = 10, 20, 50, 60
_STATES: dict[int, State] = {_SOLVED: "solved", _CLOSED: "closed"}


class Config(RemoteConfig):
    """An agent's key, and the queue."""

    url: str = Field("https://app.mojohelpdesk.com", description="Address of Mojo Helpdesk.")
    access_token: SecretStr = Field(description="The access key of an agent's profile.")
    queue: int = Field(ge=1, description="Number of the queue that gets the tickets.")
    requester: str = Field("", description="Mail address in whose name tickets are opened; the agent's without it.")


class _Ticket(msgspec.Struct):
    id: int
    status_id: int
    assigned_to_id: int | None = None
    description: str | None = None


class _Note(msgspec.Struct):
    body: str | None


class _Person(msgspec.Struct):
    email: str
    first_name: str | None = None
    last_name: str | None = None


class Mojo:
    """A `TicketSystem`."""

    search_lags = True

    def __init__(self, config: Config) -> None:
        """`config` names the account and the queue."""
        self._config = config
        self._key = config.access_token.get_secret_value()
        self._http = Http(config, {}, [self._key])

    async def find(self, key: str) -> TicketRef | None:
        """By its description."""
        newest = {"sort_by": "created_on", "sort_order": "desc", "per_page": "100"}
        by_words = {"query": f'description:("{key}")', "per_page": "100"}
        for path, params in (("tickets", newest), ("tickets/search", by_words)):
            known = (await self._ask("GET", path, params=params)).read(list[_Ticket])
            if found := [each.id for each in known if key in (each.description or "")]:
                return self._ref(min(found))
        return None

    async def create(self, draft: Draft) -> TicketRef:
        """A ticket of the queue."""
        body: dict[str, Any] = {"title": draft.title, "description": f"{draft.text}\n\n{draft.key}"}
        body |= {"ticket_queue_id": self._config.queue, "priority_id": _PRIORITY[draft.priority]}
        body |= {"user": {"email": self._config.requester}} if self._config.requester else {}
        return self._ref((await self._ask("POST", "tickets", body=body)).read(_Ticket).id)

    async def look(self, number: str) -> Seen | None:
        """By its number."""
        answer = await self._ask("GET", f"tickets/{number}", also=(404,))
        if answer.status == 404:
            return None
        known = answer.read(_Ticket)
        assignee = await self._name(known.assigned_to_id) if known.assigned_to_id else ""
        return Seen(self._ref(number), _STATES.get(known.status_id, "open"), assignee)

    async def said(self, number: str, mark: str) -> bool:
        """In a staff note, which is told after a file."""
        notes = (await self._ask("GET", f"tickets/{number}/staff_notes")).read(list[_Note])
        return any(mark in (note.body or "") for note in notes)

    async def add(self, number: str, note: Note) -> None:
        """The file, unless it is there, and then the staff note."""
        if file := note.file:
            there = await self._ask("GET", f"tickets/{number}/attachments")
            if file.name.encode() not in there.body:  # under which name a file's name stands is not said
                files = {"file": (file.name, file.data, file.media_type)}
                await self._ask("POST", f"tickets/{number}/attachments", params={"staff_only": "true"}, files=files)
        await self._ask("POST", f"tickets/{number}/staff_notes", body={"body": note.text})

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """Status and priority."""
        status = _SOLVED if state != "open" else _IN_PROGRESS if seen.assignee else _NEW
        body = ({"status_id": status} if state else {}) | ({"priority_id": _PRIORITY[priority]} if priority else {})
        await self._ask("PUT", f"tickets/{seen.ref.number}", body=body)

    async def _name(self, person: int) -> str:
        known = (await self._ask("GET", f"users/{person}")).read(_Person)
        return f"{known.first_name or ''} {known.last_name or ''}".strip() or known.email

    async def _ask(self, method: str, path: str, **what: Any) -> Answer:  # noqa: ANN401 - as `Http.ask` takes it
        params = what.pop("params", {}) | {"access_key": self._key}
        return await self._http.ask(method, f"/api/v2/{path}", params=params, **what)

    def _ref(self, number: int | str) -> TicketRef:
        return TicketRef(str(number), f"{self._http.url}/ma/#/tickets/{number}")


def build(config: Config, around: Surroundings) -> Remote:
    """Tickets in Mojo Helpdesk."""
    return Remote(Mojo(config), around, config)
