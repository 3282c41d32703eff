"""A Zammad made from what is published; stricter: the real one drops fields that it does not know.

docs.zammad.org: API > Introduction, Ticket, Articles. The source of github.com/zammad/zammad for facts:
`tickets_controller` (a customer "guess:mail" is found or made, an article in the same transaction),
`creates_ticket_articles` (what an article must have), `handles_errors` (error bodies), `can_search` (a condition
without a query asks the database), `db/seeds` (states, priorities).
"""

import base64
import binascii
from itertools import count

from pydantic import SecretStr

from tests.service_desk.sinks.there import Reply, There, Ticket

TOKEN, GROUP = "zammad-token", "Facilities"
STATES = {"open": "open", "solved": "closed", "closed": "merged"}
PRIORITIES = {"low": "1 low", "medium": "2 normal", "high": "3 high"}
TICKET = {"title", "group", "customer_id", "state", "priority", "article"}
ARTICLE = {"ticket_id", "subject", "body", "type", "internal", "content_type", "attachments"}


class Refusal(Exception):
    """A 422 with Zammad's words."""


class System(There):
    """`follow_up` False: the group takes nothing for closed tickets ("follow-up possible": "new ticket")."""

    compares = False

    def __init__(self):
        self.follow_up, self._ids, self.ids, self.internal = True, count(1), {}, set()
        super().__init__()

    def settings(self):
        return {"url": self.url, "token": SecretStr(TOKEN), "group": GROUP, "customer": "wardkeeper@linden.example"}

    def writes(self, request):
        return request.method != "GET" and not request.path.endswith("/search")

    def answer(self, request):
        if request.headers.get("authorization") != f"Token token={TOKEN}":
            return Reply(401, {"error": "Authentication required", "error_human": "Authentication required"})
        if request.method != "GET" and request.headers.get("content-type") != "application/json":
            return _problem(422, "Zammad takes JSON.")
        try:
            return self._route(request)
        except Refusal as no:
            return _problem(422, str(no))

    def _route(self, request):  # noqa: PLR0911 - the routes, one a line
        match request.method, request.path.split("/")[3:]:
            case "POST", ["tickets"]:
                return Reply(201, self._create(request.json))
            case "POST", ["tickets", "search"]:
                return self._search(request.json)
            case _, ["tickets" | "ticket_articles", *_, ticket_id] if ticket_id not in self.ids:
                return _problem(404, f"Couldn't find Ticket with 'id'={ticket_id}")
            case "PUT", ["tickets", ticket_id]:
                self._change(ticket := self.tickets[self.ids[ticket_id]], request.json)
                return Reply(200, self._shown(ticket))
            case "GET", ["ticket_articles", "by_ticket", ticket_id]:
                ticket = self.tickets[self.ids[ticket_id]]
                return Reply(200, [{"body": body, "type": "note"} for body in [ticket.text, *ticket.notes]])
            case "POST", ["ticket_articles"]:
                ticket = self.tickets[self.ids[str(request.json["ticket_id"])]]
                self._open_to_follow_up(ticket)
                body, files = self._article(request.json)
                ticket.notes.append(body)
                ticket.files += files
                return Reply(201, {"id": next(self._ids), "ticket_id": request.json["ticket_id"], "body": body})
        return _problem(404, f"No route matches [{request.method}] {request.path}")

    def _create(self, asked):
        _known(asked, TICKET)
        for name in ("title", "group", "customer_id"):
            if not asked.get(name):
                raise Refusal(f"Attribute '{name}' required!")
        if asked["group"] != GROUP:
            raise Refusal(f"No lookup value found for 'group': {asked['group']!r}")
        if "@" not in (mail := asked["customer_id"].removeprefix("guess:")):
            raise Refusal(f"Invalid email '{mail}' of customer")
        body, files = self._article(asked["article"])
        ticket_id = str(next(self._ids))
        ticket = Ticket(f"22{ticket_id:>03}", asked["article"]["subject"], asked["title"], body, files=files)
        self._change(ticket, {"priority": "2 normal"} | asked)
        self.ids[ticket_id] = ticket.number
        self.tickets[ticket.number] = ticket
        return self._shown(ticket)

    def _change(self, ticket, asked):
        _known(asked, TICKET)
        self._open_to_follow_up(ticket)
        for name, words in (("state", STATES), ("priority", PRIORITIES)):
            if name in asked:
                if asked[name] not in words.values():
                    raise Refusal(f"No lookup value found for '{name}': {asked[name]!r}")
                setattr(ticket, name, next(ours for ours, theirs in words.items() if theirs == asked[name]))

    def _open_to_follow_up(self, ticket):
        if ticket.state != "open" and not self.follow_up:
            raise Refusal("Cannot follow-up on a closed ticket. Please create a new ticket.")

    def _article(self, asked):
        _known(asked, ARTICLE)
        if not asked.get("body"):
            raise Refusal('Need at least article: { body: "some text" }')
        if asked.get("internal"):
            self.internal.add(asked["body"])
        return asked["body"], [_file(index, each) for index, each in enumerate(asked.get("attachments", []))]

    def _search(self, asked):
        (field, condition) = next(iter(asked["condition"].items()))
        if set(asked) - {"condition", "expand", "limit"} or condition["operator"] != "is":
            raise Refusal("Invalid selector")
        by = {"article.subject": lambda one: one.key, "ticket.number": lambda one: one.number}[field]
        return Reply(200, [self._shown(one) for one in self.tickets.values() if by(one) == condition["value"]])

    def _shown(self, ticket):
        """As with `expand`: names beside the ids."""
        ticket_id = next(each for each, number in [*self.ids.items(), ("0", "")] if number in (ticket.number, ""))
        shown = {"id": int(ticket_id), "number": ticket.number, "title": ticket.title, "state": STATES[ticket.state]}
        owner = {"owner": ticket.assignee, "owner_id": 5} if ticket.assignee else {"owner": "-", "owner_id": 1}
        return shown | owner | {"priority": PRIORITIES[ticket.priority], "group": GROUP}


def _file(index, asked):
    for name in ("mime-type", "filename", "data"):
        if not asked.get(name):
            raise Refusal(f"Attachment needs '{name}' param for attachment with index '{index}'")
    try:
        return asked["filename"], asked["mime-type"], base64.b64decode(asked["data"], validate=True)
    except binascii.Error as error:
        raise Refusal(f"Invalid base64 for attachment with index '{index}'") from error


def _known(asked, names):
    if unknown := set(asked) - names:
        raise Refusal(f"Unknown: {sorted(unknown)}")


def _problem(status, words):
    return Reply(status, {"error": words, "error_human": words})
