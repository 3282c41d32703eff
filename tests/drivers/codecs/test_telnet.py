"""Telnet: what goes through it comes out as it was, commands are told, however the bytes were cut."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.telnet import DO, IAC, SB, SE, WILL, Telnet, escaped

NOP = 0xF1

commands = st.one_of(
    st.tuples(st.just(WILL), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(SB), st.binary(max_size=20)),
    st.tuples(st.just(NOP), st.just(b"")),
)


def on_the_wire(part):
    if isinstance(part, bytes):
        return escaped(part)
    verb, body = part
    if verb == SB:
        return bytes([IAC, SB]) + escaped(body) + bytes([IAC, SE])
    return bytes([IAC, verb]) + body


def test_a_command_in_the_middle():
    told = []
    telnet = Telnet(lambda verb, body: told.append((verb, body)))
    assert telnet.receive(b"a\xff\xfd\x2cb\xff\xffc") == b"ab\xffc"
    assert told == [(DO, b"\x2c")]


@given(st.lists(st.binary(max_size=20) | commands, max_size=8), st.integers(1, 7))
def test_data_and_commands_are_told_apart_however_they_are_cut(parts, piece):
    told = []
    telnet = Telnet(lambda verb, body: told.append((verb, body)))
    wire = b"".join(map(on_the_wire, parts))
    heard = b"".join(telnet.receive(wire[at : at + piece]) for at in range(0, len(wire), piece))
    assert heard == b"".join(part for part in parts if isinstance(part, bytes))
    assert told == [part for part in parts if not isinstance(part, bytes)]


@given(st.lists(st.binary(max_size=600), max_size=5))
def test_any_bytes_at_all_and_nothing_is_kept_for_long(chunks):
    telnet = Telnet()
    for chunk in chunks:
        telnet.receive(chunk)
        assert len(telnet._rest) <= 512


def test_a_subnegotiation_without_end_does_not_swallow_the_stream():
    telnet = Telnet()
    assert telnet.receive(b"\xff\xfa" + b"x" * 600) == b"x" * 600
