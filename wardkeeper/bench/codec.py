"""From JSON to line protocol, beside `json` and influxdb-client's `Point`; and what decoding costs in every family."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from influxdb_client.client.write.point import Point

from collector.clock import ManualClock
from collector.columns import Readings, chunks_of, strung
from collector.counters import Counters
from collector.influx.lines import Merging
from collector.points import points_of
from collector.ports import Part
from collector.reading import DeliveryKey, Item
from drivers.dialects import Dialects, dialect
from drivers.links.bulk import Messages
from drivers.links.delivery import Delivery
from drivers.links.link import House
from wardkeeper.bench import decoders, stream
from wardkeeper.bench.load import machine
from wardkeeper.bench.rates import QUICK_ROUNDS, ROUNDS, ratio
from wardkeeper.cycles import look_rarely

_MESSAGES = 20_000
_READ = 1_000
_READS_AT_ONCE = 5  # 5,000 readings, as a server is given them
_START = datetime(2026, 11, 24, 12, tzinfo=UTC)
_SITE = "bench"
_PUBLISH = 0x32  # at QoS 1
_LARGEST = 1 << 20


def measure(*, quick: bool) -> dict[str, Any]:
    """`per_s` and `reference_per_s` of one core, their `ratio`, and `frames_per_s` of decoders."""
    count, rounds = (1_000, QUICK_ROUNDS) if quick else (_MESSAGES, ROUNDS)
    look_rarely()
    reads = [_read(first, min(_READ, count - first)) for first in range(0, count, _READ)]
    payloads = [payload for read in reads for payload in read.payloads]
    return {
        **ratio(partial(_ours, reads, _Room()), partial(_theirs, payloads), count, rounds),
        "frames_per_s": decoders.measure(count, rounds),
        "machine": machine(),
    }


def _read(first: int, count: int) -> Messages:
    """What a read brings, taken apart."""
    read = Messages()
    for number, (topic, payload) in enumerate(stream.payloads(count, _START + timedelta(milliseconds=first)), 1):
        read.heads.append(_PUBLISH)
        read.topics.append(topic.encode())
        read.mids.append(number)
        read.payloads.append(payload)
    return read


class _Room:
    """An intake that only holds what a link hands over, and the link's end that does."""

    def __init__(self) -> None:
        clock = ManualClock(_START + timedelta(milliseconds=_MESSAGES))
        house = House(self, Counters(clock), clock, lambda _link, _present: "")
        self.parts: list[Part] = []
        self.delivery = Delivery("bench", Dialects([dialect("mqtt.wardkeeper")]), house, _LARGEST, _nobody)

    def offer(self, items: Sequence[Item], durable: object = None, key: DeliveryKey | None = None) -> bool:
        raise NotImplementedError

    def offer_all(self, parts: Sequence[Part], durable: object = None) -> bool:
        del durable
        self.parts += parts
        return True


def _ours(reads: list[Messages], room: _Room) -> str:
    """As the collector does it: dispatch, decoder and keys a read at a time, then the lines of what a store takes."""
    merging, lines = Merging(_SITE, 0), list[str]()
    for first in range(0, len(reads), _READS_AT_ONCE):
        room.parts = []
        for read in reads[first : first + _READS_AT_ONCE]:
            room.delivery.receive(read)
        for chunk in chunks_of(strung(part.items for part in room.parts)):
            points = chunk if isinstance(chunk, Readings) else points_of(chunk)
            lines += merging.lines(points, _nobody).good
    return "\n".join(lines)


def _nobody(*_: object) -> Any:  # noqa: ANN401 - it is never asked
    raise NotImplementedError


def _theirs(payloads: list[bytes]) -> str:
    lines = []
    for payload in payloads:
        said = json.loads(payload)
        point = Point("environment").tag("site", _SITE).tag("device", said["device"])  # type: ignore[no-untyped-call]
        lines.append(point.field(said["metric"], said["value"]).time(said["at"]).to_line_protocol())
    return "\n".join(lines)
