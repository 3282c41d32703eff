"""A Jira Service Management Cloud made from what is published.

developer.atlassian.com: Jira Service Management Cloud REST API (request, request comment), Jira Cloud platform REST API
2 (issue, transitions, attachments, `search/jql`), "Search After Write with Search And Reconcile". Its workflow is the
one of a new service project, shortened.
"""

import base64
import re
from itertools import count

from pydantic import SecretStr

from tests.service_desk.sinks.there import Reply, There, Ticket

EMAIL, TOKEN = "wardkeeper@linden.example", "jira-token"
DESK, REQUEST_TYPE, PROJECT = "10", "25", "FAC"
STATUSES = {"open": "Waiting for support", "solved": "Resolved", "closed": "Closed"}
CATEGORIES = {"Waiting for support": "new", "Resolved": "done", "Closed": "done"}
TRANSITIONS = {
    "open": [("31", "Cancel", "Closed"), ("21", "Resolve", "Resolved")],
    "solved": [("41", "Close", "Closed"), ("51", "Back to support", "Waiting for support")],
    "closed": [],
}
PRIORITIES = {"high": "High", "medium": "Medium", "low": "Low"}


class System(There):
    lags = True
    compares = False
    cloud = True

    def __init__(self):
        self._ids, self.public = count(1), set()
        super().__init__()

    def settings(self):
        account = {"username": EMAIL, "token": SecretStr(TOKEN)}
        where = {"project": PROJECT, "service_desk": DESK, "request_type": REQUEST_TYPE}
        return {"url": self.url, "priority": True} | account | where

    def writes(self, request):
        return request.method != "GET" and "/search" not in request.path

    def answer(self, request):  # noqa: PLR0911 - the routes, one a line
        basic = "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != (basic if self.cloud else f"Bearer {TOKEN}"):
            return Reply(401, {"errorMessage": "Client must be authenticated to access this resource."})
        match request.method, request.path.split("/")[2:]:
            case "POST", ["servicedeskapi", "request"]:
                return self._create(request.json)
            case "POST", ["api", "2", "search", "jql"] if self.cloud:
                return self._search(request.json, {"isLast": True})
            case "POST", ["api", "2", "search"] if not self.cloud:
                return self._search(request.json, {"startAt": 0, "maxResults": 50, "total": 1})
            case _, ["servicedeskapi", "request", key, *_] if key not in self.tickets:
                return Reply(404, {"errorMessage": "The request does not exist, or you cannot see it."})
            case method, ["servicedeskapi", "request", key, "comment"]:
                return self._comments(self.tickets[key], request, method)
            case method, ["api", "2", "issue", key, *rest] if key in self.tickets:
                return self._issue(self.tickets[key], request, method, rest)
        return _errors(404, "Issue does not exist or you do not have permission to see it.")

    def _create(self, asked):
        if set(asked) - {"serviceDeskId", "requestTypeId", "requestFieldValues", "raiseOnBehalfOf"}:
            return Reply(400, {"errorMessage": f"Unrecognized field: {sorted(asked)}"})
        if (asked.get("serviceDeskId"), asked.get("requestTypeId")) != (DESK, REQUEST_TYPE):
            return Reply(400, {"errorMessage": "The request type does not exist in this service desk."})
        values = asked["requestFieldValues"]
        if set(values) - {"summary", "description", "priority"} or not values.get("summary"):
            return Reply(400, {"errorMessage": "Summary is required, and no other field is on the request type."})
        key = f"{PROJECT}-{next(self._ids)}"
        marks = re.findall(r"wk-[0-9a-f]{16}", values["description"])
        self.tickets[key] = Ticket(key, marks[-1], values["summary"], values["description"])
        self._set_priority(self.tickets[key], values)
        links = {"web": f"{self.url}/servicedesk/customer/portal/{DESK}/{key}"}
        status = {"status": STATUSES["open"], "statusCategory": "NEW"}
        return Reply(201, {"issueId": "107001", "issueKey": key, "currentStatus": status, "_links": links})

    def _search(self, asked, page):
        """JQL of one form: the text index finds its words, in the order of their making."""
        words = rf'project = "{PROJECT}" AND description ~ "\\"(wk-[0-9a-f]+)\\"" ORDER BY created ASC'
        found = re.fullmatch(words, asked["jql"])
        if found is None or set(asked) - {"jql", "fields", "maxResults"}:
            return _errors(400, f"Error in the JQL Query: {asked['jql']}")
        issues = [{"key": one.number, "fields": {"description": one.text}} for one in self.found(found[1])]
        return Reply(200, {"issues": issues} | page)

    def _comments(self, ticket, request, method):
        if method == "GET":
            start, limit = int(request.query["start"]), min(int(request.query["limit"]), 2)
            page = [{"body": note, "public": note in self.public} for note in ticket.notes[start : start + limit]]
            last = start + limit >= len(ticket.notes)
            return Reply(200, {"size": len(page), "start": start, "limit": limit, "isLastPage": last, "values": page})
        if set(request.json) - {"body", "public"} or not request.json.get("body"):
            return Reply(400, {"errorMessage": "The comment has no body."})
        ticket.notes.append(request.json["body"])
        if request.json.get("public", True):
            self.public.add(ticket.notes[-1])
        return Reply(201, request.json)

    def _issue(self, ticket, request, method, rest):  # noqa: PLR0911 - the routes, one a line
        known = TRANSITIONS[ticket.state]
        match method, rest:
            case "GET", []:
                fields = {"status": _status(STATUSES[ticket.state])}
                fields["assignee"] = {"displayName": ticket.assignee} if ticket.assignee else None
                fields["attachment"] = [{"filename": name} for name, _, _ in ticket.files]
                asked = request.query["fields"].split(",")
                return Reply(200, {"key": ticket.number, "fields": {name: fields[name] for name in asked}})
            case "PUT", []:
                return self._set_priority(ticket, request.json["fields"])
            case "GET", ["transitions"]:
                shown = [{"id": each, "name": name, "to": _status(to)} for each, name, to in known]
                return Reply(200, {"transitions": shown})
            case "POST", ["transitions"]:
                for each, _, to in known:
                    if request.json == {"transition": {"id": each}}:
                        ticket.state = next(ours for ours, theirs in STATUSES.items() if theirs == to)
                        return Reply(204)
                return _errors(400, "It is not on the appropriate step to perform this transition.")
            case "POST", ["attachments"]:
                if request.headers.get("x-atlassian-token") != "no-check":
                    return Reply(403, {"message": "XSRF check failed"})
                ticket.files.append(request.form["file"])
                return Reply(200, [{"filename": ticket.files[-1][0]}])
        return _errors(404, "null for uri")

    @staticmethod
    def _set_priority(ticket, values):
        named = [ours for ours, theirs in PRIORITIES.items() if values.get("priority") == {"name": theirs}]
        if not named:
            return _errors(400, priority="The priority selected is invalid.")
        (ticket.priority,) = named
        return Reply(204)


def _status(name):
    return {"name": name, "statusCategory": {"key": CATEGORIES[name]}}


def _errors(status, *messages, **fields):
    return Reply(status, {"errorMessages": list(messages), "errors": fields})
