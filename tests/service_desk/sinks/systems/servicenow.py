"""A ServiceNow instance made from what is published; stricter: the real one drops fields that it does not know.

www.servicenow.com/docs, API Reference: Table API, Attachment API, Inbound REST API rate limiting. From the first: what
is not valid of a query is ignored, so that a misspelt field finds everything; a journal reads as "", and as all of it
with `sysparm_display_value`. KB0564465: the states. Resolving without a code and notes breaks a data policy (403).
"""

import base64
from itertools import count

from pydantic import SecretStr

from tests.service_desk.sinks.there import Reply, There, Ticket

USERNAME, PASSWORD, CALLER = "wardkeeper", "servicenow-password", "46c6f9efa9fe198101ddf5eed9adf6e7"
STATES = {"open": ("1", "2", "3"), "solved": ("6",), "closed": ("7", "8")}
URGENCY = {"high": "1", "medium": "2", "low": "3"}
CODES = {"Solution provided", "Resolved by caller"}
WRITABLE = {"short_description", "description", "work_notes", "correlation_id", "correlation_display", "state"}
WRITABLE |= {"urgency", "impact", "caller_id", "assignment_group", "category", "close_code", "close_notes"}
LONGEST = {"correlation_id": 100, "short_description": 160}


class System(There):
    compares = False

    def __init__(self):
        self._ids, self.ids, self.resolutions = count(1), {}, []
        super().__init__()

    def settings(self):
        account = {"username": USERNAME, "password": SecretStr(PASSWORD)}
        return {"url": self.url, "fields": {"caller_id": CALLER}} | account

    def answer(self, request):  # noqa: PLR0911 - the routes, one a line
        basic = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return _problem(401, "User is not authenticated", "Required to provide Auth information")
        match request.method, request.path.split("/")[3:]:
            case "POST", ["table", "incident"]:
                return self._insert(request)
            case "GET", ["table", "incident"]:
                found = [one for one in self.tickets.values() if self._matches(one, request.query["sysparm_query"])]
                shown = [self._shown(one, request.query) for one in found[: int(request.query["sysparm_limit"])]]
                return Reply(200, {"result": shown})
            case "PATCH", ["table", "incident", sys_id] if self._by(sys_id):
                return self._patch(self._by(sys_id), request)
            case "GET", ["attachment"]:
                asked = dict(each.split("=", 1) for each in request.query["sysparm_query"].split("^"))
                names = [name for name, _, _ in self._by(asked["table_sys_id"]).files if name == asked["file_name"]]
                return Reply(200, {"result": [{"file_name": name, "table_name": "incident"} for name in names]})
            case "POST", ["attachment", "file"]:
                return self._attach(request)
        return _problem(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")

    def _by(self, sys_id):
        return self.tickets.get(self.ids.get(sys_id))

    def _insert(self, request):
        asked = request.json
        if refused := _refused(asked):
            return refused
        if not asked.get("short_description") or not asked.get("caller_id"):
            words = "Data Policy Exception: The following fields are mandatory: Short description, Caller"
            return _problem(403, "Operation Failed", words)
        number = f"INC{len(self.ids) + 1:07}"
        ticket = Ticket(number, asked["correlation_id"], asked["short_description"], asked["description"])
        self.tickets[number] = ticket
        self.ids[f"{next(self._ids):032x}"] = number
        self._write(ticket, {"urgency": "3"} | asked)
        return Reply(201, {"result": self._shown(ticket, request.query)})

    def _patch(self, ticket, request):
        if refused := _refused(request.json):
            return refused
        if ticket.state == "closed":
            return _problem(403, "Operation Failed", "ACL Exception Update Failed due to security constraints")
        code, notes = request.json.get("close_code"), request.json.get("close_notes")
        if request.json.get("state") == "6" and not (code in CODES and notes):
            words = "Data Policy Exception: The following fields are mandatory: Resolution notes, Resolution code"
            return _problem(403, "Operation Failed", words)
        self._write(ticket, request.json)
        return Reply(200, {"result": self._shown(ticket, request.query)})

    @staticmethod
    def _write(ticket, asked):
        if "work_notes" in asked:
            ticket.notes.append(asked["work_notes"])
        if "state" in asked:
            ticket.state = next(ours for ours, theirs in STATES.items() if asked["state"] in theirs)
        if "urgency" in asked:
            ticket.priority = next(ours for ours, theirs in URGENCY.items() if theirs == asked["urgency"])

    @staticmethod
    def _matches(ticket, query):
        known = {"number": ticket.number, "correlation_id": ticket.key}
        asked = dict(each.split("=", 1) for each in query.split("^") if "=" in each)
        return all(known[name] == value for name, value in asked.items() if name in known)

    def _shown(self, ticket, query):
        sys_id = next(sys_id for sys_id, number in self.ids.items() if number == ticket.number)
        values = {"sys_id": sys_id, "number": ticket.number, "correlation_id": ticket.key, "work_notes": ""}
        values |= {"state": STATES[ticket.state][0], "assigned_to": "681b365ec0a8" if ticket.assignee else ""}
        journal = "\n\n".join(f"2026-11-24 22:00:00 - Wardkeeper (Work notes)\n{note}" for note in ticket.notes[::-1])
        words = {"assigned_to": ticket.assignee, "work_notes": journal}
        if query.get("sysparm_display_value") == "all":
            values = {name: {"display_value": words.get(name, value), "value": value} for name, value in values.items()}
        return {name: values[name] for name in query["sysparm_fields"].split(",") if name in values}

    def _attach(self, request):
        ticket = self._by(request.query["table_sys_id"])
        if ticket is None or request.query["table_name"] != "incident" or not request.body:
            return _problem(400, "Invalid attachment", str(request.query))
        ticket.files.append((request.query["file_name"], request.headers["content-type"], request.body))
        return Reply(201, {"result": {"file_name": request.query["file_name"], "table_name": "incident"}})


def _refused(asked):
    if unknown := set(asked) - WRITABLE:
        return _problem(400, "Unknown fields", str(sorted(unknown)))
    if any(len(asked.get(name, "")) > most for name, most in LONGEST.items()):
        return _problem(400, "Too long", str(LONGEST))  # the real one cuts it off, and a query finds nothing
    return None


def _problem(status, message, detail):
    return Reply(status, {"error": {"message": message, "detail": detail}, "status": "failure"})
