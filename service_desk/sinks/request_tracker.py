"""Request Tracker 5.

By its REST 2.0, https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html. The key stands in a custom field of the queue,
or in the subject when none is named. What RT would not do it says in a 200: after a change the ticket is read again.
"""

from base64 import b64encode
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator
from urllib3.util import make_headers

from collector.errors import Refused
from service_desk.ports import TicketRef, TicketSink
from service_desk.remote.config import RemoteConfig
from service_desk.remote.errors import Barred
from service_desk.remote.http import Http
from service_desk.remote.ports import Draft, Note, Seen, State
from service_desk.remote.ticket import Remote
from service_desk.surroundings import Surroundings

PROVEN = True


class Config(RemoteConfig):
    """An account that may create, see, comment on and modify tickets of the queue."""

    token: SecretStr | None = Field(None, description="An authentication token; or `user` and `password`.")
    user: str = Field("", description="Name of the account.")
    password: SecretStr | None = Field(None, description="Its password.")
    queue: str = Field("General", description="Queue that tickets open in.")
    requestor: str = Field("", description="Address of whom the tickets are from; nobody when empty.")
    key_field: str = Field(
        "", description="Custom field of the queue for Wardkeeper's key; the key stands in the subject when empty."
    )
    priorities: dict[str, int] = Field({"high": 100, "medium": 50, "low": 0}, description="Our priorities as RT's.")
    open_status: str = Field("open", description="Status that a ticket is opened again with.")
    solved_status: str = Field("resolved", description="Status that a ticket is solved with.")
    closed_statuses: list[str] = Field(["rejected"], description="Statuses of tickets that are history.")

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if self.token is None and not (self.user and self.password):
            raise ValueError("needs a token, or user and password")
        return self


class RequestTracker:
    """A `service_desk.remote.ports.TicketSystem`."""

    search_lags = False

    def __init__(self, config: Config) -> None:
        """Asks nothing yet."""
        secret = (config.token or config.password or SecretStr("")).get_secret_value()
        signed = (
            {"Authorization": f"token {secret}"} if config.token else make_headers(basic_auth=f"{config.user}:{secret}")
        )
        self._http = Http(config, signed, [secret])
        self._config = config
        self._known_field = not config.key_field

    async def find(self, key: str) -> TicketRef | None:
        await self._check_field()
        field = f"CF.{{{self._config.key_field}}} = '{key}'" if self._config.key_field else f"Subject LIKE '[{key}]'"
        params = {"query": f"{field} AND Status != 'deleted'", "orderby": "id", "per_page": "1"}
        items = (await self._http.ask("GET", "/REST/2.0/tickets", params=params)).json()["items"]
        return self._ref(str(items[0]["id"])) if items else None

    async def create(self, draft: Draft) -> TicketRef:
        config = self._config
        body: dict[str, Any] = {
            "Queue": config.queue,
            "Subject": draft.title if config.key_field else f"{draft.title} [{draft.key}]",
            "Content": draft.text,
            "ContentType": "text/plain",
            "Priority": config.priorities.get(draft.priority, 0),
        }
        if config.key_field:
            body["CustomFields"] = {config.key_field: draft.key}
        if config.requestor:
            body["Requestor"] = config.requestor
        made = (await self._http.ask("POST", "/REST/2.0/ticket", body=body)).json()
        return self._ref(str(made["id"]))

    async def look(self, number: str) -> Seen | None:
        answer = await self._http.ask("GET", f"/REST/2.0/ticket/{number}", also=(404,))
        known = answer.json()
        if answer.status == 404 or known["Status"] == "deleted":
            return None
        owner = known["Owner"]["id"]
        return Seen(
            self._ref(number),
            self._state(known["Status"]),
            "" if owner in ("Nobody", self._config.user) else owner,
            answer.headers.get("etag", ""),
        )

    async def said(self, number: str, mark: str) -> bool:
        params, page, pages = {"fields": "Subject", "per_page": "100"}, 1, 1
        while page <= pages:
            path = f"/REST/2.0/ticket/{number}/attachments"
            found = (await self._http.ask("GET", path, params={**params, "page": str(page)})).json()
            if any(mark in item["Subject"] for item in found["items"]):
                return True
            page, pages = page + 1, int(found["pages"])
        return False

    async def add(self, number: str, note: Note) -> None:
        body: dict[str, Any] = {"Subject": f"[{note.mark}]", "Content": note.text, "ContentType": "text/plain"}
        if note.file is not None:
            content = b64encode(note.file.data).decode()
            body["Attachments"] = [
                {"FileName": note.file.name, "FileType": note.file.media_type, "FileContent": content}
            ]
        await self._http.ask("POST", f"/REST/2.0/ticket/{number}/comment", body=body)

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        number, config = seen.ref.number, self._config
        body: dict[str, Any] = {}
        if state is not None:
            body["Status"] = config.open_status if state == "open" else config.solved_status
        if priority is not None:
            body["Priority"] = config.priorities.get(priority, 0)
        headers = {"If-Match": seen.version} if seen.version else {}
        said = await self._http.ask("PUT", f"/REST/2.0/ticket/{number}", body=body, headers=headers)
        now = await self.look(number)
        if state is not None and (now is None or (now.state == "open") != (state == "open")):
            raise Refused(f"Ticket {number} stays as it is: {said.body.decode(errors='replace')[:200]}")

    def _state(self, status: str) -> State:
        if status in self._config.closed_statuses:
            return "closed"
        return "solved" if status == self._config.solved_status else "open"

    def _ref(self, number: str) -> TicketRef:
        return TicketRef(number, f"{self._http.url}/Ticket/Display.html?id={number}")

    async def _check_field(self) -> None:
        """A key that RT would leave out without a word is found out before the first ticket."""
        if self._known_field:
            return
        config = self._config
        answer = await self._http.ask("GET", f"/REST/2.0/queue/{config.queue}", also=(404,))
        fields = answer.json().get("TicketCustomFields") or []
        if config.key_field not in [field.get("name") for field in fields]:
            raise Barred(
                f"Queue {config.queue} has no custom field {config.key_field} that this account sees; "
                "make one (one value, for tickets), apply it to the queue, or leave key_field out"
            )
        self._known_field = True


def build(config: Config, around: Surroundings) -> TicketSink:
    """A Request Tracker."""
    return Remote(RequestTracker(config), around, config)
