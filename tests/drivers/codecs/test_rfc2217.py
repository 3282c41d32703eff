"""RFC 2217: the port is set as wanted, or the reason why it cannot be; pyserial's server is the other side."""

import pytest
import serial
from serial import rfc2217

from drivers.codecs.line import Line
from drivers.codecs.rfc2217 import ComPort

GE = Line(baud=19200, bits=7, parity="E", stop=2)


class Wire:
    def __init__(self):
        self.sent = b""

    def write(self, data):
        self.sent += data

    def taken(self):
        taken, self.sent = self.sent, b""
        return taken


@pytest.fixture
def server():
    """A function: `talk(com)` lets both sides speak until nobody has anything more to say. `port` is what was set."""
    wire, port = Wire(), serial.serial_for_url("loop://")
    manager = rfc2217.PortManager(port, wire)

    def talk(com):
        for _ in range(10):
            list(manager.filter(com.to_send()))
            com.receive(wire.taken())
        assert com.to_send() == wire.taken() == b""

    talk.port = port
    yield talk
    port.close()


def test_the_line_is_set_and_confirmed(server):
    com = ComPort(GE)
    assert not com.ready
    server(com)
    assert com.ready
    assert not com.refused
    port = server.port
    assert (port.baudrate, port.bytesize, port.parity, port.stopbits) == (19200, 7, "E", 2)


def test_a_baud_rate_with_a_255_in_it_arrives_whole(server):
    com = ComPort(Line(baud=65280))
    server(com)
    assert (server.port.baudrate, com.ready) == (65280, True)


def test_what_came_before_the_line_was_set_is_not_heard(server):
    com = ComPort(GE)
    assert com.receive(b"at the wrong speed") == b""
    server(com)
    assert com.receive(b"at last \xff\xff") == b"at last \xff"


def answer(command, *value):
    return bytes([255, 250, 44, command, *value, 255, 240])


@pytest.mark.parametrize(
    "said,refused",
    [
        (b"\xff\xfe\x2c", "it does not speak RFC 2217 on this port"),
        (answer(101, 0, 0, 0x25, 0x80), "its baud rate cannot be 19200, it is 9600"),
        (answer(103, 1), "its parity cannot be 3, it is 1"),
        (answer(101, 0, 0, 0x4B, 0, 0, 0, 0, 0), ""),
        (answer(107, 16) + answer(101) + b"\xff\xfa\xff\xf0", ""),
    ],
)
def test_what_a_server_may_answer(said, refused):
    com = ComPort(GE)
    com.receive(said)
    assert com.refused == refused
    assert not com.ready


def test_two_that_answer_each_answer_come_to_an_end():
    com = ComPort(GE)
    com.to_send()
    com.receive(b"\xff\xfb\x01")
    assert com.to_send() == b"\xff\xfe\x01"
    com.receive(b"\xff\xfb\x01" * 5)
    assert com.to_send() == b""
