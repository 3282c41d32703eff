"""How the tests of dialects ask: a topic and a payload in, what was said out."""

import json
from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.reading import Frame, Reading
from drivers.dialects import Dialects, dialect

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


class Said:
    """What one message said."""

    def __init__(self, items):
        self.items = list(items)
        self.readings = [one for one in items if isinstance(one, Reading)]
        self.others = [one for one in items if not isinstance(one, Reading)]

    @property
    def values(self):
        """{metric: value}; fails when a metric comes twice."""
        values = {one.metric: one.value for one in self.readings}
        assert len(values) == len(self.readings)
        return values

    @property
    def by_device(self):
        found = {}
        for one in self.readings:
            found.setdefault(one.device, {})[one.metric] = one.value
        return found

    @property
    def devices(self):
        return {one.device for one in self.readings}

    @property
    def times(self):
        return {one.at for one in self.readings}


@pytest.fixture
def heard(request):
    """A function: `heard(topic, payload, retained=False, also=(), **settings)`; `also` names other parts.

    Text and bytes are sent as they are.
    """
    kind = "mqtt." + request.module.__name__.rpartition("test_")[2]

    def decode(topic, payload, *, retained=False, also=(), **settings):
        raw = payload if isinstance(payload, bytes) else payload if isinstance(payload, str) else json.dumps(payload)
        raw = raw.encode() if isinstance(raw, str) else raw
        items = Dialects([dialect(kind, settings), *map(dialect, also)]).decode(
            Frame("test", topic, raw, HEARD, retained)
        )
        return Said(items or ())

    decode.claimed = lambda topic, **settings: bool(Dialects([dialect(kind, settings)]).decoders(topic))
    return decode


@pytest.fixture(scope="session")
def trouble_at():
    """A function: where `decoder` sees trouble in `frame`, 0 when nowhere. Anything but BadFrame fails the test."""

    def offset(decoder, frame):
        try:
            decoder.decode(frame)
        except BadFrame as trouble:
            return trouble.offset
        return 0

    return offset
