"""The stream that is measured: MQTT 3.1.1 PUBLISH packets at QoS 1, rendered before the clock starts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.points import moment_of, ms_of

DEVICES = 500
METRICS = ("temperature", "humidity", "co2", "illuminance", "battery")
SERIES = DEVICES * len(METRICS)
_LAST_MID = 65_535


def device(number: int) -> str:
    """The name of one of the devices."""
    return f"mqtt:bench/bed-{number % DEVICES:04d}"


def payload(number: int, start: datetime) -> bytes:
    """One reading in about 117 bytes. No two of a stream have the same device and time: each is a point of its own."""
    at = moment_of(ms_of(start) + number).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    metric = METRICS[number // DEVICES % len(METRICS)]
    value = 20 + number * 37 % 1000 / 100
    return f'{{"device":"{device(number)}","metric":"{metric}","value":{value:.2f},"at":"{at}"}}'.encode()


def topic(number: int) -> bytes:
    """Where it is published."""
    return f"wardkeeper/bench/readings/bed-{number % DEVICES:04d}".encode()


def packets(count: int, end: datetime) -> list[bytes]:
    """`count` packets, the last of which was measured at `end`."""
    start = end - timedelta(milliseconds=count)
    return list(_packets(count, start))


def _packets(count: int, start: datetime) -> Iterator[bytes]:
    for number in range(count):
        where, body = topic(number), payload(number, start)
        mid = number % _LAST_MID + 1
        rest = len(where).to_bytes(2, "big") + where + mid.to_bytes(2, "big") + body
        yield b"\x32" + _length(len(rest)) + rest


def _length(length: int) -> bytes:
    """MQTT 3.1.1 §2.2.3, for up to 16,383 bytes."""
    return bytes([length]) if length < 128 else bytes([length % 128 | 128, length // 128])
