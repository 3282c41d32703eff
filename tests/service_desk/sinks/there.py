"""A foreign ticket system for the suite: real HTTP on a loopback port, in this process, with faults on demand.

One file for each system in `systems/`: a class `System(There)` that answers as the published document says and keeps
its tickets in `self.tickets`. `test_suite.py` finds it by the name of the sink's part.
"""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Ticket:
    """A ticket as the suite sees it; priority and state in our words. `version` counts changes."""

    number: str
    key: str
    title: str = ""
    text: str = ""
    priority: str = ""
    state: str = "open"
    assignee: str = ""
    notes: list[str] = field(default_factory=list)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    version: int = 1


@dataclass(frozen=True)
class Request:
    """What was sent; names of headers in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, tuple[str, str, bytes]]:
        """Parts of multipart/form-data by name: file name, media type, content."""
        whole = message_from_bytes(b"Content-Type: " + self.headers["content-type"].encode() + b"\r\n\r\n" + self.body)
        return {
            part.get_param("name", header="content-disposition"): (
                part.get_filename() or "",
                part.get_content_type(),
                part.get_payload(decode=True),
            )
            for part in whole.get_payload()
        }


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        return (
            self.body if isinstance(self.body, bytes) else b"" if self.body is None else json.dumps(self.body).encode()
        )


LOST = "lost"
"""It is done, and the connection breaks before the answer."""
CUT = "cut"
"""The connection breaks before anything is done."""

Fault = str | Reply | Callable[[Request], None]
"""LOST, CUT, an answer instead (nothing is done), or what happens just before the request is handled."""


class There:
    """`lags`: its search finds new tickets only after `index()`; `compares`: it notices that a ticket was changed."""

    lags = False
    compares = True
    takes_files = True
    site = "linden"

    def __init__(self):
        self.tickets: dict[str, Ticket] = {}
        self.indexed: set[str] = set()
        self.requests: list[Request] = []
        self.faults: deque[Fault] = deque()
        self.lock = threading.RLock()
        self._server = None
        self._port = 0
        self.start()

    # ---- for each system to write

    def settings(self) -> dict[str, Any]:
        """What its `Config` is made from; secrets as SecretStr."""
        raise NotImplementedError

    def answer(self, request: Request) -> Reply:
        """As the system's document says; called under `lock`."""
        raise NotImplementedError

    def writes(self, request: Request) -> bool:
        """Whether it makes or changes something: only such requests meet faults."""
        return request.method != "GET"

    # ---- for the suite

    def take(self, number: str, who: str) -> None:
        with self.lock:
            ticket = self.tickets[number]
            ticket.assignee, ticket.version = who, ticket.version + 1

    def move(self, number: str, state: str) -> None:
        with self.lock:
            ticket = self.tickets[number]
            ticket.state, ticket.version = state, ticket.version + 1

    def delete(self, number: str) -> None:
        with self.lock:
            del self.tickets[number]

    def index(self) -> None:
        with self.lock:
            self.indexed = set(self.tickets)

    def found(self, key: str) -> list[Ticket]:
        """What a search finds, oldest first."""
        known = [one for one in self.tickets.values() if one.key == key]
        return [one for one in known if not self.lags or one.number in self.indexed]

    @property
    def only(self) -> Ticket:
        with self.lock:
            (ticket,) = self.tickets.values()
        return ticket

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        there = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                there._handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the library's names

            def log_message(self, *args):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        request = Request(
            handler.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in handler.headers.items()},
            handler.rfile.read(int(handler.headers.get("Content-Length") or 0)),
        )
        with self.lock:
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults and self.writes(request) else None
            if callable(fault):
                fault(request)
            reply = fault if isinstance(fault, Reply) else None
            if reply is None and fault != CUT:
                reply = self.answer(request)
        handler.close_connection = True
        if fault in (LOST, CUT):
            return
        handler.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.bytes)))
        handler.end_headers()
        handler.wfile.write(reply.bytes)
