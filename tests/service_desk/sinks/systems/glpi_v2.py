"""A GLPI 11 with its high-level API, made from what is published; stricter: the real one drops unknown fields.

`resources/api_doc.MD` of github.com/glpi-project/glpi (OAuth2's password grant, RSQL). For facts the schemas of Ticket
and Followup in `src/Glpi/Api/HL/Controller/ITILController.php`, and the error bodies in `AbstractController.php`.
"""

from pydantic import SecretStr

from service_desk.sinks.glpi import Config, build
from tests.service_desk.sinks.systems import glpi
from tests.service_desk.sinks.there import Reply

__all__ = ["Config", "System", "build"]

CLIENT, CLIENT_SECRET, USERNAME, PASSWORD = "client", "glpi-client-secret", "wardkeeper", "glpi-password"


class System(glpi.System):
    takes_files = False

    def settings(self):
        client = {"client_id": CLIENT, "client_secret": SecretStr(CLIENT_SECRET)}
        account = {"username": USERNAME, "password": SecretStr(PASSWORD)}
        return {"url": self.url, "version": 2, "category": glpi.CATEGORY} | client | account

    def writes(self, request):
        return request.method != "GET" and request.path != "/api.php/token"

    def answer(self, request):  # noqa: C901, PLR0911 - the routes, one a line
        if request.path == "/api.php/token":
            return self._token(request.json)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.sessions:
            return _problem(401, "ERROR_UNAUTHENTICATED", "You are not authenticated")
        match request.method, request.path.split("/")[3:]:
            case "POST", ["Assistance", "Ticket"]:
                return _link(self.add(_input(request.json)))
            case "GET", ["Assistance", "Ticket"]:
                field, _, value = request.query["filter"].partition("==")
                if field != "external_id":
                    return _problem(400, "ERROR_INVALID_PARAMETER", "Invalid RSQL filter")
                return Reply(200, [self._shown(each) for each in self.tickets.values() if each.key == value])
            case _, ["Assistance", "Ticket", number, *_] if number not in self.tickets:
                return _problem(404, "ERROR_ITEM_NOT_FOUND", "Not found")
            case "GET", ["Assistance", "Ticket", number]:
                return Reply(200, self._shown(self.tickets[number]))
            case "PATCH", ["Assistance", "Ticket", number]:
                if self.change(self.tickets[number], _input(request.json)).status != 200:
                    return _problem(400, "ERROR_INVALID_PARAMETER", "Invalid input parameters")
                return Reply(200, self._shown(self.tickets[number]))
            case "GET", ["Assistance", "Ticket", number, "Timeline", "Followup"]:
                notes = [note.replace("\n", "<br>") for note in self.tickets[number].notes]
                return Reply(200, [{"type": "Followup", "item": {"content": note}} for note in notes])
            case "POST", ["Assistance", "Ticket", number, "Timeline", "Followup"]:
                return _link(self.follow(request.json | {"itemtype": "Ticket", "items_id": int(number)}))
        return _problem(404, "ERROR", "Not found")

    def _token(self, asked):
        if (asked["grant_type"], asked["client_id"], asked["client_secret"]) != ("password", CLIENT, CLIENT_SECRET):
            return Reply(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        if (asked["username"], asked["password"], asked["scope"]) != (USERNAME, PASSWORD, "api"):
            return Reply(400, {"error": "invalid_grant", "error_description": "The user credentials were incorrect."})
        self.sessions.add(token := f"token-{next(self._ids)}")
        return Reply(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token})

    def _shown(self, ticket):
        row = self.row(ticket)
        team = [{"id": 5, "name": ticket.assignee, "type": "User", "role": "assigned"}] if ticket.assignee else []
        return row | {"external_id": row.pop("externalid"), "status": {"id": row["status"]}, "team": team}


def _input(asked):
    """As GLPI maps what its schema says to its own fields."""
    names = {"external_id": "externalid", "category": "itilcategories_id"}
    return {names.get(name, name): value["id"] if isinstance(value, dict) else value for name, value in asked.items()}


def _link(done):
    if done.status != 201:
        return _problem(500, "ERROR", "Failed to create item(s)")
    return Reply(200, {"id": done.body["id"], "href": "/"})


def _problem(status, code, title):
    return Reply(status, {"status": code, "title": title, "detail": None})
