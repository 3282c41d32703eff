"""A Mojo Helpdesk made from what is published.

developer.mojohelpdesk.com (API v2) and github.com/mojohelpdesk/mojohelpdesk-api-doc: the key in the query, fields and
their numbers, staff notes, attachments, search; its example script has 401 for a wrong key. What a refusal looks like
is not said: this one answers 422 with a message.
"""

import re
from itertools import count

from pydantic import SecretStr

from tests.service_desk.sinks.there import Reply, There, Ticket

KEY, QUEUE = "mojo-key", 8
STATES = {"open": (10, 20, 30, 40), "solved": (50,), "closed": (60,)}
PRIORITIES = {"high": 20, "medium": 30, "low": 40}
FIELDS = {"title", "description", "ticket_queue_id", "priority_id", "status_id", "user"}


class System(There):
    """`newest` False: the list is as late as the search."""

    lags = True
    compares = False

    def __init__(self):
        self._ids, self.newest, self.staff_only = count(1), False, set()
        super().__init__()

    def settings(self):
        account = {"access_token": SecretStr(KEY), "queue": QUEUE}
        return {"url": self.url, "requester": "wardkeeper@linden.example"} | account

    def answer(self, request):  # noqa: PLR0911 - the routes, one a line
        if request.query.get("access_key") != KEY:
            return Reply(401, {"error": "Invalid access key"})
        match request.method, request.path.split("/")[3:]:
            case "GET", ["users", "5"]:
                first, _, last = next(one.assignee for one in self.tickets.values() if one.assignee).partition(" ")
                return Reply(200, {"id": 5, "email": "m@linden.example", "first_name": first, "last_name": last})
            case "POST", ["tickets"]:
                return self._create(request.json)
            case "GET", ["tickets"]:
                known = self.tickets.values() if self.newest else [self.tickets[each] for each in self.indexed]
                return Reply(200, [self._shown(each) for each in known][::-1])
            case "GET", ["tickets", "search"]:
                words = re.fullmatch(r'description:\("(wk-[0-9a-f]+)"\)', request.query["query"])
                return Reply(200, [self._shown(each) for each in self.found(words[1])])
            case _, ["tickets", number, *_] if number not in self.tickets:
                return Reply(404, {"error": "Not found"})
            case method, ["tickets", number, *rest]:
                return self._ticket(self.tickets[number], request, method, rest)
        return Reply(404, {"error": "Not found"})

    def _ticket(self, ticket, request, method, rest):  # noqa: PLR0911 - the routes, one a line
        match method, rest:
            case "GET", []:
                return Reply(200, self._shown(ticket))
            case "PUT", []:
                return self._change(ticket, request.json)
            case "GET", ["staff_notes"]:
                return Reply(200, [{"body": note} for note in ticket.notes])
            case "POST", ["staff_notes"] if set(request.json) == {"body"}:
                ticket.notes.append(request.json["body"])
                return Reply(201, request.json)
            case "GET", ["attachments"]:
                return Reply(200, [{"id": 7, "filename": name} for name, _, _ in ticket.files])
            case "POST", ["attachments"]:
                ticket.files.append(request.form["file"])
                if request.query.get("staff_only") == "true":
                    self.staff_only.add(ticket.files[-1][0])
                return Reply(201, {"filename": ticket.files[-1][0]})
        return Reply(422, {"error": "Invalid"})

    def _create(self, asked):
        if asked.get("ticket_queue_id") != QUEUE or "@" not in asked.get("user", {}).get("email", ""):
            return Reply(422, {"error": "Queue and user are required"})
        number = next(self._ids)
        marks = re.findall(r"wk-[0-9a-f]{16}", asked["description"])
        ticket = Ticket(str(number), marks[-1], asked["title"], asked["description"])
        if (done := self._change(ticket, {"priority_id": 30} | asked)).status == 200:
            self.tickets[ticket.number] = ticket
            return Reply(201, done.body)
        return done

    def _change(self, ticket, asked):
        priorities = [ours for ours, theirs in PRIORITIES.items() if asked.get("priority_id") == theirs]
        states = [ours for ours, theirs in STATES.items() if asked.get("status_id") in theirs]
        if set(asked) - FIELDS or len(priorities) + len(states) < len({"priority_id", "status_id"} & set(asked)):
            return Reply(422, {"error": f"Invalid: {sorted(asked)}"})
        (ticket.priority,) = priorities or [ticket.priority]
        (ticket.state,) = states or [ticket.state]
        return Reply(200, self._shown(ticket))

    @staticmethod
    def _shown(ticket):
        shown = {"id": int(ticket.number), "title": ticket.title, "description": ticket.text, "ticket_queue_id": QUEUE}
        shown |= {"status_id": STATES[ticket.state][0], "priority_id": PRIORITIES[ticket.priority]}
        return shown | {"assigned_to_id": 5 if ticket.assignee else None}
