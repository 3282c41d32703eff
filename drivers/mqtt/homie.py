"""Homie devices, versions 3, 4 and 5: properties by their unit and datatype, state, alerts, statistics.

The Homie convention, https://homieiot.github.io/specification/ (core 3.0.1, 4.0.0 and 5.0.0, and the legacy stats and
firmware extensions). A property is read when it is called after a quantity (`temperature`, `outdoor-temperature`) and
says a unit of it, or is a boolean: the convention has no classes. Set points, colors, enumerations and texts are left
out. `init` is neither there nor gone; who sleeps is there.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Reading
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.json_values import (
    BaseTopic,
    Field,
    fahrenheit,
    flag,
    parse_object,
    plain,
    readings,
    section,
    text,
    times,
)
from drivers.codecs.waiting import Waiting

PROVEN = True


class Config(BaseModel):
    """Where the devices publish."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("homie", description="The root topic: `homie/…`, in version 5 `homie/5/…`.")


_Units = Mapping[str, Callable[[float], float] | None]
_CELSIUS: _Units = {"°C": None, "°F": fahrenheit, "K": lambda kelvin: round(kelvin - 273.15, 6)}
_PERCENT: _Units = {"%": None}
_PARTICLES: _Units = {"µg/m³": None, "μg/m³": None, "ug/m3": None}  # both Greek letters
_LUX: _Units = {"lx": None, "lux": None}

QUANTITIES: dict[str, tuple[str, _Units]] = {
    "temperature": ("temperature", _CELSIUS),
    "dew-point": ("dew_point", _CELSIUS),
    "humidity": ("humidity", _PERCENT),
    "pressure": ("air_pressure", {"hPa": None, "mbar": None}),  # in Pa it may be that to the corridor
    "co2": ("co2", {"ppm": None}),
    "illuminance": ("illuminance", _LUX),
    "lux": ("illuminance", _LUX),
    "pm1": ("pm1", _PARTICLES),
    "pm25": ("pm25", _PARTICLES),
    "pm10": ("pm10", _PARTICLES),
    "voc": ("voc", {"ppb": None}),
    "noise": ("noise", {"dB": None}),
    "power": ("power", {"W": None, "kW": times(1000)}),
    "energy": ("energy", {"kWh": None, "Wh": times(0.001)}),
    "voltage": ("voltage", {"V": None, "mV": times(0.001)}),
    "current": ("current", {"A": None, "mA": times(0.001)}),
    "frequency": ("frequency", {"Hz": None}),
    "battery": ("battery", _PERCENT),
    "battery-level": ("battery", _PERCENT),
    "rssi": ("signal", {"dBm": None}),
}
"""By the last words of a property's id: the metric, and what makes it of each unit."""

STATES = {
    "door": "door_open",
    "window": "window_open",
    "motion": "occupancy",
    "occupancy": "occupancy",
    "presence": "occupancy",
    "smoke": "smoke",
    "leak": "leak",
    "vibration": "vibration",
    "tamper": "tamper",
    "battery-low": "battery_low",
    "low-battery": "battery_low",
    "running": "running",
    "switch": "switch_on",
    "on": "switch_on",
}
"""The same for booleans."""

STATS = {
    "uptime": Field("uptime"),
    "signal": Field("link_quality"),  # in %
    "cputemp": Field("device_temperature"),
    "battery": Field("battery"),
    "supply": Field("voltage"),
}
FACTS = {
    "$name": "name",
    "$mac": "address",
    "$fw/version": "firmware",
    "$implementation": "model",
    "$stats/interval": "interval_s",
}
DEVICES = (
    Device(
        "any",
        "that follows the Homie convention",
        tuple(dict.fromkeys([*(metric for metric, _ in QUANTITIES.values()), *STATES.values(), "available"])),
        NOT_FOR_VACCINE,
    ),
)

_THERE = {"ready": True, "sleeping": True, "alert": True, "disconnected": False, "lost": False}
_FIFTH = "5"
_NOT_MEASURED = {"target", "set", "setpoint", "min", "max", "threshold", "limit", "offset", "desired", "wanted"}
_ARRAY = re.compile(r"_\d+$")
_LONGEST_ALARM = 200
_MOST = 20_000  # properties of one link
_PROPERTY_LEVELS = 2  # node and property


def claims(config: Config) -> tuple[str, ...]:
    """Everything under the root topic."""
    return (f"{config.base_topic}/#",)


def decoder(config: Config) -> "Homie":
    """The decoder of one root topic."""
    return Homie(config)


class Homie:
    """Devices are `mqtt:<root>/<device>`, in version 5 `mqtt:<root>/5/<device>`; their nodes `…/<node>`."""

    def __init__(self, config: Config) -> None:
        self._base = config.base_topic
        self._properties: dict[str, dict[str, str]] = {}
        self._alerts: dict[str, dict[str, str]] = {}
        self._waiting = Waiting()

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        levels = frame.topic.removeprefix(f"{self._base}/").split("/")
        fifth = levels[0] == _FIFTH
        name, rest = (f"5/{levels[1]}", levels[2:]) if fifth and len(levels) > 1 else (levels[0], levels[1:])
        device = f"mqtt:{self._base}/{name}"
        if rest[:1] == ["$alert"] and len(rest) > 1:
            return self._alert(frame, device, "/".join(rest[1:]))
        if not rest or not frame.payload:
            return ()
        if rest[0].startswith("$"):
            return self._of_device(frame, device, "/".join(rest), fifth=fifth)
        if len(rest) == _PROPERTY_LEVELS and not rest[1].startswith("$"):
            return self._value(frame, device, *rest)
        if len(rest) == _PROPERTY_LEVELS + 1 and rest[2] in {"$unit", "$datatype"}:
            return self._described(f"{device}/{rest[0]}/{rest[1]}", {rest[2][1:]: plain(frame.payload)})
        return ()

    def _of_device(self, frame: Frame, device: str, attribute: str, *, fifth: bool) -> Sequence[Decoded]:
        if attribute == "$description":
            return list(self._description(frame, device))
        said = plain(frame.payload)
        if attribute == "$state":
            there = flag(said, _THERE)
            results = [] if there is None else [frame.reading(device, "available", there)]
            if not fifth and said in {"ready", "alert"}:
                results.append(frame.reading(device, "technical_alarm", "alert" if said == "alert" else ""))
            return results
        if attribute in FACTS and text(said):
            return (Announcement(device, {FACTS[attribute]: said}, frame.received),)
        return readings(frame, device, {attribute.removeprefix("$stats/"): said}, STATS)

    def _alert(self, frame: Frame, device: str, which: str) -> Sequence[Reading]:
        """All alerts of a device together; an empty payload takes one back."""
        said = plain(frame.payload)[:_LONGEST_ALARM]
        alerts = self._alerts.setdefault(device, {})
        if said:
            alerts[which] = said
        else:
            alerts.pop(which, None)
        return (frame.reading(device, "technical_alarm", "; ".join(alerts.values())[:_LONGEST_ALARM]),)

    # ------------------------------------------------------------------ properties

    def _description(self, frame: Frame, device: str) -> Iterator[Decoded]:
        said = parse_object(frame.payload)
        if name := text(said.get("name")):
            yield Announcement(device, {"name": name}, frame.received)
        for node, node_said in _by_id(said, "nodes"):
            for name, one in _by_id(node_said, "properties"):
                attributes = {key: value for key in ("unit", "datatype") if (value := text(one.get(key)))}
                yield from self._described(f"{device}/{node}/{name}", attributes)

    def _described(self, at: str, attributes: Mapping[str, str]) -> list[Reading]:
        if at not in self._properties and len(self._properties) >= _MOST:
            raise BadFrame(f"More than {_MOST} properties are described")
        self._properties[at] = {**self._properties.get(at, {}), **attributes}
        results: list[Reading] = []
        device, node, name = at.rsplit("/", _PROPERTY_LEVELS)
        if _field(name, self._properties[at]) is not None:
            for frame in self._waiting.take({at.removeprefix("mqtt:")}):
                results += self._value(frame, device, node, name)
        return results

    def _value(self, frame: Frame, device: str, node: str, name: str) -> list[Reading]:
        described = self._properties.get(f"{device}/{node}/{name}") or self._properties.get(
            f"{device}/{_ARRAY.sub('', node)}/{name}"  # version 3: lights_0 is one of lights
        )
        field = _field(name, described or {})
        if field is None:
            if described is None or len(described) == 1:  # one attribute is still to come
                self._waiting.keep(frame)
            return []
        apart = f"{device}/{node}" if name in QUANTITIES or name in STATES else f"{device}/{node}/{name}"
        return readings(frame, apart, {name: plain(frame.payload)}, {name: field})


def _field(name: str, described: Mapping[str, str]) -> Field | None:
    """Which metric a property is; None: none, or not known yet."""
    words = name.split("-")
    last = next(("-".join(words[-size:]) for size in (2, 1) if "-".join(words[-size:]) in (QUANTITIES | STATES)), "")
    if not last or _NOT_MEASURED & set(words):
        return None
    if described.get("datatype") == "boolean":
        return Field(STATES[last]) if last in STATES else None
    metric, units = QUANTITIES.get(last, ("", {}))
    unit = described.get("unit", "")
    if described.get("datatype") not in {"integer", "float"} or unit not in units:
        return None
    if last == "voltage" and "battery" in words:
        metric = "battery_voltage"
    return Field(metric, units[unit])


def _by_id(said: Mapping[str, object], key: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Version 5 describes by id; its drafts had lists whose entries name themselves."""
    listed = said.get(key)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and (name := text(one.get("id"))):
            yield name, one
    for name, one in section(said, key).items():
        if isinstance(one, dict):
            yield name, one
