"""Listens to one serial port for a moment, without a link: does its protocol understand what comes?"""

import selectors

import msgspec
from serial.tools.list_ports import comports

from collector.clock import Clock, monotonic
from collector.ports import Session
from drivers.codecs.framer import BadBytes
from drivers.codecs.line import Line
from drivers.links.serial_channels import Channel, Ports, open_channel
from drivers.links.serial_port import Plug

_TURN_S = 0.1


class Heard(msgspec.Struct, frozen=True):
    """How many bytes came, and whether a whole frame was among them."""

    size: int
    understood: bool


def listen(plug: Plug, line: Line, clock: Clock, seconds: float, ports: Ports = comports) -> Heard:
    """Listen until something is understood, at most `seconds`. Raises NoPort.

    Nothing is sent but the queries that the protocol declares, when its session wants them.
    """
    channel = open_channel(plug.address, line, ports)
    session, size, until = plug.session(), 0, monotonic() + seconds
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(channel.fd, selectors.EVENT_READ)
            while monotonic() < until:
                data = channel.read() if selector.select(_TURN_S) else b""
                size += len(data)
                if data and _understood(session, data, clock):
                    return Heard(size, understood=True)
                _ask(plug, session, channel, clock)
    finally:
        channel.close()
    return Heard(size, understood=False)


def _understood(session: Session, data: bytes, clock: Clock) -> bool:
    while True:
        try:
            return bool(session.receive(data, clock.now()))
        except BadBytes:
            data = b""


def _ask(plug: Plug, session: Session, channel: Channel, clock: Clock) -> None:
    due = session.due()
    if due is not None and due <= clock.now():
        query = session.next(clock.now())
        if isinstance(query, plug.queries):
            channel.send(query.data)
