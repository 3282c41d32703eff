"""What the tests of single ticket systems share."""

import asyncio

import pytest

from service_desk.remote.ports import Attachment, Draft, Note
from tests.service_desk.sinks.systems import request_tracker

KEY, MARK = "wk-0123456789abcdef", "wk-0123456789ab"


@pytest.fixture(scope="session", autouse=True)
def _request_tracker_ends():
    """With the tests: a worker of pytest-xdist does not wait for what stands in atexit."""
    yield
    if request_tracker.running.cache_info().currsize:
        request_tracker.running().stop()


@pytest.fixture
def draft():
    return Draft(KEY, "Fridge F-07 is warm", "8.9 °C <now>", "<p>8.9 °C &lt;now&gt;</p>", "high")


@pytest.fixture
def note():
    chart = Attachment(f"chart-{MARK}.svg", "image/svg+xml", b"<svg/>")
    return Note(MARK, f"How it <went>\n\n[{MARK}]", chart)


@pytest.fixture
def run():
    """Runs a coroutine of a `TicketSystem`."""
    return asyncio.run
