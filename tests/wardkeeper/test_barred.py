"""The whole of it in real time: a ticket system that lets nobody in is an alarm in the book, and a ticket elsewhere."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from collector.clock import SystemClock
from collector.reading import Reading
from service_desk.alarms.model import Alarm
from service_desk.remote.errors import Barred
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Ticket
from tests.service_desk.notices.far import SECRET
from tests.wardkeeper.conftest import until
from tests.wardkeeper.test_wiring import make  # noqa: F401 - a fixture

pytestmark = pytest.mark.dialects("sqlite")

RULES = """
rules:
  - {name: Leak, metric: leak, equals: true, priority: high, title: "Water in {device}"}
  - name: A ticket system takes nothing
    metric: available
    equals: false
    scope: {devices: ["sink:*"]}
    priority: high
    title: "{device} takes no tickets"
"""


class Door(BaseHTTPRequestHandler):
    """Lets in whoever comes once `open` is set."""

    open = threading.Event()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.open.is_set() else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_who_lets_nobody_in_is_an_alarm_and_it_ends_with_what_is_taken(make, monkeypatch):  # noqa: F811
    monkeypatch.setattr(Barred, "EVERY_S", 0.5)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hook = {"kind": "sink.webhook", "url": f"http://127.0.0.1:{server.server_port}/", "secret": SECRET}
    house = make(SystemClock(), sinks={"desk": {"kind": "sink.desk"}, "chat": hook})
    now = house.clock.now()
    with house.database.write() as session:
        import_yaml(session, RULES, who="kim", now=now)
    house.start()
    house.pipeline.offer([Reading("cellar", "leak", True, now, now)], None)

    def alarms():
        with house.database.read() as session:
            return {alarm.title: alarm.active for alarm in session.scalars(select(Alarm))}

    def tickets():
        with house.database.read() as session:
            return {ticket.title for ticket in session.scalars(select(Ticket))}

    until(lambda: alarms() == {"Water in cellar": True, "Sink:chat takes no tickets": True}, 25)
    until(lambda: tickets() == {"Water in cellar", "Sink:chat takes no tickets"}, 25)
    Door.open.set()
    until(lambda: alarms()["Sink:chat takes no tickets"] is False, 25)
    server.shutdown()
    server.server_close()
