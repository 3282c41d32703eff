"""A GLPI with `apirest.php`, made from what is published; stricter: the real one drops fields that it does not know.

`apirest.md` of github.com/glpi-project/glpi: initSession, items, sub items, searchText, uploadManifest, errors. For
facts `src/Glpi/Api/API.php` (`searchText` is LIKE, with ^ and $ as anchors) and `src/Document.php` (itemtype and
items_id link a document to a ticket).
"""

import json
import re
from itertools import count

from pydantic import SecretStr

from tests.service_desk.sinks.there import Reply, There, Ticket

APP_TOKEN, USER_TOKEN, CATEGORY = "glpi-app-token", "glpi-user-token", 7
STATES = {"open": (1, 2, 3, 4), "solved": (5,), "closed": (6,)}
URGENCY = {"low": 2, "medium": 3, "high": 4}
TICKET = {"name", "content", "externalid", "urgency", "status", "type", "itilcategories_id"}
FOLLOWUP = {"itemtype", "items_id", "content", "is_private"}


class System(There):
    """`sessions` may be cleared: they ended."""

    compares = False

    def __init__(self):
        self._ids, self.sessions, self.private = count(1), set(), set()
        super().__init__()

    def settings(self):
        tokens = {"app_token": SecretStr(APP_TOKEN), "user_token": SecretStr(USER_TOKEN)}
        return {"url": self.url, "version": 1, "category": CATEGORY} | tokens

    def answer(self, request):  # noqa: C901, PLR0911 - the routes, one a line
        if request.headers.get("app-token") != APP_TOKEN:
            return _no(400, "ERROR_WRONG_APP_TOKEN_PARAMETER", "parameter app_token seems wrong")
        if request.path == "/apirest.php/initSession":
            if request.headers.get("authorization") != f"user_token {USER_TOKEN}":
                return _no(401, "ERROR_GLPI_LOGIN_USER_TOKEN", "parameter user_token seems invalid")
            self.sessions.add(token := f"session-{next(self._ids)}")
            return Reply(200, {"session_token": token})
        if request.headers.get("session-token") not in self.sessions:
            return _no(401, "ERROR_SESSION_TOKEN_INVALID", "session_token seems invalid")
        match request.method, request.path.split("/")[2:]:
            case "POST", ["Ticket"]:
                return self.add(request.json["input"])
            case "GET", ["Ticket"]:
                return self._list(request.query)
            case _, ["Ticket", number, *_] if number not in self.tickets:
                return _no(404, "ERROR_ITEM_NOT_FOUND", "Item not found")
            case "GET", ["Ticket", number]:
                return Reply(200, self.row(self.tickets[number]))
            case "GET", ["Ticket", number, kind]:
                return Reply(200, self._sub_items(self.tickets[number], kind, request.query))
            case "PUT", ["Ticket", number]:
                return self.change(self.tickets[number], request.json["input"])
            case "POST", ["ITILFollowup"]:
                return self.follow(request.json["input"])
            case "POST", ["Document"]:
                return self._upload(request.form)
        return _no(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", "resource not found")

    def add(self, asked):
        if unknown := set(asked) - TICKET:
            return _no(400, "ERROR_GLPI_ADD", f"unknown: {sorted(unknown)}")
        if not asked.get("name") or not asked.get("content") or asked.get("itilcategories_id") != CATEGORY:
            words = "Mandatory fields are not filled. Please correct: Title, Description, Category"
            return _no(400, "ERROR_GLPI_ADD", words)
        number = next(self._ids)
        ticket = Ticket(str(number), asked["externalid"], asked["name"], asked["content"])
        self.tickets[ticket.number] = ticket
        self.change(ticket, {"urgency": 3} | asked)
        return Reply(201, {"id": number, "message": ""}, {"Location": f"{self.url}/apirest.php/Ticket/{number}"})

    def change(self, ticket, asked):
        if unknown := set(asked) - TICKET:
            return _no(400, "ERROR_GLPI_UPDATE", f"unknown: {sorted(unknown)}")
        if "status" in asked:
            ticket.state = next(ours for ours, theirs in STATES.items() if asked["status"] in theirs)
        if "urgency" in asked:
            ticket.priority = next(ours for ours, theirs in URGENCY.items() if asked["urgency"] == theirs)
        return Reply(200, [{ticket.number: True, "message": ""}])

    def follow(self, asked):
        ticket = self.tickets.get(str(asked.get("items_id")))
        if set(asked) - FOLLOWUP or ticket is None or asked.get("itemtype") != "Ticket" or not asked.get("content"):
            return _no(400, "ERROR_GLPI_ADD", "")
        if ticket.state == "closed":
            return _no(400, "ERROR_GLPI_ADD", "You don't have permission to perform this action.")
        ticket.notes.append(asked["content"].replace("<br>", "\n"))
        if asked.get("is_private"):
            self.private.add(ticket.notes[-1])
        return Reply(201, {"id": next(self._ids), "message": ""})

    @staticmethod
    def row(ticket):
        shown = {"id": int(ticket.number), "name": ticket.title, "content": ticket.text, "externalid": ticket.key}
        status = 2 if ticket.assignee and ticket.state == "open" else STATES[ticket.state][0]
        return shown | {"status": status, "urgency": URGENCY[ticket.priority], "is_deleted": 0}

    def _list(self, query):
        ((name, pattern),) = query.items()
        if name != "searchText[externalid]":
            return _no(400, "ERROR_FIELD_NOT_FOUND", f"Field {name} is not valid for Ticket item.")
        start, end = "" if pattern[0] == "^" else ".*", "" if pattern[-1] == "$" else ".*"
        like = re.compile(start + re.escape(pattern.strip("^$")) + end, re.IGNORECASE)
        return Reply(200, [self.row(each) for each in self.tickets.values() if like.fullmatch(each.key)])

    @staticmethod
    def _sub_items(ticket, kind, query):
        """Names instead of ids, as with `expand_dropdowns`."""
        if query.get("expand_dropdowns") != "true":
            raise AssertionError("ids are of no use to us")
        if kind == "ITILFollowup":
            return [{"content": note.replace("\n", "<br>"), "is_private": 1} for note in ticket.notes]
        if kind == "Document_Item":
            return [{"documents_id": name, "itemtype": "Ticket"} for name, _, _ in ticket.files]
        asked = [{"users_id": "wardkeeper", "type": 1}]
        return asked + ([{"users_id": ticket.assignee, "type": 2}] if ticket.assignee else [])

    def _upload(self, form):
        manifest = json.loads(form["uploadManifest"][2])["input"]
        name, media_type, data = form["filename[0]"]
        if manifest["_filename"] != [name] or manifest["itemtype"] != "Ticket":
            return _no(400, "ERROR_GLPI_ADD", "File not found")
        self.tickets[str(manifest["items_id"])].files.append((manifest["name"], media_type, data))
        uploaded = {"filename": [{"name": name}]}
        return Reply(201, {"id": next(self._ids), "message": "Document move succeeded.", "upload_result": uploaded})


def _no(status, code, words):
    return Reply(status, [code, words])
