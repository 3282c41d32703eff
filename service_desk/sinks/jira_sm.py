"""Jira Service Management, Cloud and Data Center: a request, told by internal comments.

Documents: https://developer.atlassian.com/cloud/jira/service-desk/rest/ (request, request comment) and
https://developer.atlassian.com/cloud/jira/platform/rest/v2/ (issue, transitions, attachments, search). Unproven:
tested against a fake made from them. The key is the last line of the description. Cloud's search lags "from a few
seconds to minutes" behind ("Search After Write"), and a cluster's nodes copy their indexes: where no answer came, not
finding the request means little. Cloud asks `search/jql`, Data Center `search`. The workflow says what leads where; a
status of the category "done" is solved, unless the settings call it history. It compares no versions.
"""

from typing import Any, Literal

import msgspec
from pydantic import Field, SecretStr
from urllib3.util import make_headers

from collector.errors import Refused
from service_desk.ports import TicketRef
from service_desk.remote.config import RemoteConfig
from service_desk.remote.http import Http
from service_desk.remote.ports import Attachment, Draft, Note, Seen, State
from service_desk.remote.ticket import Remote
from service_desk.surroundings import Surroundings

PROVEN = False

_PRIORITY = {"high": "High", "medium": "Medium", "low": "Low"}
_DONE = "done"
"""The category of a status in which nothing is left to do."""


class Config(RemoteConfig):
    """An agent's account, and which request is made."""

    deployment: Literal["cloud", "data_center"] = Field("cloud", description="Where Jira runs.")
    username: str = Field("", description="Cloud: the account's mail address.")
    token: SecretStr = Field(description="Cloud: an API token of that account; Data Center: a personal access token.")
    project: str = Field(pattern="^[A-Za-z][A-Za-z0-9_]*$", description="Key of the service project: FAC.")
    service_desk: str = Field(pattern="^[0-9]+$", description="Number of the service desk of that project.")
    request_type: str = Field(pattern="^[0-9]+$", description="Number of a request type with summary and description.")
    priority: bool = Field(
        default=False,
        description="Set the priority (High, Medium, Low); it must be a field of the request type and the edit screen.",
    )
    solved_status: str = Field("Resolved", description="The status of a request that is done.")
    closed_statuses: list[str] = Field(["Closed", "Canceled"], description="Statuses that are history.")


class _Category(msgspec.Struct):
    key: str


class _Status(msgspec.Struct):
    name: str
    category: _Category = msgspec.field(name="statusCategory")


class _Person(msgspec.Struct):
    name: str = msgspec.field(name="displayName")


class _File(msgspec.Struct):
    filename: str


class _Fields(msgspec.Struct):
    """Those that were asked for."""

    status: _Status | None = None
    assignee: _Person | None = None
    description: str | None = None
    attachment: list[_File] = []


class _Issue(msgspec.Struct):
    key: str
    fields: _Fields


class _Issues(msgspec.Struct):
    issues: list[_Issue]


class _Made(msgspec.Struct):
    key: str = msgspec.field(name="issueKey")


class _Comment(msgspec.Struct):
    body: str


class _Comments(msgspec.Struct):
    values: list[_Comment]
    last: bool = msgspec.field(name="isLastPage")


class _Transition(msgspec.Struct):
    id: str
    to: _Status


class _Transitions(msgspec.Struct):
    transitions: list[_Transition]


class JiraServiceManagement:
    """A `TicketSystem`."""

    search_lags = True

    def __init__(self, config: Config) -> None:
        """`config` names the account and the request."""
        token, cloud = config.token.get_secret_value(), config.deployment == "cloud"
        headers = (
            make_headers(basic_auth=f"{config.username}:{token}") if cloud else {"authorization": f"Bearer {token}"}
        )
        self._config = config
        self._search = "/rest/api/2/search/jql" if cloud else "/rest/api/2/search"
        self._http = Http(config, headers, [token, headers["authorization"].partition(" ")[2]])

    async def find(self, key: str) -> TicketRef | None:
        """By the words of its description."""
        jql = f'project = "{self._config.project}" AND description ~ "\\"{key}\\"" ORDER BY created ASC'
        body = {"jql": jql, "fields": ["description"], "maxResults": 50}
        issues = (await self._http.ask("POST", self._search, body=body)).read(_Issues).issues
        found = [each for each in issues if key in (each.fields.description or "")]
        return self._ref(found[0].key) if found else None

    async def create(self, draft: Draft) -> TicketRef:
        """A request."""
        values: dict[str, Any] = {"summary": draft.title, "description": f"{draft.text}\n\n{draft.key}"}
        values |= {"priority": {"name": _PRIORITY[draft.priority]}} if self._config.priority else {}
        body = {
            "serviceDeskId": self._config.service_desk,
            "requestTypeId": self._config.request_type,
            "requestFieldValues": values,
        }
        answer = await self._http.ask("POST", "/rest/servicedeskapi/request", body=body)
        return self._ref(answer.read(_Made).key)

    async def look(self, number: str) -> Seen | None:
        """By its key."""
        params = {"fields": "status,assignee"}
        answer = await self._http.ask("GET", f"/rest/api/2/issue/{number}", params=params, also=(404,))
        if answer.status == 404:
            return None
        fields = answer.read(_Issue).fields
        return Seen(self._ref(number), self._state(fields.status), fields.assignee.name if fields.assignee else "")

    async def said(self, number: str, mark: str) -> bool:
        """In a comment, which is told after a file."""
        start, last = 0, False
        while not last:
            params = {"start": str(start), "limit": "100"}
            answer = await self._http.ask("GET", f"/rest/servicedeskapi/request/{number}/comment", params=params)
            page = answer.read(_Comments)
            if any(mark in comment.body for comment in page.values):
                return True
            start, last = start + len(page.values), page.last or not page.values
        return False

    async def add(self, number: str, note: Note) -> None:
        """The file, unless it is there, and then the comment."""
        if note.file and not await self._has(number, note.file):
            path = f"/rest/api/2/issue/{number}/attachments"
            files = {"file": (note.file.name, note.file.data, note.file.media_type)}
            await self._http.ask("POST", path, files=files, headers={"X-Atlassian-Token": "no-check"})
        body = {"body": note.text, "public": False}
        await self._http.ask("POST", f"/rest/servicedeskapi/request/{number}/comment", body=body)

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """By the transition that leads there, and by the issue's priority."""
        issue = f"/rest/api/2/issue/{seen.ref.number}"
        if priority and self._config.priority:
            await self._http.ask("PUT", issue, body={"fields": {"priority": {"name": _PRIORITY[priority]}}})
        if state is None:
            return
        known = (await self._http.ask("GET", f"{issue}/transitions")).read(_Transitions).transitions
        leading = [each.id for each in known if self._leads(each.to, state)]
        if not leading:
            to = "a status that is not done" if state == "open" else self._config.solved_status
            raise Refused(f"Jira's workflow leads this account from where {seen.ref.number} is now not to {to}")
        await self._http.ask("POST", f"{issue}/transitions", body={"transition": {"id": leading[0]}})

    def _leads(self, status: _Status, state: State) -> bool:
        return self._state(status) == "open" if state == "open" else status.name == self._config.solved_status

    async def _has(self, number: str, file: Attachment) -> bool:
        answer = await self._http.ask("GET", f"/rest/api/2/issue/{number}", params={"fields": "attachment"})
        return any(each.filename == file.name for each in answer.read(_Issue).fields.attachment)

    def _state(self, status: _Status | None) -> State:
        if status is None or status.category.key != _DONE:
            return "open"
        return "closed" if status.name in self._config.closed_statuses else "solved"

    def _ref(self, key: str) -> TicketRef:
        return TicketRef(key, f"{self._http.url}/browse/{key}")


def build(config: Config, around: Surroundings) -> Remote:
    """Requests in Jira Service Management."""
    return Remote(JiraServiceManagement(config), around, config)
