"""How the tests of BLE and GATT decoders ask: a topic and bytes in, what was said out."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Reading, Sighting
from drivers.dialects import Dialects, dialect

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
TAG = "ble:CB:B8:33:4C:88:4F"


class Said:
    """What one frame said."""

    def __init__(self, items):
        self.items = list(items)
        self.readings = [one for one in items if isinstance(one, Reading)]
        self.sightings = [one for one in items if isinstance(one, Sighting)]
        self.facts = {}
        for one in items:
            if isinstance(one, Announcement):
                self.facts |= one.facts

    @property
    def values(self):
        """{metric: value} of the device itself; fails when a metric comes twice."""
        return self.by_device.get(TAG, {})

    @property
    def by_device(self):
        found = {}
        for one in self.readings:
            values = found.setdefault(one.device, {})
            assert one.metric not in values
            values[one.metric] = one.value
        return found

    @property
    def qualities(self):
        return {one.metric: one.quality for one in self.readings}

    @property
    def times(self):
        return {one.at for one in self.readings}


@pytest.fixture
def said(request):
    """A function: `said(topic, bytes or hex, rssi_dbm=None, device=TAG, called="", **settings)` of the part tested."""
    family, name = request.path.parent.name, request.path.stem.removeprefix("test_")

    def frame(topic, payload, rssi_dbm=None, device=TAG, called=""):
        raw = bytes.fromhex(payload) if isinstance(payload, str) else payload
        heard = {"device": device, "family": family, "gateway": "ble:hci0", "rssi_dbm": rssi_dbm, "name": called}
        return Frame(family, topic, raw, HEARD, **heard)

    def decode(topic, payload, rssi_dbm=None, device=TAG, called="", **settings):
        heard = frame(topic, payload, rssi_dbm, device, called)
        found = Dialects([dialect(f"{family}.{name}", settings)]).decode(heard)
        assert found is not None, "nobody claims this topic"
        return Said(found)

    decode.frame = frame
    return decode


@pytest.fixture
def sound(said):
    """A function: decodes any bytes; a bad frame, or readings of their metric's kind, are all that may come."""

    def decode(decoder, topic, payload):
        items, at = (), 0
        try:
            items = decoder.decode(said.frame(topic, payload, -60))
        except BadFrame as trouble:
            at = trouble.offset
        assert 0 <= at <= len(payload)
        for one in items:
            if isinstance(one, Reading):
                assert type(one.value) is METRICS[one.metric].kind

    return decode
