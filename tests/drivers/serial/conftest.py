"""How the tests of serial protocols ask: bytes in, what was said and what was bad out."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.reading import Reading

NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


@pytest.fixture(scope="session")
def listen():
    """A function: everything that a session says to `data`, and its bad frames."""

    def hear(session, data, now=NOW):
        items, bad = [], []
        while True:
            try:
                items += session.receive(data, now)
            except BadFrame as trouble:
                bad.append(trouble)
                data = b""
            else:
                return [one for one in items if isinstance(one, Reading)], bad

    return hear
