"""The command `decode`: captured frames in, one JSON reading a line out, bad frames named on the error stream.

A family (`mqtt`) chooses among its parts as a link does; `mqtt.tasmota` is a part alone. Input, one JSON object a line:

- `mqtt`: `{"topic": …, "payload": …}`; a payload that is text is the payload, anything else is what its JSON would be.
  A part alone takes topics under any base topic.
- `ble`: `{"address": …, "rssi": …, "manufacturer_data": {"1177": hex}, "service_data": {uuid: hex}, "name"?: …,
  "service_uuids"?: […], "bindkey"?: hex}`
- `gatt`: `{"characteristic": "2A5F", "hex": …}`
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TextIO, cast

import msgspec
from pydantic import SecretStr

from collector.errors import BadFrame, ConfigError
from collector.metrics import METRICS
from collector.parts import part
from collector.reading import UNTIMED, Announcement, Frame, Item, Sighting
from drivers.codecs.advertisement import Advertisement, short
from drivers.codecs.json_values import number, parse_object, section, text
from drivers.dialects import Dialect, Dialects, dialect, kinds

_ENCODER = msgspec.json.Encoder()


def decode(kind: str, lines: Iterable[bytes], out: TextIO, err: TextIO, device: str = "") -> int:
    """Decode `lines`, say how many were bad; `device` is for frames that name none. Raises ConfigError for `kind`."""
    family = kind.partition(".")[0]
    if family not in FAMILIES:
        every = [*FAMILIES, *(name for family in FAMILIES for name in kinds(family))]
        raise ConfigError(f"Nothing decodes {kind!r}; there are {', '.join(every)}")
    decoder = FAMILIES[family]([kind] if kind != family else kinds(family))
    bad = 0
    for nth, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            for item in decoder.decode(parse_object(line)):
                print_item(item, device, out)
        except BadFrame as trouble:
            for item in cast("Sequence[Item]", trouble.said):
                print_item(item, device, out)
            bad += 1
            err.write(f"line {nth}, byte {trouble.offset}: {trouble}\n")
    return bad


class _Lines(Protocol):
    def decode(self, said: dict[str, object]) -> Iterable[Item]:
        """What one line says. Raises BadFrame."""


class _Mqtt:
    def __init__(self, names: list[str]) -> None:
        self._names = names
        anywhere = {"topics": ["#"]} if len(names) == 1 and _takes(names[0], "topics") else None
        self._default = Dialects([dialect(name, anywhere) for name in names])
        self._others: dict[str, Dialects] = {}

    def decode(self, said: dict[str, object]) -> Iterable[Item]:
        topic, payload = said.get("topic"), said.get("payload")
        if not isinstance(topic, str) or "payload" not in said:
            raise BadFrame('Expected {"topic": "…", "payload": …}')
        raw = payload.encode(errors="surrogatepass") if isinstance(payload, str) else _ENCODER.encode(payload)
        frame = Frame("decode", topic, raw, UNTIMED, retained=said.get("retained") is True)
        found = self._default.decode(frame)
        if found is None and len(self._names) == 1:
            found = self._under(topic.partition("/")[0]).decode(frame)
        return found or ()

    def _under(self, base: str) -> Dialects:
        """The part alone, under another base topic when it has one."""
        if base not in self._others:
            try:
                self._others[base] = Dialects([dialect(self._names[0], {"base_topic": base})])
            except ConfigError:
                self._others[base] = self._default
        return self._others[base]


class _Ble:
    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._dialects = Dialects([dialect(name) for name in names])

    def decode(self, said: dict[str, object]) -> Iterator[Item]:
        """What each element says; a bad one is named last. Where no part knows a better name, the address was seen."""
        address = text(said.get("address"))
        if address is None:
            raise BadFrame('Expected {"address": "…", "rssi": …, "manufacturer_data": {…}, "service_data": {…}}')
        advertisement = Advertisement(
            address,
            number(said.get("rssi")),
            {_company(key): _bytes(value) for key, value in section(said, "manufacturer_data").items()},
            {uuid: _bytes(value) for uuid, value in section(said, "service_data").items()},
            text(said.get("name")) or text(said.get("local_name")) or "",
            _uuids(said.get("service_uuids")),
        )
        key = text(said.get("bindkey"))
        dialects = self._with_key(address, key) if key else self._dialects
        bad: BadFrame | None = None
        named = False
        for frame in advertisement.frames("decode", UNTIMED):
            try:
                found = dialects.decode(frame) or []
            except BadFrame as trouble:
                bad = trouble
            else:
                named = named or any(isinstance(item, Sighting) for item in found)
                yield from found
        if advertisement.rssi_dbm is not None and not named:
            yield Sighting(advertisement.device, "", advertisement.rssi_dbm, UNTIMED)
        if bad:
            raise bad

    def _with_key(self, address: str, key: str) -> Dialects:
        """The parts, those with this one that take such keys."""
        settings = {"bindkeys": {address: SecretStr(key)}}
        chosen = [self._keyed(name, settings) for name in self._names]
        if any(_takes(name, "bindkeys") for name in self._names) and not any(chosen):
            raise BadFrame(f"The bindkey is not 24 or 32 hex digits, or {address} is no address")
        return Dialects(found or dialect(name) for name, found in zip(self._names, chosen, strict=True))

    @staticmethod
    def _keyed(name: str, settings: Mapping[str, object]) -> Dialect | None:
        try:
            return dialect(name, settings) if _takes(name, "bindkeys") else None
        except ConfigError:
            return None


class _Gatt:
    def __init__(self, names: list[str]) -> None:
        self._dialects = Dialects([dialect(name) for name in names])

    def decode(self, said: dict[str, object]) -> Iterable[Item]:
        uuid = text(said.get("characteristic"))
        if uuid is None or "hex" not in said:
            raise BadFrame('Expected {"characteristic": "2A5F", "hex": "…"}')
        frame = Frame("decode", short(uuid), _bytes(said["hex"]), UNTIMED, family="gatt")
        return self._dialects.decode(frame) or ()


FAMILIES: dict[str, Callable[[list[str]], _Lines]] = {"mqtt": _Mqtt, "ble": _Ble, "gatt": _Gatt}
"""By family, who reads its lines."""


def _takes(name: str, setting: str) -> bool:
    config = part(name, ["drivers"]).config
    return config is not None and setting in config.model_fields


def _company(key: str) -> int:
    try:
        return int(key)
    except ValueError as trouble:
        raise BadFrame(f"{key!r} is no company id: a decimal number") from trouble


def _uuids(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _bytes(value: object) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError as trouble:
        raise BadFrame(f"{str(value)[:40]!r} is not hexadecimal") from trouble


def print_item(item: Item, device: str, out: TextIO) -> None:
    """One line of JSON; an announcement is none. `device` is for items that name none."""
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
