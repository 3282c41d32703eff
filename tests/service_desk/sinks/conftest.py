"""What the tests of single ticket systems share."""

import asyncio

import pytest

from service_desk.remote.ports import Attachment, Draft, Note

KEY, MARK = "wk-0123456789abcdef", "wk-0123456789ab"


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
