"""The messages of `bench ingest`, rendered beforehand, so that sending them costs next to nothing.

Each is a QoS 1 PUBLISH of `mqtt.wardkeeper` (MQTT 3.1.1 §3.3) about one reading. All are of the same size, the size
says how many a socket has taken; no two have the same time, so a doubled one can be told from its neighbors.
"""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

DEVICES = 1000
NAMES = tuple(f"bench/bed-{number:04}" for number in range(DEVICES))
METRIC = "temperature"
FILTER = "wardkeeper/+/readings"
PACKET_IDS = 65_535
_CYCLE = 7  # so that neighbors in time are different devices, and values change
_TEXT_MS = len("2026-11-24T12:00:00.123")


def _payload(device: str, value: str, at: str) -> str:
    return f'{{"device":"mqtt:bench/bed-{device}","metric":"{METRIC}","value":{value},"at":"{at}Z"}}'


def _packet() -> bytes:
    """One message with `#` for each digit of the device, `@` of the time, `?` of the value and `!!` for the id."""
    topic = b"wardkeeper/bed-####/readings"
    body = len(topic).to_bytes(2, "big") + topic + b"!!" + _payload("####", "??.??", "@" * _TEXT_MS).encode()
    size = len(body)
    return bytes((0x32, size & 0x7F | 0x80, size >> 7)) + body


_TEMPLATE = np.frombuffer(_packet(), np.uint8)
SIZE = len(_TEMPLATE)
"""Bytes of a packet."""


def start_before(now: datetime, count: int) -> datetime:
    """The time of the first of `count` messages that shall end about now: none is from the future."""
    return now.replace(microsecond=0) - timedelta(milliseconds=count)


def render(count: int, start: datetime, first: int = 0, per_ms: int = 1) -> bytes:
    """`count` packets from number `first` on; `per_ms` of them have the same device time, packet ids begin at 1."""
    number = np.arange(first, first + count, dtype=np.int64)
    packets = np.tile(_TEMPLATE, (count, 1))
    at = np.datetime64(start.replace(tzinfo=None), "ms") + number // per_ms
    _fill(packets, "@", np.datetime_as_string(at, unit="ms").astype(f"S{_TEXT_MS}").view(np.uint8))
    device = _digits(number * _CYCLE % DEVICES, 4)
    _fill(packets, "#", np.hstack([device, device]))
    _fill(packets, "?", _digits(2000 + number * _CYCLE // DEVICES % 2000, 4))
    ids = (number % PACKET_IDS + 1).astype(">u2").view(np.uint8)
    _fill(packets, "!", ids)
    return packets.tobytes()


def acknowledgements(count: int = PACKET_IDS) -> bytes:
    """The PUBACKs (MQTT 3.1.1 §3.4) of the first `count` packets."""
    rows = np.empty((count, 4), np.uint8)
    rows[:, :2] = (0x40, 2)
    rows[:, 2:] = (np.arange(count) % PACKET_IDS + 1).astype(">u2").view(np.uint8).reshape(count, 2)
    return rows.tobytes()


def _fill(packets: NDArray[np.uint8], sign: str, content: NDArray[np.uint8]) -> None:
    places = np.flatnonzero(ord(sign) == _TEMPLATE)
    packets[:, places] = content.reshape(len(packets), len(places))


def _digits(numbers: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def payloads(count: int, start: datetime) -> list[tuple[str, bytes]]:
    """Topic and payload of the same messages."""
    packets = render(count, start)
    topic_at, payload_at = 5, len(_TEMPLATE) - len(_payload("####", "??.??", "@" * _TEXT_MS))
    return [
        (packets[at + topic_at : at + payload_at - 2].decode(), packets[at + payload_at : at + SIZE])
        for at in range(0, len(packets), SIZE)
    ]
