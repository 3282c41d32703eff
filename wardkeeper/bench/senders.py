"""Processes that send the stream: a publisher to a real broker, and a broker that does nothing but send.

`python -m wardkeeper.bench.senders publisher|broker COUNT PORT WINDOW [RATE]`. Says "ready PORT", waits for a line,
sends, says "sent" when everything is acknowledged. Nothing is judged here: it must only never be what is waited for.
"""

import socket
import sys
import time
from datetime import UTC, datetime

from wardkeeper.bench.messages import packets

_CHUNK = 200
_CONNACK, _SUBACK = b"\x20\x02\x00\x00", b"\x90"


def main(kind: str, count: str, port: str, window: str, rate: str = "0") -> None:
    """Be one of the two."""
    stream = packets(int(count), datetime.now(UTC))
    if kind == "publisher":
        wire = socket.create_connection(("127.0.0.1", int(port)))
        wire.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05bench")
        _exactly(wire, 4)
        _go(int(port))
        _send(wire, stream, int(window), float(rate))
    else:
        with socket.create_server(("127.0.0.1", int(port))) as listener:
            print("listening", listener.getsockname()[1], flush=True)
            wire, _ = listener.accept()
        _welcome(wire)
        _go(0)
        _send(wire, stream, int(window), float(rate))
        while wire.recv(65_536):
            """The consumer says goodbye when it likes."""


def _go(port: int) -> None:
    print("ready", port, flush=True)
    sys.stdin.readline()


def _send(wire: socket.socket, stream: list[bytes], window: int, rate: float) -> None:
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    chunk = min(_CHUNK, max(1, window // 2))
    acknowledged, began, acks = 0, time.perf_counter(), _Acks(wire)
    for start in range(0, len(stream), chunk):
        while start + chunk - acknowledged > window:
            acknowledged += acks.more()
        if rate:
            time.sleep(max(0.0, began + start / rate - time.perf_counter()))
        wire.sendall(b"".join(stream[start : start + chunk]))
    while acknowledged < len(stream):
        acknowledged += acks.more()
    print("sent", flush=True)


class _Acks:
    """Counts PUBACKs among what comes back."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._rest = b""

    def more(self) -> int:
        """Wait for some more of them."""
        data = self._rest + self._wire.recv(65_536)
        whole = len(data) // 4
        if data[0 : whole * 4 : 4] == b"\x40" * whole and data[1 : whole * 4 : 4] == b"\x02" * whole:
            self._rest = data[whole * 4 :]
            return whole
        count = at = 0
        while len(data) - at >= 2 and len(data) - at >= 2 + data[at + 1]:
            if data[at] == 0x40:
                count += 1
            elif data[at] & 0xF0 == 0x30:  # what a consumer says of itself
                self._wire.sendall(b"\x40\x02" + _mid_of(data[at:]))
            at += 2 + data[at + 1]
        self._rest = data[at:]
        return count


def _mid_of(packet: bytes) -> bytes:
    behind = 4 + int.from_bytes(packet[2:4], "big")
    return packet[behind : behind + 2]


def _welcome(wire: socket.socket) -> None:
    """Answer until somebody subscribes."""
    while True:
        head = _exactly(wire, 2)
        length, shift = head[1] & 127, 7
        while head[-1] & 128:
            head += _exactly(wire, 1)
            length |= (head[-1] & 127) << shift
            shift += 7
        body = _exactly(wire, length)
        if head[0] & 0xF0 == 0x10:
            wire.sendall(_CONNACK)
        elif head[0] & 0xF0 == 0x80:
            filters, at = 0, 2
            while at < len(body):
                at += 3 + int.from_bytes(body[at : at + 2], "big")
                filters += 1
            wire.sendall(_SUBACK + bytes([2 + filters]) + body[:2] + b"\x01" * filters)
            return


def _exactly(wire: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = wire.recv(length - len(data))
        if not more:
            raise ConnectionError("the other side has hung up")
        data += more
    return data


if __name__ == "__main__":
    main(*sys.argv[1:])
