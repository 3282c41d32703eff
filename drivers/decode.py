"""The command `decode`: captured frames in, one JSON reading a line out, bad frames named on the error stream.

Family `mqtt` chooses among its parts as a link does; a part alone (`mqtt.tasmota`) takes topics under any base topic.
Input is one JSON object a line, `{"topic": …, "payload": …}`: a payload that is text is the payload, anything else is
what its JSON would be.
"""

from collections.abc import Iterable
from typing import TextIO

import msgspec

from collector.errors import BadFrame, ConfigError
from collector.metrics import METRICS
from collector.reading import UNTIMED, Announcement, Frame, Item, Sighting
from drivers.codecs.json_values import parse_object
from drivers.dialects import Dialects, dialect, kinds

FAMILIES = ("mqtt",)

_ENCODER = msgspec.json.Encoder()


def decode(kind: str, lines: Iterable[bytes], out: TextIO, err: TextIO, device: str = "") -> int:
    """Decode `lines`, say how many were bad; `device` is for frames that name none. Raises ConfigError for `kind`."""
    decoder = _Mqtt(kind)
    bad = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            for item in decoder.decode(line):
                _print(item, device, out)
        except BadFrame as trouble:
            bad += 1
            err.write(f"line {number}, byte {trouble.offset}: {trouble}\n")
    return bad


class _Mqtt:
    def __init__(self, kind: str) -> None:
        family = kind.partition(".")[0]
        if family not in FAMILIES:
            raise ConfigError(f"Nothing decodes {kind!r}; there are {', '.join([*FAMILIES, *kinds('mqtt')])}")
        self._part = kind if kind != family else ""
        names = [self._part] if self._part else kinds(family)
        self._default = Dialects([dialect(name) for name in names])
        self._others: dict[str, Dialects] = {}

    def decode(self, line: bytes) -> Iterable[Item]:
        said = parse_object(line)
        topic, payload = said.get("topic"), said.get("payload")
        if not isinstance(topic, str) or "payload" not in said:
            raise BadFrame('Expected {"topic": "…", "payload": …}')
        raw = payload.encode(errors="surrogatepass") if isinstance(payload, str) else _ENCODER.encode(payload)
        frame = Frame("decode", topic, raw, UNTIMED, retained=said.get("retained") is True)
        found = self._default.decode(frame)
        if found is None and self._part:
            found = self._under(topic.partition("/")[0]).decode(frame)
        return found or ()

    def _under(self, base: str) -> Dialects:
        """The part alone, under another base topic when it has one."""
        if base not in self._others:
            try:
                self._others[base] = Dialects([dialect(self._part, {"base_topic": base})])
            except ConfigError:
                self._others[base] = self._default
        return self._others[base]


def _print(item: Item, device: str, out: TextIO) -> None:
    if isinstance(item, Announcement):
        return
    if isinstance(item, Sighting):
        line: dict[str, object] = {"tag": item.tag, "gateway": item.gateway or device, "rssi_dbm": item.rssi_dbm}
    else:
        line = {
            "device": item.device or device,
            "metric": item.metric,
            "value": item.value,
            "unit": METRICS[item.metric].unit,
            "quality": item.quality,
            "at": None if item.at == UNTIMED else item.at,
        }
    out.write(_ENCODER.encode(line).decode() + "\n")
