"""What a Sparkplug B payload holds: its metrics, from the protobuf or from the JSON that gateways make of it.

Document: Eclipse Sparkplug 3.0.0 (ISO/IEC 20237), chapter 6; fields as in eclipse/tahu, sparkplug_b/sparkplug_b.proto.
Data sets, templates, bytes, files and arrays have no value here. The JSON is the specification's own way of showing a
payload, with what the libraries of Tahu call its fields.
"""

from collections.abc import Mapping

import msgspec

from collector.errors import BadFrame
from drivers.codecs import protobuf
from drivers.codecs.json_values import number, parse_object, section, text

_NAMES = "unknown int8 int16 int32 int64 uint8 uint16 uint32 uint64 float double boolean string datetime text uuid"
_TYPES = {name: number for number, name in enumerate(_NAMES.split())}
_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
_DATETIME, _LAST = 13, 14
_CERTAIN = 1 << 31  # a number below it is the same with and without a sign
_UNIT_KEYS = {"engunit", "engunits", "engineeringunit", "engineeringunits", "unit", "units"}
_COMPRESSED = "SPBV1.0_COMPRESSED"

_PROPERTY: protobuf.Table = {
    2: protobuf.flag("is_null"),
    3: protobuf.uint("value"),
    4: protobuf.uint("value"),
    5: protobuf.float32("value"),
    6: protobuf.float64("value"),
    7: protobuf.flag("value"),
    8: protobuf.text("value"),
}
_PROPERTIES: protobuf.Table = {
    1: protobuf.text("keys", repeated=True),
    2: protobuf.within("values", _PROPERTY, repeated=True),
}
_METRIC: protobuf.Table = {
    1: protobuf.text("name"),
    2: protobuf.uint("alias"),
    3: protobuf.uint("timestamp"),
    4: protobuf.uint("datatype"),
    5: protobuf.flag("is_historical"),
    6: protobuf.flag("is_transient"),
    7: protobuf.flag("is_null"),
    9: protobuf.within("properties", _PROPERTIES),
    10: protobuf.uint("value"),
    11: protobuf.uint("value"),
    12: protobuf.float32("value"),
    13: protobuf.float64("value"),
    14: protobuf.flag("value"),
    15: protobuf.text("value"),
}
_PAYLOAD: protobuf.Table = {
    1: protobuf.uint("timestamp"),
    2: protobuf.within("metrics", _METRIC, repeated=True),
    3: protobuf.uint("seq"),
    4: protobuf.text("uuid"),
}
_JSON_NAMES = {
    "dataType": "datatype",
    "type": "datatype",
    "isNull": "is_null",
    "isHistorical": "is_historical",
    "isTransient": "is_transient",
}


class Metric(msgspec.Struct, frozen=True):
    """One metric of a message. `value` is None where it is null or of a type that is no reading."""

    name: str = ""
    alias: int | None = None
    timestamp: float | None = None
    datatype: int = 0
    historical: bool = False
    transient: bool = False
    value: float | bool | str | None = None
    unit: str = ""
    quality: float | None = None

    def typed(self, datatype: int) -> float | bool | str | None:
        """The value, of the type that the birth said where this message says none."""
        datatype = self.datatype or datatype
        if datatype > _LAST or datatype == _DATETIME:
            return None
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            return self.value
        if datatype in _BITS:
            return protobuf.signed(self.value, _BITS[datatype])
        return self.value if datatype or self.value < _CERTAIN else None


class Payload(msgspec.Struct, frozen=True):
    """One message: its time in ms since 1970, its number from 0 to 255, its metrics."""

    timestamp: float | None
    seq: int | None
    metrics: list[Metric]


def read(payload: bytes) -> Payload:
    """The payload of a birth, of data or of a death. Raises BadFrame."""
    as_json = payload.lstrip()[:1] == b"{"  # no message of protobuf begins so: it would be a group
    said = parse_object(payload) if as_json else protobuf.message(payload, _PAYLOAD)
    if said.get("uuid") == _COMPRESSED:
        raise BadFrame("The payload is compressed: let the node send it plain")
    metrics = said.get("metrics")
    return Payload(
        number(said.get("timestamp")),
        _whole(said.get("seq")),
        [
            _metric({_JSON_NAMES.get(str(key), str(key)): value for key, value in one.items()})
            for one in (metrics if isinstance(metrics, list) else ())
            if isinstance(one, dict)
        ],
    )


def _metric(said: Mapping[str, object]) -> Metric:
    properties = dict(_properties(section(said, "properties")))
    value = said.get("value")
    units = (text(of) for key, of in properties.items() if key.lower().replace(" ", "") in _UNIT_KEYS)
    return Metric(
        name=text(said.get("name")) or "",
        alias=_whole(said.get("alias")),
        timestamp=number(said.get("timestamp")),
        datatype=_datatype(said.get("datatype")),
        historical=said.get("is_historical") is True,
        transient=said.get("is_transient") is True,
        value=value if isinstance(value, int | float | str) and said.get("is_null") is not True else None,
        unit=next((unit for unit in units if unit), ""),
        quality=number(properties.get("Quality")),
    )


def _properties(said: Mapping[str, object]) -> list[tuple[str, object]]:
    """By name; in JSON they are so already."""
    keys, values = said.get("keys"), said.get("values")
    pairs = zip(keys, values, strict=False) if isinstance(keys, list) and isinstance(values, list) else said.items()
    return [
        (str(key), value.get("value") if value.get("is_null") is not True else None)
        for key, value in pairs
        if isinstance(value, dict)
    ]


def _datatype(said: object) -> int:
    if isinstance(said, str):
        return _TYPES.get(said.lower(), _LAST + 1)
    return _whole(said) or 0


def _whole(said: object) -> int | None:
    value = number(said)
    return int(value) if value is not None and value >= 0 and value.is_integer() else None
