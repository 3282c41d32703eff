"""The simplest ticket system there can be, with its `TicketSystem`: what the suite says of `Remote` itself."""

from pydantic import SecretStr

from service_desk.ports import TicketRef
from service_desk.remote.config import RemoteConfig
from service_desk.remote.http import Http
from service_desk.remote.ports import Attachment, Seen
from service_desk.remote.ticket import Remote
from tests.service_desk.sinks.there import Reply, There, Ticket

TOKEN = "s3cret-t0ken"


class Config(RemoteConfig):
    token: SecretStr


class Plain:
    def __init__(self, config, lags=False):
        token = config.token.get_secret_value()
        self._http = Http(config, {"Authorization": f"Bearer {token}"}, [token])
        self.search_lags = lags

    async def find(self, key):
        found = (await self._http.ask("GET", "/tickets", params={"key": key})).json()
        return self._ref(found[0]) if found else None

    async def create(self, draft):
        body = {"key": draft.key, "title": draft.title, "text": draft.text, "priority": draft.priority}
        return self._ref((await self._http.ask("POST", "/tickets", body=body)).json()["number"])

    async def look(self, number):
        answer = await self._http.ask("GET", f"/tickets/{number}", also=(404,))
        if answer.status == 404:
            return None
        known = answer.json()
        return Seen(self._ref(number), known["state"], known["assignee"], answer.headers["etag"])

    async def said(self, number, mark):
        known = (await self._http.ask("GET", f"/tickets/{number}")).json()
        return any(mark in said for said in (*known["notes"], *known["files"]))

    async def add(self, number, note):
        file = note.file or Attachment("", "", b"")
        body = {"text": note.text, "name": file.name, "type": file.media_type, "data": file.data.decode()}
        await self._http.ask("POST", f"/tickets/{number}/notes", body=body)

    async def change(self, seen, *, state=None, priority=None):
        body = {name: value for name, value in (("state", state), ("priority", priority)) if value}
        await self._http.ask("PATCH", f"/tickets/{seen.ref.number}", body=body, headers={"If-Match": seen.version})

    def _ref(self, number):
        return TicketRef(number, f"{self._http.url}/tickets/{number}")


def build(config, around):
    return Remote(Plain(config), around, config)


class System(There):
    def settings(self):
        return {"url": self.url, "token": SecretStr(TOKEN)}

    def answer(self, request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"error": f"who is {request.headers.get('authorization')}?"})
        _, _, *rest = request.path.split("/")
        if not rest:
            return self._all(request)
        ticket = self.tickets.get(rest[0])
        return self._one(request, ticket) if ticket else Reply(404)

    def _one(self, request, ticket):
        if request.method == "GET":
            known = {
                "state": ticket.state,
                "assignee": ticket.assignee,
                "notes": ticket.notes,
                "files": [name for name, _, _ in ticket.files],
            }
            return Reply(200, known, {"ETag": str(ticket.version)})
        if request.method == "POST":
            note = request.json
            ticket.notes.append(note["text"])
            if note["name"]:
                ticket.files.append((note["name"], note["type"], note["data"].encode()))
            return Reply(201)
        if request.headers["if-match"] != str(ticket.version):
            return Reply(412)
        ticket.state, ticket.priority = (
            request.json.get("state", ticket.state),
            request.json.get("priority", ticket.priority),
        )
        ticket.version += 1
        return Reply(204)

    def _all(self, request):
        if request.method == "GET":
            return Reply(200, [ticket.number for ticket in self.found(request.query["key"])])
        made = Ticket(str(len(self.tickets) + 1), **request.json)
        self.tickets[made.number] = made
        return Reply(201, {"number": made.number})
