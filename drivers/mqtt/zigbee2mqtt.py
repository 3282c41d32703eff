"""Zigbee2MQTT devices: state, availability, bridge.

Zigbee2MQTT documentation, "MQTT Topics and Messages", "Exposes" and the device pages.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Reading
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.json_values import (
    FLAGS,
    ONLINE,
    BaseTopic,
    Field,
    SiteField,
    flag,
    mired,
    moment,
    number,
    parse,
    parse_object,
    plain,
    readings,
    section,
    text,
    times,
    with_site,
)

PROVEN = True


class Config(BaseModel):
    """Where Zigbee2MQTT publishes, and which fields only this site's own converters have."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("zigbee2mqtt", description="Zigbee2MQTT's own `base_topic`.")
    mapping: dict[str, SiteField] = Setting(
        {}, description="Fields that only this site has, by name: `metric`, and if need be `scale` and `inverted`."
    )


_LOCKED = {"locked": True, "unlocked": False, "not_fully_locked": False, "lock": True, "unlock": False}
_RUNNING = FLAGS | {"heat": True, "cool": True, "fan_only": True, "idle": False}

FIELDS = {
    "temperature": Field("temperature"),
    "local_temperature": Field("temperature"),
    "humidity": Field("humidity"),
    "dew_point": Field("dew_point"),
    "pressure": Field("air_pressure"),
    "co2": Field("co2"),
    "illuminance_lux": Field("illuminance"),  # until version 2 `illuminance` was the raw, logarithmic figure beside it
    "illuminance": Field("illuminance"),
    "pm1": Field("pm1"),
    "pm25": Field("pm25"),
    "pm10": Field("pm10"),
    "voc": Field("voc"),
    "formaldehyd": Field("formaldehyde"),  # so spelt by the converters
    "noise": Field("noise"),
    "occupancy": Field("occupancy"),
    "presence": Field("occupancy"),
    "vibration": Field("vibration"),
    "smoke": Field("smoke"),
    "carbon_monoxide": Field("carbon_monoxide"),
    "gas": Field("gas_detected"),
    "soil_moisture": Field("moisture"),
    "water_leak": Field("leak"),
    "contact": Field("door_open", inverted=True),
    "lock_state": Field("locked", words=_LOCKED),
    "current_heating_setpoint": Field("setpoint_temperature"),
    "occupied_heating_setpoint": Field("setpoint_temperature"),
    "pi_heating_demand": Field("valve_position"),
    "running_state": Field("running", words=_RUNNING),
    "brightness": Field("brightness", times(100 / 254)),
    "color_temp": Field("color_temperature", mired),
    "power": Field("power"),
    "power_apparent": Field("apparent_power"),
    "power_reactive": Field("reactive_power"),
    "power_factor": Field("power_factor"),
    "current": Field("current"),
    "ac_frequency": Field("frequency"),
    "energy": Field("energy"),
    "ac_connected": Field("mains"),
    "battery": Field("battery"),
    "battery_low": Field("battery_low"),
    "tamper": Field("tamper"),
    "device_temperature": Field("device_temperature"),
    "linkquality": Field("link_quality"),
    "action": Field("action"),
}
"""Everything but `state` and `voltage`, which mean different things on different devices."""

DEVICES = (
    Device(
        "any",
        "paired with Zigbee2MQTT, as its own list of devices has it",
        tuple(dict.fromkeys(field.metric for field in FIELDS.values())),
        NOT_FOR_VACCINE,
    ),
)

_LIGHT = ("brightness", "color", "color_mode", "color_temp")
_ON_BATTERY = ("battery", "battery_low", "battery_state")
_VOLTS = 60  # no battery of a Zigbee device has more volts, none in use fewer millivolts
_MILLIVOLTS = 1000  # nothing that speaks Zigbee hangs on more volts
_ENDPOINT = re.compile(r"(.+)_(l[1-8]|left|right|center|top|bottom)")
_COMMANDS = {"set", "get"}


def claims(config: Config) -> tuple[str, ...]:
    """The topic filters of one Zigbee2MQTT."""
    return (f"{config.base_topic}/#",)


def decoder(config: Config) -> "Zigbee2Mqtt":
    """The decoder of one Zigbee2MQTT."""
    return Zigbee2Mqtt(config)


class Zigbee2Mqtt:
    """Devices are `mqtt:<base topic>/<friendly name>`, names with slashes and spaces too; endpoints `…/left`."""

    def __init__(self, config: Config) -> None:
        self._base = config.base_topic
        self._fields = with_site(FIELDS, config.mapping)
        self._bridge = {"state": self._bridge_state, "info": self._bridge_info, "devices": self._bridge_devices}

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        name = frame.topic.removeprefix(f"{self._base}/")
        if name == frame.topic or not frame.payload:  # an empty payload deletes a retained message
            return ()
        first, _, rest = name.partition("/")
        if first == "bridge":
            said = self._bridge.get(rest)
            return said(frame) if said else ()
        parent, _, leaf = name.rpartition("/")
        if parent and leaf == "availability":
            return self._available(frame, self._device(parent))
        if any(part in _COMMANDS for part in name.split("/")[1:]):
            return ()
        return self._state(frame, name, parent, leaf)

    def _device(self, name: str) -> str:
        return f"mqtt:{self._base}/{name}"

    def _state(self, frame: Frame, name: str, parent: str, leaf: str) -> Sequence[Decoded]:
        try:
            values = parse(frame.payload)
        except BadFrame:
            if not (parent and self._is_attribute(leaf)):
                raise
            values = plain(frame.payload)
        if not isinstance(values, dict):  # "output: attribute" gives every field a topic of its own
            if parent and self._is_attribute(leaf):
                return self._said(frame, self._device(parent), {leaf: values})
            raise BadFrame(f"Expected a JSON object, got {type(values).__name__}")
        return self._said(frame, self._device(name), values)

    def _is_attribute(self, leaf: str) -> bool:
        return leaf in self._fields or leaf in {"state", "voltage"}

    def _said(self, frame: Frame, device: str, values: Mapping[str, object]) -> list[Reading]:
        at = moment(values.get("last_seen"))
        found = self._read(frame, device, values, at)
        for endpoint, own in _endpoints(values).items():
            found += self._read(frame, f"{device}/{endpoint}", own, at)
        return found

    def _read(self, frame: Frame, device: str, values: Mapping[str, object], at: datetime | None) -> list[Reading]:
        found = readings(frame, device, values, self._fields, at)
        known = {reading.metric for reading in found}
        for metric, value in (_switched(values), _voltage(values)):
            if metric not in known and value is not None:
                found.append(frame.reading(device, metric, value, at))
        return found

    def _available(self, frame: Frame, device: str) -> Sequence[Decoded]:
        online = _online(frame)
        return () if online is None else (frame.reading(device, "available", online),)

    def _bridge_state(self, frame: Frame) -> Sequence[Decoded]:
        return self._available(frame, self._device("bridge"))

    def _bridge_info(self, frame: Frame) -> Sequence[Decoded]:
        said = parse_object(frame.payload)
        coordinator = section(said, "coordinator")
        facts = {
            "name": f"Zigbee2MQTT {self._base}",
            "kind": "bridge",
            "firmware": text(said.get("version")),
            "model": text(coordinator.get("type")),
            "address": text(coordinator.get("ieee_address")),
        }
        return (_announced(self._device("bridge"), facts, frame.received),)

    def _bridge_devices(self, frame: Frame) -> Sequence[Decoded]:
        said = parse(frame.payload)
        if not isinstance(said, list):
            raise BadFrame(f"Expected a list of devices, got {type(said).__name__}")
        return [self._introduced(one, frame.received) for one in said if isinstance(one, dict) and _is_device(one)]

    def _introduced(self, one: dict[str, object], received: datetime) -> Announcement:
        definition = section(one, "definition")
        interval = _interval(one)
        facts = {
            "name": text(one.get("friendly_name")),
            "maker": text(definition.get("vendor")) or text(one.get("manufacturer")),
            "model": text(definition.get("model")) or text(one.get("model_id")),
            "firmware": text(one.get("software_build_id")),
            "kind": text(definition.get("description")),
            "address": text(one.get("ieee_address")),
            "interval_s": None if interval is None else f"{interval:g}",
        }
        return _announced(self._device(str(one["friendly_name"])), facts, received)


def _announced(device: str, facts: Mapping[str, str | None], received: datetime) -> Announcement:
    return Announcement(device, {fact: said for fact, said in facts.items() if said}, received)


def _online(frame: Frame) -> bool | None:
    if frame.payload[:1] in b'{"':
        said = parse(frame.payload)
        return flag(said.get("state") if isinstance(said, dict) else said, ONLINE)
    return flag(plain(frame.payload), ONLINE)  # version 1: plain text


def _endpoints(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """What a device with several sockets or gangs says of each: `state_left` is `state` of `left`."""
    found: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        if "_" in key and (of := _ENDPOINT.fullmatch(key)):
            found.setdefault(of[2], {})[of[1]] = value
    return found


def _switched(values: Mapping[str, object]) -> tuple[str, bool | None]:
    """`state`: of a lock by its words, of a light by what only lights have beside it, else of a switch."""
    state = values.get("state")
    if isinstance(state, str) and state.lower() in _LOCKED:
        return "locked", flag(state, _LOCKED)
    return "light_on" if any(key in values for key in _LIGHT) else "switch_on", flag(state)


def _voltage(values: Mapping[str, object]) -> tuple[str, float | None]:
    """`voltage`: millivolts of a battery, or volts of the mains."""
    volts = number(values.get("voltage"))
    if volts is None:
        return "voltage", None
    on_battery = any(key in values for key in _ON_BATTERY)
    if volts > _MILLIVOLTS or (on_battery and volts > _VOLTS):
        return "battery_voltage", times(0.001)(volts)
    return "battery_voltage" if on_battery else "voltage", volts


def _is_device(one: Mapping[str, object]) -> bool:
    return bool(text(one.get("friendly_name"))) and one.get("type") != "Coordinator" and one.get("disabled") is not True


def _interval(one: Mapping[str, object]) -> float | None:
    """The longest the device may stay silent: the smallest maximum of its configured reportings, in s."""
    endpoints = section(one, "endpoints").values()
    reportings = [
        reporting.get("maximum_report_interval")
        for endpoint in endpoints
        if isinstance(endpoint, dict) and isinstance(endpoint.get("configured_reportings"), list)
        for reporting in endpoint["configured_reportings"]
        if isinstance(reporting, dict)
    ]
    return min((limit for limit in map(number, reportings) if limit), default=None)
