"""Messages of one read that are decoded together, beside the same one by one."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.counters import Counters
from drivers.dialects import Dialect, Dialects, dialect
from drivers.links.bulk import Messages
from drivers.links.delivery import Delivery
from drivers.links.link import House

PLAIN = {"device": "mqtt:a", "metric": "temperature", "value": 21.5}
ODD = [
    b"", b"{}", b"[]", b"\xff", b"{}{}",
    b'{"device":"", "metric":"temperature","value":1}',
    b'{"device":"d","metric":"door_open","value":true}',
    b'{"device":"d","metric":"unheard_of","value":1}',
    b'{"device":"d","metric":"temperature","value":"x"}',
    b'{"device":"d","metric":"temperature","value":1,"quality":"BAD"}',
    b'{"device":"d","metric":"temperature","value":1,"at":"9999-12-31T23:59:59.999999Z"}',
    b'{"device":"d","metric":"temperature","value":1,"at":"2026-11-24T01:00:00"}',
    b'{"device":"d","metric":"temperature","value":1,"received":"2026-11-24T01:00:00Z"}',
]  # fmt: skip
TIMES = [
    "2026-11-24T06:41:59.123Z",
    "2026-11-24T06:41:59.1239Z",
    "2026-11-24T07:41:59+01:00",
    "1970-01-01T00:00:05Z",
    None,
]


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_messages_taken_together_say_what_each_says(data):
    flags = data.draw(st.lists(st.sampled_from([0x32] * 30 + [0x30, 0x3A, 0x33]), min_size=40, max_size=90))
    read = Messages()
    for mid, head in enumerate(flags, 1):
        odd = data.draw(st.integers(0, 25)) == 0
        at = data.draw(st.sampled_from([*TIMES, None]))
        said = PLAIN | {"value": mid} | ({"at": at} if at else {})
        read.heads.append(head)
        read.topics.append(b"wardkeeper/%d/readings" % (mid % 3))
        read.mids.append(mid if head & 2 else 0)
        read.payloads.append(data.draw(st.sampled_from(ODD)) if odd else msgspec.json.encode(said))
    together, single = taken([read, read]), taken([list(read), list(read)])
    assert together == single


def taken(reads):
    """What the intake is given, message by message, and what is counted."""
    clock, given = ManualClock(), []

    class Room:
        def offer_all(self, parts, durable=None):
            given.extend((list(one.items), one.key, one.elsewhere) for part in parts for one in part.apart())
            return True

    counters = Counters(clock)
    house = House(Room(), counters, clock, lambda *_: "1")
    delivery = Delivery("mqtt", Dialects([dialect("mqtt.wardkeeper")]), house, 10_000, lambda: None)
    for read in reads:
        delivery.receive(read)
    return given, counters.inputs()


def test_a_defect_in_taking_many_is_looked_for_one_by_one():
    class Broken:
        def decode(self, frame):
            return [frame.reading("d", "temperature", 1.0)]

        def readings(self, payloads, received):
            raise ZeroDivisionError

    read = Messages()
    for mid in range(1, 101):
        read.heads.append(0x32)
        read.topics.append(b"a")
        read.mids.append(mid)
        read.payloads.append(b"x")
    given = []

    class Room:
        def offer_all(self, parts, durable=None):
            given.extend(parts)
            return True

    clock = ManualClock()
    house = House(Room(), Counters(clock), clock, lambda *_: "1")
    delivery = Delivery("mqtt", Dialects([Dialect("mqtt.broken", ("#",), Broken())]), house, 100, lambda: None)
    with pytest.raises(ZeroDivisionError):
        delivery.receive(read)
    given.clear()
    delivery.recover()
    delivery.receive(read)
    assert len(given) == 100
