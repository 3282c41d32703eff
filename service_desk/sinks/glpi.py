"""GLPI: a ticket, told by private followups; `version` 1 is `apirest.php`, 2 the high-level API of GLPI 11.

Documents: https://github.com/glpi-project/glpi `apirest.md` and `resources/api_doc.MD`. Unproven: tested against
fakes made from them and the schemas in the source. The key is the ticket's external id (GLPI 10 and newer), asked of
the database: nothing lags. Version 1 logs in with a user token (`initSession`) and an application's; version 2 with
OAuth2's password grant, and takes no files: the chart stays here. Status 5 is solved and can be opened again, 6 is
closed. No versions are compared.
"""

import json
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any, Literal, Self

import msgspec
from pydantic import Field, SecretStr, model_validator

from collector.clock import monotonic
from collector.errors import Refused
from service_desk.ports import TicketRef
from service_desk.remote.config import RemoteConfig
from service_desk.remote.errors import Barred
from service_desk.remote.http import Answer, Http, T
from service_desk.remote.ports import Attachment, Draft, Note, Seen, State
from service_desk.remote.ticket import Remote
from service_desk.surroundings import Surroundings

PROVEN = False

_URGENCY = {"high": 4, "medium": 3, "low": 2}
_NEW, _ASSIGNED, _SOLVED, _CLOSED = 1, 2, 5, 6
_STATES: dict[int, State] = {_SOLVED: "solved", _CLOSED: "closed"}
_ASSIGNEE = 2
"""What a person of a ticket is there for: 1 asked, 2 works on it, 3 watches."""
_NOT_TAKEN = b"Failed to "
_SESSION_S = 300.0
"""A session of version 1 is used no longer; the server ends one after 24 idle minutes by default."""


class Config(RemoteConfig):
    """`version` says which of the secrets are needed."""

    version: Literal[1, 2] = Field(description="1: apirest.php; 2: the high-level API of GLPI 11.")
    app_token: SecretStr | None = Field(None, description="Version 1: token of the API client.")
    user_token: SecretStr | None = Field(None, description="Version 1: the account's remote access key.")
    client_id: str = Field("", description="Version 2: id of the OAuth client, which allows the password grant.")
    client_secret: SecretStr | None = Field(None, description="Version 2: its secret.")
    username: str = Field("", description="Version 2: the account.")
    password: SecretStr | None = Field(None, description="Version 2: its password.")
    category: int | None = Field(None, ge=1, description="Id of the ITIL category of new tickets.")

    @model_validator(mode="after")
    def _the_secrets_of_its_version(self) -> Self:
        first = ("app_token", "user_token")
        needed = first if self.version == 1 else ("client_id", "client_secret", "username", "password")
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"version {self.version} needs {', '.join(missing)}")
        return self


class _Made(msgspec.Struct):
    id: int


class _Row(msgspec.Struct):
    """A ticket of version 1."""

    id: int
    status: int
    externalid: str | None = None
    is_deleted: int | bool = False


class _Actor(msgspec.Struct):
    users_id: str | int
    type: int


class _Followup(msgspec.Struct):
    content: str | None = None


class _Document(msgspec.Struct):
    """`documents_id` is its name, as was asked."""

    documents_id: str | int


class _Session(msgspec.Struct):
    session_token: str


class _Status(msgspec.Struct):
    id: int


class _Member(msgspec.Struct):
    type: str
    role: str
    name: str | None = None


class _Ticket(msgspec.Struct):
    """A ticket of version 2."""

    id: int
    status: _Status
    external_id: str | None = None
    is_deleted: bool = False
    team: list[_Member] = []


class _Turn(msgspec.Struct):
    """An entry of the timeline."""

    item: _Followup


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float


class _Login:
    """What `log_in` gave: headers, and for how many seconds they are good. Asked for again then, and when barred."""

    def __init__(self, http: Http, log_in: Callable[[], Awaitable[tuple[dict[str, str], float]]]) -> None:
        self._http, self._log_in = http, log_in
        self._headers: dict[str, str] = {}
        self._until = 0.0

    async def ask(self, method: str, path: str, **what: Any) -> Answer:  # noqa: ANN401 - as `Http.ask` takes it
        """As `Http.ask`, logged in."""
        if monotonic() >= self._until:
            try:
                self._headers, good_s = await self._log_in()
            except Refused as no:
                raise Barred(f"GLPI does not let us in: {no}; check the account and the client") from None
            self._until = monotonic() + good_s
        try:
            return await self._http.ask(method, path, headers=self._headers, **what)
        except Barred:
            self._until = 0.0
            raise


class Legacy:
    """A `TicketSystem` over `apirest.php`."""

    search_lags = False

    def __init__(self, config: Config) -> None:
        """`config` of version 1."""
        app, user = _secret(config.app_token), _secret(config.user_token)
        self._config = config
        self._http = Http(config, {"App-Token": app}, [app, user])
        self._login = _Login(self._http, self._log_in)

    async def find(self, key: str) -> TicketRef | None:
        """By its external id."""
        params = {"searchText[externalid]": f"^{key}$"}
        answer = await self._login.ask("GET", "/apirest.php/Ticket", params=params)
        found = [each.id for each in answer.read(list[_Row]) if each.externalid == key]
        return _ref(self._http, min(found)) if found else None

    async def create(self, draft: Draft) -> TicketRef:
        """A ticket of type incident."""
        body: dict[str, Any] = {"name": draft.title, "content": draft.html, "externalid": draft.key}
        body |= {"urgency": _URGENCY[draft.priority], "type": 1}
        body |= {"itilcategories_id": self._config.category} if self._config.category else {}
        answer = await self._login.ask("POST", "/apirest.php/Ticket", body={"input": body})
        return _ref(self._http, answer.read(_Made).id)

    async def look(self, number: str) -> Seen | None:
        """Its status, and who is there to work on it."""
        answer = await self._login.ask("GET", f"/apirest.php/Ticket/{number}", also=(404,))
        if answer.status == 404 or (known := answer.read(_Row)).is_deleted:
            return None
        people = await self._sub_items(number, "Ticket_User", list[_Actor])
        names = [str(each.users_id) for each in people if each.type == _ASSIGNEE]
        return Seen(_ref(self._http, number), _STATES.get(known.status, "open"), names[0] if names else "")

    async def said(self, number: str, mark: str) -> bool:
        """In a followup, which is told after a file."""
        told = await self._sub_items(number, "ITILFollowup", list[_Followup])
        return any(mark in (each.content or "") for each in told)

    async def add(self, number: str, note: Note) -> None:
        """The file, unless it is there, and then the followup."""
        about = {"itemtype": "Ticket", "items_id": int(number)}
        if note.file and not await self._has(number, note.file):
            manifest = {"input": about | {"name": note.file.name, "_filename": [note.file.name]}}
            file = (note.file.name, note.file.data, note.file.media_type)
            files = {"uploadManifest": json.dumps(manifest), "filename[0]": file}
            await self._login.ask("POST", "/apirest.php/Document", files=files)
        body = about | {"content": _html(note.text), "is_private": 1}
        await self._login.ask("POST", "/apirest.php/ITILFollowup", body={"input": body})

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """Status and urgency."""
        body = {"status": _status(state, seen)} if state else {}
        body |= {"urgency": _URGENCY[priority]} if priority else {}
        await self._login.ask("PUT", f"/apirest.php/Ticket/{seen.ref.number}", body={"input": body})

    async def _has(self, number: str, file: Attachment) -> bool:
        there = await self._sub_items(number, "Document_Item", list[_Document])
        return any(each.documents_id == file.name for each in there)

    async def _sub_items(self, number: str, name: str, kind: type[T]) -> T:
        """All of one kind, with names instead of ids."""
        params = {"expand_dropdowns": "true", "range": "0-999"}
        return (await self._login.ask("GET", f"/apirest.php/Ticket/{number}/{name}", params=params)).read(kind)

    async def _log_in(self) -> tuple[dict[str, str], float]:
        user = {"Authorization": f"user_token {_secret(self._config.user_token)}"}
        known = (await self._http.ask("GET", "/apirest.php/initSession", headers=user)).read(_Session)
        return {"Session-Token": known.session_token}, _SESSION_S


class HighLevel:
    """A `TicketSystem` over `api.php/v2`."""

    search_lags = False

    def __init__(self, config: Config) -> None:
        """`config` of version 2."""
        self._config = config
        self._http = Http(config, {}, [_secret(config.client_secret), _secret(config.password)])
        self._login = _Login(self._http, self._log_in)

    async def find(self, key: str) -> TicketRef | None:
        """By its external id."""
        params = {"filter": f"external_id=={key}"}
        answer = await self._login.ask("GET", "/api.php/v2/Assistance/Ticket", params=params)
        found = [each.id for each in answer.read(list[_Ticket]) if each.external_id == key]
        return _ref(self._http, min(found)) if found else None

    async def create(self, draft: Draft) -> TicketRef:
        """A ticket of type incident."""
        body: dict[str, Any] = {"name": draft.title, "content": draft.html, "external_id": draft.key}
        body |= {"urgency": _URGENCY[draft.priority], "type": 1}
        body |= {"category": {"id": self._config.category}} if self._config.category else {}
        answer = await self._write("POST", "/api.php/v2/Assistance/Ticket", body)
        return _ref(self._http, answer.read(_Made).id)

    async def look(self, number: str) -> Seen | None:
        """Its status and its team."""
        answer = await self._login.ask("GET", f"/api.php/v2/Assistance/Ticket/{number}", also=(404,))
        if answer.status == 404 or (known := answer.read(_Ticket)).is_deleted:
            return None
        names = [each.name or "somebody" for each in known.team if (each.type, each.role) == ("User", "assigned")]
        return Seen(_ref(self._http, number), _STATES.get(known.status.id, "open"), names[0] if names else "")

    async def said(self, number: str, mark: str) -> bool:
        """In a followup."""
        answer = await self._login.ask("GET", f"/api.php/v2/Assistance/Ticket/{number}/Timeline/Followup")
        return any(mark in (each.item.content or "") for each in answer.read(list[_Turn]))

    async def add(self, number: str, note: Note) -> None:
        """The followup; a file has no way in."""
        body = {"content": _html(note.text), "is_private": True}
        await self._write("POST", f"/api.php/v2/Assistance/Ticket/{number}/Timeline/Followup", body)

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """Status and urgency."""
        body: dict[str, Any] = {"status": {"id": _status(state, seen)}} if state else {}
        body |= {"urgency": _URGENCY[priority]} if priority else {}
        await self._write("PATCH", f"/api.php/v2/Assistance/Ticket/{seen.ref.number}", body)

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """It answers 500 too when it does not take something, and says so."""
        answer = await self._login.ask(method, path, body=body, also=(500,))
        if answer.status == 500:
            if _NOT_TAKEN in answer.body:
                raise Refused(f"GLPI does not take this: {answer.body.decode(errors='replace')[:200]}")
            raise self._http.meaning(method, answer)
        return answer

    async def _log_in(self) -> tuple[dict[str, str], float]:
        config = self._config
        body = {"grant_type": "password", "client_id": config.client_id, "username": config.username, "scope": "api"}
        body |= {"client_secret": _secret(config.client_secret), "password": _secret(config.password)}
        known = (await self._http.ask("POST", "/api.php/token", body=body)).read(_Token)
        return {"Authorization": f"Bearer {known.access_token}"}, 0.9 * known.expires_in


def build(config: Config, around: Surroundings) -> Remote:
    """Tickets in GLPI."""
    return Remote(Legacy(config) if config.version == 1 else HighLevel(config), around, config)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _status(state: State, seen: Seen) -> int:
    if state == "open":
        return _ASSIGNED if seen.assignee else _NEW
    return _SOLVED


def _html(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _ref(http: Http, number: int | str) -> TicketRef:
    return TicketRef(str(number), f"{http.url}/front/ticket.form.php?id={number}")
