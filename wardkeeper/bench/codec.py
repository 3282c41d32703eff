"""From JSON to line protocol, beside `json` and influxdb-client's `Point`; and what decoding costs in every family."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from influxdb_client.client.write.point import Point

from collector.influx.lines import Merging
from collector.reading import Frame, Reading
from drivers.dialects import Dialects, dialect
from wardkeeper.bench import decoders, stream
from wardkeeper.bench.load import machine
from wardkeeper.bench.rates import QUICK_ROUNDS, ROUNDS, ratio

_MESSAGES = 20_000
_READ = 1_000
_START = datetime(2026, 11, 24, 12, tzinfo=UTC)
_SITE = "bench"


def measure(*, quick: bool) -> dict[str, Any]:
    """`per_s` and `reference_per_s` of one core, their `ratio`, and `frames_per_s` of decoders."""
    count, rounds = (1_000, QUICK_ROUNDS) if quick else (_MESSAGES, ROUNDS)
    messages = [
        Frame("bench", topic, payload, _START + timedelta(milliseconds=number))
        for number, (topic, payload) in enumerate(stream.payloads(count, _START))
    ]
    return {
        **ratio(partial(_ours, messages), partial(_theirs, [frame.payload for frame in messages]), count, rounds),
        "frames_per_s": decoders.measure(count, rounds),
        "machine": machine(),
    }


def _ours(messages: list[Frame]) -> str:
    """As the collector does it: dispatch, decoder, lines, a read at a time. Messages were heard when measured."""
    dialects, merging, lines = Dialects([dialect("mqtt.wardkeeper")]), Merging(_SITE, 0), list[str]()
    for first in range(0, len(messages), _READ):
        heard = [dialects.decode(frame) or () for frame in messages[first : first + _READ]]
        readings = [item for items in heard for item in items if isinstance(item, Reading)]
        lines += merging.lines(readings, _nobody).good
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
