"""ServiceNow: an incident, told by work notes.

Documents: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html and …/c_AttachmentAPI.html.
Unproven: tested against a fake made from them. The key is `correlation_id`, found with an exact query of the table:
nothing lags. ServiceNow ignores what of a query is not valid, so that every answer is compared once more. State 6 is
resolved and can be opened again, 7 closed and 8 canceled are history (KB0564465). It compares no versions. Its limits
are the instance's own: 429 with Retry-After.
"""

import msgspec
from pydantic import Field, SecretStr
from urllib3.util import make_headers

from collector.errors import Refused
from service_desk.ports import TicketRef
from service_desk.remote.config import RemoteConfig
from service_desk.remote.http import Http
from service_desk.remote.ports import Draft, Note, Seen, State
from service_desk.remote.ticket import Remote
from service_desk.surroundings import Surroundings

PROVEN = False

_INCIDENT = "/api/now/table/incident"
_URGENCY = {"high": "1", "medium": "2", "low": "3"}
_STATES: dict[str, State] = {"6": "solved", "7": "closed", "8": "closed"}
_IN_PROGRESS, _RESOLVED = "2", "6"
_NOT_THIS = (b"Data Policy Exception", b"ACL Exception")
"""What a 403 says when it is about one record, not about the account."""
_TITLE = 160
"""Characters of `short_description`; more is cut off over there."""


class Config(RemoteConfig):
    """An account with the role itil, and what every incident needs."""

    username: str = Field(description="Account that may create and change incidents and their attachments.")
    password: SecretStr = Field(description="Its password.")
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Further fields of every new incident, such as caller_id, assignment_group and category; "
        "records by their sys_id.",
    )
    impact: str = Field("2", pattern="^[123]$", description="Impact of new incidents; with urgency it gives priority.")
    resolution_code: str = Field("Solution provided", description="A resolution code that the instance knows.")


class _Field(msgspec.Struct):
    """As `sysparm_display_value=all` shows one."""

    value: str
    display_value: str


class _Incident(msgspec.Struct):
    sys_id: _Field
    number: _Field
    state: _Field
    correlation_id: _Field
    assigned_to: _Field
    work_notes: _Field


class _Incidents(msgspec.Struct):
    result: list[_Incident]


class _Number(msgspec.Struct):
    number: str


class _Written(msgspec.Struct):
    result: _Number


class _File(msgspec.Struct):
    file_name: str


class _Files(msgspec.Struct):
    result: list[_File]


class ServiceNow:
    """A `TicketSystem`."""

    search_lags = False

    def __init__(self, config: Config) -> None:
        """`config` names the account."""
        password = config.password.get_secret_value()
        headers = make_headers(basic_auth=f"{config.username}:{password}")
        self._config = config
        self._http = Http(config, headers, [password, headers["authorization"].partition(" ")[2]])

    async def find(self, key: str) -> TicketRef | None:
        """By its correlation."""
        found = await self._incidents("correlation_id", key)
        return self._ref(found[0].number.value) if found else None

    async def create(self, draft: Draft) -> TicketRef:
        """An incident."""
        body = self._config.fields | {
            "short_description": draft.title[:_TITLE],
            "description": draft.text,
            "correlation_id": draft.key,
            "correlation_display": "Wardkeeper",
            "urgency": _URGENCY[draft.priority],
            "impact": self._config.impact,
        }
        return self._ref(await self._write("POST", _INCIDENT, body))

    async def look(self, number: str) -> Seen | None:
        """By its number."""
        found = await self._incidents("number", number)
        if not found:
            return None
        return Seen(self._ref(number), _STATES.get(found[0].state.value, "open"), found[0].assigned_to.display_value)

    async def said(self, number: str, mark: str) -> bool:
        """In the journal of work notes, which is told after a file."""
        return mark in (await self._incident(number)).work_notes.display_value

    async def add(self, number: str, note: Note) -> None:
        """The file, unless it is there, and then the work note."""
        sys_id = (await self._incident(number)).sys_id.value
        if file := note.file:
            query = {"sysparm_query": f"table_sys_id={sys_id}^file_name={file.name}"}
            there = (await self._http.ask("GET", "/api/now/attachment", params=query)).read(_Files)
            if not any(each.file_name == file.name for each in there.result):
                where = {"table_name": "incident", "table_sys_id": sys_id, "file_name": file.name}
                kind = {"Content-Type": file.media_type}
                await self._http.ask("POST", "/api/now/attachment/file", params=where, body=file.data, headers=kind)
        await self._write("PATCH", f"{_INCIDENT}/{sys_id}", {"work_notes": note.text})

    async def change(self, seen: Seen, *, state: State | None = None, priority: str | None = None) -> None:
        """Its state, with what a resolved incident must say, and its urgency."""
        body = {"urgency": _URGENCY[priority]} if priority else {}
        if state == "open":
            body["state"] = _IN_PROGRESS
        elif state is not None:
            code = self._config.resolution_code
            body |= {"state": _RESOLVED, "close_code": code, "close_notes": "All stays normal."}
        sys_id = (await self._incident(seen.ref.number)).sys_id.value
        await self._write("PATCH", f"{_INCIDENT}/{sys_id}", body)

    async def _write(self, method: str, path: str, body: dict[str, str]) -> str:
        """The incident's number. 403 is not only for who may not come in: a policy refuses this one thing with it."""
        answer = await self._http.ask(method, path, params={"sysparm_fields": "number"}, body=body, also=(403,))
        if answer.status == 403:
            if any(words in answer.body for words in _NOT_THIS):
                raise Refused(f"ServiceNow does not take this: {answer.body.decode(errors='replace')[:300]}")
            raise self._http.meaning(method, answer)
        return answer.read(_Written).result.number

    async def _incident(self, number: str) -> _Incident:
        found = await self._incidents("number", number)
        if not found:
            raise Refused(f"ServiceNow has no incident {number} any more")
        return found[0]

    async def _incidents(self, field: str, value: str) -> list[_Incident]:
        """Those whose `field` is `value`, oldest first; each of their fields as value and display_value."""
        params = {
            "sysparm_query": f"{field}={value}^ORDERBYsys_created_on",
            "sysparm_fields": ",".join(_Incident.__struct_fields__),
            "sysparm_display_value": "all",
            "sysparm_limit": "10",
        }
        found = (await self._http.ask("GET", _INCIDENT, params=params)).read(_Incidents).result
        return [each for each in found if getattr(each, field).value == value]

    def _ref(self, number: str) -> TicketRef:
        return TicketRef(number, f"{self._http.url}/incident.do?sysparm_query=number={number}")


def build(config: Config, around: Surroundings) -> Remote:
    """Incidents in ServiceNow."""
    return Remote(ServiceNow(config), around, config)
