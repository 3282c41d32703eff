"""ChirpStack: what LoRaWAN devices say, decoded by their codecs, and how they are heard.

Document: ChirpStack documentation, "Event types" (version 4), and that of ChirpStack Application Server 3; JSON of both
(`object`, `objectJSON`) and protobuf (integration.proto of chirpstack/chirpstack and of brocaar/chirpstack-api), whose
version is told by the application's id in the topic. A value is read when it is called after a quantity, or when
`mapping` names it; codecs of LoRaWAN mean °C, hPa and V where they say no unit. A plain `battery` is % where it is a
whole number above 5, else it may be volts. Lists (histories) are left out.

Gateways of LoRa are heard for kilometres, so `rssi` and `snr` of the loudest say how the device is heard and not where
it is. An event that comes twice (`deduplicationId`) has the same time, and its values are stored once. In a status an
absent `margin` is 0, as protobuf has it; an absent `batteryLevel` is none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Reading
from drivers.codecs import protobuf
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.json_values import (
    BaseTopic,
    Field,
    SiteField,
    flag,
    moment,
    number,
    parse_object,
    readings,
    section,
    text,
)
from drivers.codecs.well_known import NAMES, SURE, field, told_apart

PROVEN = True


class Config(BaseModel):
    """Where events are published, and what the fields of this site's codecs mean."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("application", description="The levels before `<application>/device/…`.")
    mapping: dict[str, SiteField] = Setting(
        {},
        description="Fields of `object` by their path, `TempC_DS` or `probe.1`, before it the device profile where"
        " codecs differ, `LHT65/TempC_DS`: `metric`, and if need be `scale` and `inverted`.",
    )


STATUS = {"margin": Field("link_margin"), "batteryLevel": Field("battery"), "externalPowerSource": Field("mains")}
RADIO = {"rssi": Field("signal"), "snr": Field("snr"), "loRaSNR": Field("snr")}
ASSUMED = SURE | {"temperature", "dew_point", "air_pressure", "battery", "battery_voltage", "pm1", "pm25", "pm10"}
DEVICES = (
    Device(
        "any",
        "LoRaWAN device with a codec in ChirpStack",
        tuple(dict.fromkeys([*NAMES.values(), *(one.metric for one in (*STATUS.values(), *RADIO.values()))])),
        NOT_FOR_VACCINE,
    ),
)

_EVENTS = ("up", "status", "join", "ack", "log")
_EUI = re.compile(r"[0-9A-Fa-f]{16}")
_VERSION_3 = re.compile(r"\d+")  # applications had numbers; now they have UUIDs
_DEEPEST = 4

_Leaf = tuple[object, str]

_TIME: protobuf.Table = {1: protobuf.sint("seconds"), 2: protobuf.sint("nanos")}
_VALUE: dict[int, protobuf.Part] = {
    2: protobuf.float64("value"),
    3: protobuf.text("value"),
    4: protobuf.flag("value"),
    5: protobuf.within("struct", lambda: _STRUCT),
}
_STRUCT: dict[int, protobuf.Part] = {
    1: protobuf.within("fields", {1: protobuf.text("key"), 2: protobuf.within("value", _VALUE)}, repeated=True)
}
_INFO: protobuf.Table = {6: protobuf.text("deviceProfileName"), 7: protobuf.text("deviceName")}
_COMMON: protobuf.Table = {2: protobuf.within("time", _TIME), 3: protobuf.within("deviceInfo", _INFO)}
_MARGIN: protobuf.Table = {
    5: protobuf.sint("margin"),
    6: protobuf.flag("externalPowerSource"),
    7: protobuf.flag("batteryLevelUnavailable"),
    8: protobuf.float32("batteryLevel"),
}
_HEARD_4: protobuf.Table = {6: protobuf.sint("rssi"), 7: protobuf.float32("snr")}
_HEARD_3: protobuf.Table = {
    2: protobuf.within("time", _TIME),
    5: protobuf.sint("rssi"),
    6: protobuf.float64("loRaSNR"),
}
_NAME_3: protobuf.Table = {3: protobuf.text("deviceName")}
_TABLES_4: Mapping[str, protobuf.Table] = {
    "up": {
        **_COMMON,
        11: protobuf.within("object", _STRUCT),
        12: protobuf.within("rxInfo", _HEARD_4, repeated=True),
    },
    "status": {**_COMMON, **_MARGIN},
    "log": {1: protobuf.within("time", _TIME), 2: protobuf.within("deviceInfo", _INFO)},
}
_TABLES_3: Mapping[str, protobuf.Table] = {
    "up": {
        **_NAME_3,
        5: protobuf.within("rxInfo", _HEARD_3, repeated=True),
        12: protobuf.text("objectJSON"),
        16: protobuf.within("publishedAt", _TIME),
        18: protobuf.text("deviceProfileName"),
    },
    "status": {**_NAME_3, **_MARGIN, 10: protobuf.within("publishedAt", _TIME)},
}


def claims(config: Config) -> tuple[str, ...]:
    """The events of every device."""
    return tuple(f"{config.base_topic}/+/device/+/event/{event}" for event in _EVENTS)


def decoder(config: Config) -> "ChirpStack":
    """The decoder of one server's events."""
    return ChirpStack(config)


class ChirpStack:
    """Devices are `lorawan:<DevEUI>`; of several sensors of one quantity each is `…/<path of its value>`."""

    def __init__(self, config: Config) -> None:
        self._base = config.base_topic
        self._mapping = config.mapping

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one event says. Raises BadFrame."""
        levels = frame.topic.removeprefix(f"{self._base}/").split("/")
        if len(levels) != len(("application", "device", "eui", "event", "kind")) or not frame.payload:
            return ()
        application, _, eui, _, event = levels
        if event not in _EVENTS or not _EUI.fullmatch(eui):
            return ()
        said = _event(frame.payload, event, third=bool(_VERSION_3.fullmatch(application)))
        info = section(said, "deviceInfo") or said
        device, profile = f"lorawan:{eui.lower()}", text(info.get("deviceProfileName")) or ""
        results: list[Decoded] = []
        if event == "up":
            results += self._up(frame, device, profile, said)
        elif event == "status":
            results += _status(frame, device, said)
        facts = {"name": text(info.get("deviceName")), "model": profile, "address": eui.lower()}
        return [*results, Announcement(device, {fact: word for fact, word in facts.items() if word}, frame.received)]

    def _up(self, frame: Frame, device: str, profile: str, said: Mapping[str, object]) -> list[Reading]:
        at, decoded = _time(said), said.get("objectJSON")
        inside = parse_object(decoded.encode()) if isinstance(decoded, str) and decoded else section(said, "object")
        leaves = {".".join(path): value for path, value in _leaves(inside, ())}
        fields: dict[str, Field] = {}
        for path, (_, unit) in leaves.items():
            site = self._site(profile, path)
            *above, last = [level for level in path.split(".") if not level.isdecimal()] or [""]
            found = site.field() if site else field(last, unit, above, ASSUMED)
            if found is not None:
                fields[path] = found
        apart = told_apart(fields, ".", [path for path in fields if self._site(profile, path)])
        results = readings(frame, device, _loudest(said.get("rxInfo")), RADIO, at)
        known = {one.metric for one in results}
        for path, which in apart.items():
            value, metric = fields[path].value(leaves[path][0]), fields[path].metric
            if value is not None and (which or metric not in known):
                results.append(frame.reading(f"{device}/{which}" if which else device, metric, value, at))
        return results

    def _site(self, profile: str, path: str) -> SiteField | None:
        return self._mapping.get(f"{profile}/{path}") or self._mapping.get(path)


def _status(frame: Frame, device: str, said: Mapping[str, object]) -> list[Reading]:
    values = {"margin": 0, **said}
    if flag(said.get("batteryLevelUnavailable")) or flag(said.get("externalPowerSource")):
        values.pop("batteryLevel", None)  # 0, which is none
    return readings(frame, device, values, STATUS, _time(said))


def _event(payload: bytes, event: str, *, third: bool) -> dict[str, object]:
    """An event by the names of its JSON. No message of protobuf begins with a brace: it would be a group."""
    if payload.lstrip()[:1] == b"{":
        return parse_object(payload)
    tables, common = (_TABLES_3, _NAME_3) if third else (_TABLES_4, _COMMON)
    said = protobuf.message(payload, tables.get(event, common))
    return said | {"object": _object(section(said, "object"))} if "object" in said else said


def _object(struct: Mapping[str, object]) -> dict[str, object]:
    """A `google.protobuf.Struct` as the JSON object that it stands for; its lists are left out."""
    fields = struct.get("fields")
    found: dict[str, object] = {}
    for one in fields if isinstance(fields, list) else ():
        value = section(one, "value")
        found[str(one.get("key", ""))] = _object(section(value, "struct")) if "struct" in value else value.get("value")
    return found


def _leaves(values: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Leaf]]:
    """Each value with the names above it, and its unit where the codec says one."""
    for key, value in values.items():
        path = (*above, key)
        if not isinstance(value, dict):
            yield path, (value, "")
        elif "value" in value and not isinstance(value["value"], dict):
            yield path, (value["value"], text(value.get("unit")) or "")
        elif len(path) < _DEEPEST:
            yield from _leaves(value, path)


def _loudest(heard: object) -> dict[str, object]:
    """What the gateway that hears the device best says of it."""
    ones = [one for one in heard if isinstance(one, dict)] if isinstance(heard, list) else []
    loud = [(rssi, nth) for nth, one in enumerate(ones) if (rssi := number(one.get("rssi"))) is not None]
    return ones[max(loud)[1]] if loud else {}


def _time(said: Mapping[str, object]) -> datetime | None:
    """When the server heard it; in version 3 when a gateway did that knows the time, else when it was published."""
    heard = said.get("rxInfo")
    gateways = [one.get("time") for one in heard if isinstance(one, dict)] if isinstance(heard, list) else []
    moments = map(_moment, (said.get("time"), *gateways, said.get("publishedAt")))
    return next((at for at in moments if at is not None), None)


def _moment(raw: object) -> datetime | None:
    """Of a text, or of seconds and nanoseconds."""
    if not isinstance(raw, dict):
        return moment(raw)
    at, nanos = moment(raw.get("seconds")), number(raw.get("nanos")) or 0
    return at + timedelta(milliseconds=min(max(nanos // 1_000_000, 0), 999)) if at else None
