"""Shelly devices: relays, meters, room sensors, lights; generation 1 and 2 and later.

Shelly's API documentation, https://shelly-api-docs.shelly.cloud/gen1/ (`shellies/<id>/…`, plain values) and
https://shelly-api-docs.shelly.cloud/gen2/ ("MQTT", "Notifications", the pages of the components: `<prefix>/status/…`
and `<prefix>/events/rpc`). What a device says on both is two readings at two times. Generation 1 says temperatures of
a sensor in the unit it was set to, without naming it: `fahrenheit` says so. 999 is generation 1's invalid measurement.
Devices behind a BLU gateway, thermostats and the concentration of gas are left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Reading
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.json_values import (
    FLAGS,
    Field,
    fahrenheit,
    flag,
    moment,
    number,
    parse,
    parse_object,
    plain,
    readings,
    section,
    text,
    times,
)

PROVEN = True

_METER = ("power", "voltage", "current", "power_factor", "frequency", "energy")
DEVICES = (
    Device(
        "Shelly", "1, 1PM, 2.5, Plug and Plug S (generation 1)", ("switch_on", "power", "energy", "device_temperature")
    ),
    Device("Shelly", "Plus, Pro and Mini relays, plugs and PM (generation 2 to 4)", ("switch_on", *_METER)),
    Device("Shelly", "EM, 3EM, Pro EM, Pro 3EM", _METER),
    Device("Shelly", "H&T, Plus H&T", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Shelly", "Flood", ("leak", "temperature", "battery"), NOT_FOR_VACCINE, proven=False),
    Device("Shelly", "Smoke, Plus Smoke", ("smoke", "battery"), proven=False),
    Device("Shelly", "Gas", ("gas_detected", "sensor_fault"), proven=False),
    Device("Shelly", "Door/Window 2", ("door_open", "illuminance", "vibration", "battery"), proven=False),
    Device("Shelly", "Motion", ("occupancy", "illuminance", "vibration", "battery"), proven=False),
    Device("Shelly", "Dimmer, Bulb, RGBW (all generations)", ("light_on", "brightness", "power"), proven=False),
)

Prefix = Annotated[str, StringConstraints(pattern=r"^(\+|[^#+/\x00]+)(/(\+|[^#+/\x00]+))*$")]


class Config(BaseModel):
    """Where generation 2 and later publish, and in which unit generation 1 measures."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prefixes: list[Prefix] = Setting(
        ["+"],
        description="MQTT prefixes of generation 2 and later, `+` for any one level: `home/+`, `ward 3/plug`."
        " Those under `shellies/` are heard without it.",
    )
    fahrenheit: bool = Setting(False, description="Whether the sensors of generation 1 are set to °F.")


def claims(config: Config) -> tuple[str, ...]:
    """All of generation 1, and the three branches of every prefix."""
    branches = ("status/+", "events/rpc", "online", "announce")
    return ("shellies/#", *(f"{prefix}/{branch}" for prefix in config.prefixes for branch in branches))


def decoder(config: Config) -> "Shelly":
    """The decoder of both forms."""
    return Shelly(config)


_WORDS = {"open": True, "close": False}
_GAS = {"none": False, "mild": True, "heavy": True}
_OPERATION = {"normal": False, "fault": True}
_watt_minutes = times(1 / 60_000)
_watt_hours = times(0.001)

SENSOR = {
    "temperature": Field("temperature"),
    "humidity": Field("humidity"),
    "battery": Field("battery"),
    "lux": Field("illuminance"),
    "flood": Field("leak"),
    "smoke": Field("smoke"),
    "gas": Field("gas_detected", words=_GAS),
    "operation": Field("sensor_fault", words=_OPERATION),
    "motion": Field("occupancy"),
    "vibration": Field("vibration"),
    "state": Field("door_open", words=_WORDS),
    "ext_power": Field("mains"),
    "error": Field("sensor_fault", words={"0": False} | dict.fromkeys("123456789", True)),
}
"""`shellies/<id>/sensor/<name>`."""

EXTERNAL = {"ext_temperature": Field("temperature"), "ext_humidity": Field("humidity")}
"""Of the probes on an add-on: `shellies/<id>/<name>/<index>`."""

CHANNEL = {
    "power": Field("power"),
    "energy": Field("energy", _watt_minutes),
}
EMETER = {
    "power": Field("power"),
    "reactive_power": Field("reactive_power"),
    "voltage": Field("voltage"),
    "current": Field("current"),
    "pf": Field("power_factor"),
    "total": Field("energy", _watt_hours),
}
"""Of `total` and `energy`, which are the same in Wh and in Wmin, the one that survives a restart."""

OWN = {
    "temperature": Field("device_temperature"),
    "voltage": Field("voltage"),
    "online": Field("available"),
}
"""`shellies/<id>/<name>`."""

MOTION = {
    "motion": Field("occupancy"),
    "vibration": Field("vibration"),
    "lux": Field("illuminance"),
    "bat": Field("battery"),
}
"""`shellies/<id>/status` of Motion."""

METERED = {
    "apower": Field("power"),
    "act_power": Field("power"),
    "aprt_power": Field("apparent_power"),
    "voltage": Field("voltage"),
    "current": Field("current"),
    "pf": Field("power_factor"),
    "freq": Field("frequency"),
    "total_act_energy": Field("energy", _watt_hours),
}
"""Of every component of generation 2 that measures electricity."""

COMPONENTS: dict[str, Mapping[str, Field]] = {
    "switch": METERED | {"output": Field("switch_on")},
    "pm1": METERED,
    "em": {},
    "em1": METERED,
    "emdata": {},
    "em1data": METERED,
    "cover": METERED,
    **dict.fromkeys(
        ("light", "rgb", "rgbw", "cct"),
        METERED | {"output": Field("light_on"), "brightness": Field("brightness"), "ct": Field("color_temperature")},
    ),
    "temperature": {"tC": Field("temperature")},
    "humidity": {"rh": Field("humidity")},
    "illuminance": {"lux": Field("illuminance")},
    "flood": {"alarm": Field("leak")},
    "smoke": {"alarm": Field("smoke")},
    "devicepower": {},
    "wifi": {"rssi": Field("signal")},
    "sys": {"uptime": Field("uptime")},
}
"""By component, what its status says beside what `_more` finds deeper."""

BATTERY = {"percent": Field("battery"), "V": Field("battery_voltage")}
PHASES = {"a": "a", "b": "b", "c": "c"}

_INVALID = 999
_NEVER_NEGATIVE = ("battery", "lux")  # -1: not measured
_LIT = ("light", "color", "white")
_CHANNELS = ("relay", "roller", *_LIT)
_STATUS = re.compile(r"(.+)/status/([a-z0-9]+(?::\d+)?)")
_LONGEST_ALARM = 200


class Shelly:
    """Devices are `mqtt:shellies/<id>` or `mqtt:<prefix>`; of several channels those after the first are apart."""

    def __init__(self, config: Config) -> None:
        self._sensor = SENSOR | ({"temperature": Field("temperature", fahrenheit)} if config.fahrenheit else {})
        self._alarms: dict[str, dict[str, str]] = {}

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        if not frame.payload:
            return ()
        if status := _STATUS.fullmatch(frame.topic):
            return self._component(frame, f"mqtt:{status[1]}", status[2], parse(frame.payload), None, full=True)
        path, _, leaf = frame.topic.rpartition("/")
        if leaf == "rpc" and path.endswith("/events"):
            return self._notified(frame, f"mqtt:{path.removesuffix('/events')}")
        if leaf == "announce":
            return _announced(frame, path)
        if path.startswith("shellies/"):
            _, name, *levels = frame.topic.split("/")
            return self._plain(frame, f"mqtt:shellies/{name}", levels)
        ours = leaf == "online" and path.rpartition("/")[2].startswith("shelly")  # not of others who say so
        return readings(frame, f"mqtt:{path}", {leaf: plain(frame.payload)}, OWN) if ours else ()

    # ------------------------------------------------------------------ generation 1

    def _plain(self, frame: Frame, device: str, levels: Sequence[str]) -> Sequence[Decoded]:
        match levels:
            case ["info" | "status"]:
                return _info(frame, device, parse_object(frame.payload))
            case ["overtemperature"]:
                hot = flag(plain(frame.payload))
                return () if hot is None else self._alarm(frame, device, "heat", levels[0] if hot else "")
            case [name]:
                return self._measured(frame, device, name, OWN)
            case ["sensor", name]:
                return self._measured(frame, device, name, self._sensor)
            case [kind, index, *rest]:
                return self._indexed(frame, _part(device, kind, index), kind, rest)
        return ()

    def _indexed(self, frame: Frame, device: str, kind: str, rest: Sequence[str]) -> Sequence[Decoded]:
        if kind in _CHANNELS:
            return self._channel(frame, device, kind, rest)
        if kind == "emeter" and len(rest) == 1:
            return self._measured(frame, device, rest[0], EMETER)
        if kind == "input_event":
            return _pressed(frame, device, text(parse_object(frame.payload).get("event")))
        return self._measured(frame, device, kind, EXTERNAL) if not rest else ()

    def _measured(self, frame: Frame, device: str, name: str, fields: Mapping[str, Field]) -> Sequence[Reading]:
        said = plain(frame.payload)
        value = number(said)
        invalid = value is not None and (value == _INVALID or (value < 0 and name in _NEVER_NEGATIVE))
        return () if invalid else readings(frame, device, {name: said}, fields)

    def _channel(self, frame: Frame, device: str, kind: str, rest: Sequence[str]) -> Sequence[Reading]:
        if rest == ["status"] and kind in _LIT:
            said = parse_object(frame.payload)
            return readings(frame, device, said, {"ison": Field("light_on"), "brightness": Field("brightness")})
        if rest:
            return self._measured(frame, device, rest[0], CHANNEL) if len(rest) == 1 else ()
        word = plain(frame.payload)
        if word == "overpower":
            return (frame.reading(device, "switch_on", False), *self._alarm(frame, device, kind, word))
        on = flag(word, FLAGS)
        if on is None or kind == "roller":
            return ()
        over = self._alarm(frame, device, kind, "", None, explicit=False)
        return (frame.reading(device, "light_on" if kind in _LIT else "switch_on", on), *over)

    def _alarm(
        self, frame: Frame, device: str, source: str, words: str, at: datetime | None = None, *, explicit: bool = True
    ) -> list[Reading]:
        """All alarms of a device together: one source that is well again does not hide another. "" is none.

        Not `explicit`: the message does not speak of alarms, so it says only that there is none any more.
        """
        alarms = self._alarms.setdefault(device, {})
        before, alarms[source] = alarms.get(source, ""), words
        if not (explicit or words or before):
            return []
        return [frame.reading(device, "technical_alarm", ", ".join(filter(None, alarms.values())), at)]

    # ------------------------------------------------------------------ generation 2 and later

    def _notified(self, frame: Frame, device: str) -> list[Decoded]:
        said = parse_object(frame.payload)
        values = section(said, "params")
        at = moment(values.get("ts"))
        if said.get("method") == "NotifyEvent":
            return _events(frame, device, values.get("events"))
        full = said.get("method") == "NotifyFullStatus"
        results: list[Decoded] = []
        for key, status in values.items():
            results += self._component(frame, device, key, status, at, full=full)
        if full:
            address = text(section(values, "sys").get("mac"))
            facts = {"maker": "Shelly", "name": text(said.get("src")), "address": address}
            results.append(_fact(device, facts, frame.received))
        return results

    def _component(
        self, frame: Frame, device: str, key: str, status: object, at: datetime | None, *, full: bool
    ) -> list[Decoded]:
        """`full`: what it does not say is not so; a change leaves out what has not changed."""
        name, _, index = key.partition(":")
        fields = COMPONENTS.get(name)
        if fields is None or not isinstance(status, dict):
            return []
        if name == "temperature" and "3em" in device.rpartition("/")[2]:  # it has no other thermometer than its own
            fields = {"tC": Field("device_temperature")}
        here = device if index in ("", "0") else f"{device}/{key}"
        results: list[Decoded] = [*readings(frame, here, status, fields, at)]
        results += _more(frame, here, name, status, at)
        errors = status.get("errors")
        words = (
            ", ".join(word for word in errors if isinstance(word, str))[:_LONGEST_ALARM]
            if isinstance(errors, list)
            else ""
        )
        if "errors" in status or full:
            results += self._alarm(frame, here, name, words, at, explicit="errors" in status)
        return results


def _more(frame: Frame, device: str, name: str, status: Mapping[str, object], at: datetime | None) -> Iterator[Reading]:
    """What a component says deeper down."""
    if name == "devicepower":
        plugged = flag(section(status, "external").get("present"))
        battery = section(status, "battery")
        if not (plugged and not number(battery.get("percent"))):  # on a plug it says 0% of a battery it does not have
            yield from readings(frame, device, battery, BATTERY, at)
        if plugged is not None:
            yield frame.reading(device, "mains", plugged, at)
    elif name in {"em", "emdata"}:
        total = {key.removeprefix("total_"): value for key, value in status.items() if key.startswith("total_")}
        if name == "emdata":
            total = {"total_act_energy": status.get("total_act")}
        yield from readings(frame, device, total, METERED, at)
        for phase in PHASES:
            own = {key[2:]: value for key, value in status.items() if key.startswith(f"{phase}_")}
            yield from readings(frame, f"{device}/{phase}", own, METERED, at)
    else:
        energy = _watt_hours(said) if (said := number(section(status, "aenergy").get("total"))) is not None else None
        if energy is not None:
            yield frame.reading(device, "energy", energy, at)
        inside = number(section(status, "temperature").get("tC"))
        if inside is not None:
            yield frame.reading(device, "device_temperature", inside, at)


def _part(device: str, kind: str, index: str) -> str:
    return device if index == "0" else f"{device}/{kind}/{index}"


def _info(frame: Frame, device: str, values: Mapping[str, object]) -> list[Reading]:
    """`info` of every device; of the values only what no topic of its own says. Motion has `status`."""
    wifi = section(values, "wifi_sta")
    said = {key: value for key, value in values.items() if value != -1}  # not measured
    return [
        *readings(frame, device, said, {"uptime": Field("uptime"), **MOTION}, moment(said.get("timestamp"))),
        *readings(frame, device, wifi, {"rssi": Field("signal")}),
    ]


_PUSHES = {"S": "single", "SS": "double", "SSS": "triple", "L": "long"}


def _pressed(frame: Frame, device: str, event: str | None) -> Sequence[Reading]:
    word = _PUSHES.get(event or "")
    return (frame.reading(device, "action", word),) if word and not frame.retained else ()


def _events(frame: Frame, device: str, events: object) -> list[Decoded]:
    results: list[Decoded] = []
    for event in events if isinstance(events, list) and not frame.retained else ():
        said = event if isinstance(event, dict) else {}
        component, word = text(said.get("component")) or "", text(said.get("event")) or ""
        name, _, index = component.partition(":")
        if name == "input" and word.endswith("_push"):
            here = device if index == "0" else f"{device}/{component}"
            results.append(frame.reading(here, "action", word.removesuffix("_push"), moment(said.get("ts"))))
    return results


def _announced(frame: Frame, path: str) -> Sequence[Decoded]:
    said = parse_object(frame.payload)
    name = text(said.get("id"))
    device = f"mqtt:{path}" if path != "shellies" else f"mqtt:shellies/{name}"
    facts = {
        "maker": "Shelly",
        "name": text(said.get("name")) or name,
        "model": text(said.get("model")),
        "firmware": text(said.get("ver")) or text(said.get("fw_ver")),
        "address": text(said.get("ip")) or text(said.get("mac")),
    }
    return (_fact(device, facts, frame.received),) if name and facts["model"] else ()


def _fact(device: str, facts: Mapping[str, str | None], received: datetime) -> Announcement:
    return Announcement(device, {fact: said for fact, said in facts.items() if said}, received)
