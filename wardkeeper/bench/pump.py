"""Rendered messages through a socket, as fast as it takes them: at most so many unacknowledged, or so many a second.

Both ends of MQTT send the same packets, so this is a publisher (`publish`) and a broker that is never the bottleneck
(`serve_once`). Each is the work of a child process: `python -m wardkeeper.bench.pump '{...}'`.
"""

import select
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

import msgspec

from wardkeeper.bench.child import say, wait_for_go
from wardkeeper.bench.stream import SIZE, render

_GULP = 1 << 18
_CHUNK = 512  # messages in one send
_SILENCE_S = 10.0
_TICK_S = 0.01
_CONNACK = b"\x20\x02\x00\x00"
_CONNECT = 0x10
_PUBLISH = 0x30
_PUBACK = 0x40
_SUBSCRIBE = 0x80
_PINGREQ = 0xC0
_DISCONNECT = 0xE0


class Job(msgspec.Struct):
    """What to send and to whom. `port` 0 for a broker: any free one.

    `rate` a second, in whole thousands and as of now; 0: all there is.
    """

    role: Literal["publisher", "broker"]
    port: int
    count: int
    start: datetime
    window: int
    rate: int = 0


def pump(sock: socket.socket, packets: bytes, window: int) -> float:
    """Send everything and wait for its acknowledgements; returns when the first went out (`time.monotonic`)."""
    sock.setblocking(False)
    count, sent, done = len(packets) // SIZE, 0, 0
    view, rest = memoryview(packets), b""
    begin = time.monotonic()
    while done < count:
        until = min(count, done + window) * SIZE
        ready_in, ready_out, _ = select.select([sock], [sock] if sent < until else [], [], _SILENCE_S)
        if ready_out:
            sent += sock.send(view[sent : min(until, sent + _CHUNK * SIZE)])
        if ready_in:
            data = rest + sock.recv(_GULP)
            if len(data) == len(rest):
                break
            fresh, rest = acknowledged(sock, data)
            done += fresh
        elif not ready_out:
            break
    return begin


def pace(sock: socket.socket, job: Job) -> float:
    """Send messages at the rate, each with the time at which it was due: whoever is late shows in its delay."""
    begin, start, per_ms = time.monotonic(), datetime.now(UTC), max(1, job.rate // 1000)
    sent, done, rest = 0, 0, b""
    while done < job.count:
        due = min(job.count, int((time.monotonic() - begin) * 1000) * per_ms)
        if due > sent:
            sock.sendall(render(due - sent, start, sent, per_ms))
            sent = due
        if select.select([sock], [], [], _TICK_S)[0]:
            data = sock.recv(_GULP)
            if not data:
                break
            fresh, rest = acknowledged(sock, rest + data)
            done += fresh
    return begin


def acknowledged(sock: socket.socket, data: bytes) -> tuple[int, bytes]:
    """How many PUBACKs there are in `data`, and what is left of it; anything else is answered."""
    whole = len(data) - len(data) % 4
    if data[0:whole:4].count(_PUBACK) == whole // 4 == data[1:whole:4].count(2):
        return whole // 4, data[whole:]
    count = 0
    while (packet := _packet(data)) is not None:
        first, body, data = packet
        if first == _PUBACK:
            count += 1
        else:
            _answer(sock, first, body)
    return count, data


def _packet(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The first packet of `data`: its first byte, its body, and what comes after (MQTT 3.1.1 §2.2)."""
    length = shift = 0
    for at in range(1, min(5, len(data))):
        length |= (data[at] & 0x7F) << shift
        shift += 7
        if not data[at] & 0x80:
            end = at + 1 + length
            return (data[0], data[at + 1 : end], data[end:]) if len(data) >= end else None
    return None


def _answer(sock: socket.socket, first: int, body: bytes) -> bool:
    """What a broker says; true after a SUBSCRIBE."""
    kind = first & 0xF0
    if kind == _CONNECT:
        sock.send(_CONNACK)
    elif kind == _SUBSCRIBE:
        at, granted = 2, b""
        while at < len(body):  # a filter with its length, and the QoS asked for
            at += 3 + int.from_bytes(body[at : at + 2], "big")
            granted += body[at - 1 : at]
        sock.send(bytes((0x90, 2 + len(granted))) + body[:2] + granted)
    elif kind == _PUBLISH and first & 0x06:
        topic = int.from_bytes(body[:2], "big")
        sock.send(b"\x40\x02" + body[2 + topic : 4 + topic])
    elif kind == _PINGREQ:
        sock.send(b"\xd0\x00")
    return kind == _SUBSCRIBE


def _publish(job: Job) -> None:
    packets = b"" if job.rate else render(job.count, job.start)
    with socket.create_connection(("127.0.0.1", job.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = b"bench-publisher"
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
        sock.sendall(bytes((_CONNECT, len(body))) + body)
        if sock.recv(4) != _CONNACK:
            raise SystemExit("the broker refuses a publisher")
        _go(job, sock, packets)
        sock.setblocking(True)
        sock.sendall(bytes((_DISCONNECT, 0)))


def _serve(job: Job) -> None:
    """A broker for one client: it sends once it is told to, whatever was subscribed to."""
    packets = render(job.count, job.start)
    with socket.create_server(("127.0.0.1", job.port)) as listener:
        say(port=listener.getsockname()[1])
        sock, _ = listener.accept()
    with sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data, subscribed = b"", False
        while not subscribed:
            data += _received(sock)
            while (packet := _packet(data)) is not None:
                first, body, data = packet
                subscribed |= _answer(sock, first, body)
        _go(job, sock, packets)
        sock.setblocking(True)
        sock.settimeout(_SILENCE_S)
        while fresh := _received(sock):  # until the client has said goodbye
            data += fresh
            while (packet := _packet(data)) is not None:
                first, body, data = packet
                if first == _DISCONNECT:
                    return
                _answer(sock, first, body)


def _received(sock: socket.socket) -> bytes:
    with suppress(OSError):
        return sock.recv(_GULP)
    return b""


def _go(job: Job, sock: socket.socket, packets: bytes) -> None:
    say(ready=True)
    wait_for_go()
    begin = pace(sock, job) if job.rate else pump(sock, packets, job.window)
    say(begin=begin, end=time.monotonic())


def main() -> None:
    """Do the job that the first argument describes."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    {"publisher": _publish, "broker": _serve}[job.role](job)


if __name__ == "__main__":
    main()
