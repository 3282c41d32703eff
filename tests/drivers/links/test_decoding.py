"""A link's decoding: bad frames are counted, and what broke a decoder is left out from then on."""

import pytest

from collector.clock import ManualClock
from collector.counters import Counters
from collector.errors import BadFrame, NoKey
from collector.reading import Frame
from drivers.dialects import Dialect, Dialects
from drivers.links.decoding import Decoding
from drivers.links.link import House


class Broken:
    """Fails on "!", calls "?" bad and ";" bad in part, has no key for "#"."""

    def decode(self, frame):
        if frame.payload == b"!":
            raise ZeroDivisionError
        if frame.payload == b"?":
            raise BadFrame("A question is no answer", 1)
        if frame.payload == b";":
            raise BadFrame("Half of it is bad", 1, [frame.reading(frame.device, "spo2", 97.0)])
        if frame.payload[:1] == b"#":
            raise NoKey("Encrypted")
        return [frame.reading(frame.device, "spo2", 97.0)]


DIALECTS = Dialects([Dialect("gatt.broken", ("2a5f",), Broken())])


@pytest.fixture
def decoding():
    counters = Counters(ManualClock())
    one = Decoding("ward", House(None, counters, ManualClock(), lambda *_: ""))
    one.bad = lambda: [(record.why, record.offset) for figures in counters.inputs() for record in figures.bad]
    return one


def frame(payload):
    return Frame("ward", "2a5f", payload, ManualClock().now(), device="ble:AA:BB:CC:DD:EE:FF", family="gatt")


def test_a_bad_frame_is_counted_with_its_offset_and_the_next_one_counts(decoding):
    assert decoding.decode(frame(b"?"), DIALECTS) == ()
    assert decoding.bad() == [("A question is no answer", 1)]
    assert len(decoding.decode(frame(b"."), DIALECTS)) == 1


def test_of_what_is_bad_in_part_the_good_comes_through(decoding):
    assert [one.value for one in decoding.decode(frame(b";"), DIALECTS)] == [97.0]
    assert decoding.bad() == [("Half of it is bad", 1)]


def test_an_encrypted_stranger_is_nothing_bad_and_is_said_once(decoding):
    for counter in b"123":
        assert decoding.decode(frame(b"#" + bytes([counter])), DIALECTS) == ()
    assert decoding.bad() == []
    [figures] = decoding._counters.inputs()
    assert figures.unknown == {"ble:AA:BB:CC:DD:EE:FF 2a5f: encrypted, no key": 1}


def test_what_broke_a_decoder_is_left_out_after_a_restart_and_nothing_else(decoding):
    decoding.recover()
    assert len(decoding.decode(frame(b"."), DIALECTS)) == 1
    with pytest.raises(ZeroDivisionError):
        decoding.decode(frame(b"!"), DIALECTS)
    decoding.recover()
    assert decoding.decode(frame(b"!"), DIALECTS) == ()
    [(why, _)] = decoding.bad()
    assert "left out" in why
    assert len(decoding.decode(frame(b"."), DIALECTS)) == 1
