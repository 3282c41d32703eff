"""Calendars with an address: fetched from the hosts that are allowed, kept when they cannot be."""

import threading
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from asset_registry.errors import Invalid
from service_desk.notices import on_call
from service_desk.notices.calendars import Calendars
from service_desk.notices.model import Schedule
from tests.service_desk.notices.test_icalendar import calendar

pytestmark = pytest.mark.dialects("sqlite")

BRANDT = calendar("DTSTART:20261124T060000Z\r\nDTEND:20261124T140000Z\r\nSUMMARY:brandt")


class Server(ThreadingHTTPServer):
    """Gives `text` with `status`."""

    text, status, asked = BRANDT, 200, 0

    def __init__(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked += 1
                self.send_response(server.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(server.text.encode())

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/roster.ics?key=secret"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def calendars(house):
    return Calendars(house.database, on_call.OnCall(UTC), house.clock, ["127.0.0.1"], 900.0, None)


def schedule(house, url):
    with house.database.write() as session:
        on_call.save(session, Schedule(name="Facilities", url=url), "kim", house.clock.now())


def test_it_is_fetched_and_what_was_fetched_stays_when_it_cannot_be(house, calendars, server):
    schedule(house, server.url)
    calendars.fetch_all()
    [row] = house.all(Schedule)
    assert (row.text, row.fetched, row.trouble) == (BRANDT, house.clock.now(), "")
    fetched = row.fetched
    house.clock.advance(900)
    for status, text, why in (
        (503, "", "127.0.0.1 says 503"),
        (302, "", "127.0.0.1 says 302"),
        (200, "<html>", "Line 1 is no line of a calendar: <html>"),
        (200, "x" * 2_000_001, "more than 2,000,000 characters"),
    ):
        server.status, server.text = status, text
        calendars.fetch_all()
        [row] = house.all(Schedule)
        assert (row.text, row.fetched) == (BRANDT, fetched)
        assert why in row.trouble
        assert "secret" not in row.trouble


def test_only_hosts_of_the_settings_are_asked(house, calendars, server):
    schedule(house, server.url.replace("127.0.0.1", "localhost"))
    calendars.fetch_all()
    assert "Calendars may not be fetched from localhost: name it under on_call.hosts." in house.all(Schedule)[0].trouble
    assert server.asked == 0
    for url in ("file:///etc/passwd", "http://", "roster.ics"):
        with pytest.raises(Invalid, match="begins with https://"):
            calendars.allowed(url)
