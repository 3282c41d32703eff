"""Tasmota devices: sensors, energy, relays, availability, Zigbee bridge.

Tasmota documentation, pages "MQTT", "Peripherals", "JSON Status Responses", "Zigbee" and "Bluetooth".
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from pydantic import BaseModel, ConfigDict, field_validator
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Sighting
from drivers.codecs.device_time import Timezone, zone_of
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.json_values import (
    ONLINE,
    Field,
    SiteField,
    fahrenheit,
    flag,
    mired,
    moment,
    number,
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
    """How the devices' topics are built, the zone of their clocks, and what only this site's fields mean."""

    model_config = ConfigDict(extra="forbid", strict=True)

    full_topic: str = Setting("%prefix%/%topic%/", description="Tasmota's own `FullTopic`, the same for all devices.")
    timezone: Timezone | None = Setting(
        None,
        description="Zone of the devices' clocks; without it readings count from when they are heard.",
    )
    mapping: dict[str, SiteField] = Setting(
        {},
        description="Fields of this site only, by `SENSOR.Key` or `Key`: `metric`, `scale`, `inverted`.",
    )

    @field_validator("full_topic")
    @classmethod
    def _has_prefix(cls, pattern: str) -> str:
        levels = pattern.strip("/").split("/")
        if levels.count("%prefix%") != 1 or levels.count("%topic%") > 1 or set(pattern) & set("#+"):
            raise ValueError("needs the level %prefix% once and %topic% at most once, as in %prefix%/%topic%/")
        return pattern


SENSOR = {
    "Temperature": Field("temperature"),
    "AMBTMP": Field("temperature"),  # MLX90614: the air, not what it looks at
    "Humidity": Field("humidity"),
    "DewPoint": Field("dew_point"),
    "Pressure": Field("air_pressure"),
    "CarbonDioxide": Field("co2"),
    "CO2": Field("co2"),
    "Illuminance": Field("illuminance"),
    "PM1": Field("pm1"),
    "PM2.5": Field("pm25"),
    "PM10": Field("pm10"),
    "TVOC": Field("voc"),
    "Formaldehyde": Field("formaldehyde"),
    "Power": Field("power"),
    "ApparentPower": Field("apparent_power"),
    "PAPP": Field("apparent_power"),  # as the French meters call it (Teleinfo)
    "ReactivePower": Field("reactive_power"),
    "Voltage": Field("voltage"),
    "Current": Field("current"),
    "Frequency": Field("frequency"),
    "Battery": Field("battery"),
}
"""Fields of a sensor's object in `SENSOR`, in °C and hPa."""

ENERGY = {"Factor": Field("power_factor"), "Total": Field("energy")}
TEMPERATURES = ("Temperature", "AMBTMP", "DewPoint")
PRESSURE_UNITS = {"mmHg": times(1.333224), "inHg": times(33.863887), "kPa": times(10)}
CHIPS = {"ESP32", "MPU6050", "MPU6886", "MPU9250", "DS3231", "AXP192", "AXP2101"}
"""Whose temperature is that of the device itself."""
INSIDE = {"Temperature": Field("device_temperature")}

STATE = {"UptimeSec": Field("uptime")}
WIFI = {"RSSI": Field("link_quality"), "Signal": Field("signal")}  # RSSI is a quality in %, Signal in dBm
LIGHT = {"Dimmer": Field("brightness"), "CT": Field("color_temperature", mired)}
ZIGBEE = {
    "Temperature": Field("temperature"),
    "Humidity": Field("humidity"),
    "Pressure": Field("air_pressure"),
    "Occupancy": Field("occupancy"),
    "Dimmer": Field("brightness", times(100 / 254)),
    "CT": Field("color_temperature", mired),
    "BatteryPercentage": Field("battery"),
    "BatteryVoltage": Field("battery_voltage"),
    "LinkQuality": Field("link_quality"),
    "Reachable": Field("available"),
}
"""Fields of a device behind a Zigbee bridge running Tasmota."""

DEVICES = (
    Device(
        "any",
        "running Tasmota, with its sensors",
        tuple(
            dict.fromkeys(field.metric for table in (SENSOR, ENERGY, STATE, WIFI, LIGHT) for field in table.values())
        ),
        NOT_FOR_VACCINE,
    ),
    Device(
        "any",
        "behind a Zigbee bridge running Tasmota",
        tuple(field.metric for field in ZIGBEE.values()),
        NOT_FOR_VACCINE,
    ),
)

_PREFIXES = ("tele", "stat")
_ANY = {"%topic%", "%hostname%", "%id%"}
_DISCOVERY = "tasmota/discovery"
_BRIDGED = ("ZbReceived", "ZbInfo", "ZbLight")
_BRIDGED_FACTS = {"name": "Name", "maker": "Manufacturer", "model": "ModelId", "address": "IEEEAddr"}
_ONLY_LIGHTS = ("Dimmer", "CT", "Color", "HSBColor")
_MOST_PHASES = 3
_RELAY = re.compile(r"POWER(\d*)")
_BUTTON = re.compile(r"Button(\d*)")
_INDEXED = re.compile(r".+-(\d{1,2}|[0-9A-Fa-f]{6,12})")  # one of several: DS18B20-2, Flora-6ab577
_MAC = re.compile(r"[0-9A-Fa-f]{12}")


def claims(config: Config) -> tuple[str, ...]:
    """The topic filters of these devices and of their discovery."""
    built = "/".join("+" if level in _ANY else level for level in _levels(config))
    return (*(f"{built.replace('%prefix%', prefix)}/#" for prefix in _PREFIXES), f"{_DISCOVERY}/+/config")


def decoder(config: Config) -> "Tasmota":
    """The decoder of devices with this full topic."""
    return Tasmota(config)


def _levels(config: Config) -> list[str]:
    return config.full_topic.strip("/").split("/")


class Tasmota:
    """Devices are `mqtt:tasmota/<topic>`; of several sensors or relays each is `mqtt:tasmota/<topic>/<its key>`."""

    def __init__(self, config: Config) -> None:
        self._levels = _levels(config)
        self._zone = zone_of(config.timezone)
        self._site: dict[str, dict[str, SiteField]] = {}
        for path, said in config.mapping.items():
            sensor, _, key = path.rpartition(".")
            self._site.setdefault(sensor, {})[key] = said
        self._leaves = {
            "SENSOR": self._sensors,
            "STATE": self._states,
            "RESULT": self._result,
            "STATUS2": self._status,
            "STATUS8": self._status,
            "STATUS10": self._status,
            "STATUS11": self._status,
            "INFO1": self._info,
            "INFO2": self._info,
        }
        self._parts = {"StatusFWR": self._info, "StatusSNS": self._sensors, "StatusSTS": self._states}

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        if not frame.payload:  # an empty payload deletes a retained message
            return ()
        if frame.topic.startswith(f"{_DISCOVERY}/"):
            return self._discovered(frame)
        path, _, leaf = frame.topic.rpartition("/")
        topic = self._topic(path.split("/"))
        if topic is None:
            return ()
        device = _device(topic)
        if leaf == "LWT":
            online = flag(plain(frame.payload), ONLINE)
            return () if online is None else (frame.reading(device, "available", online),)
        if _RELAY.fullmatch(leaf) and not frame.payload.startswith(b"{"):
            return ()  # plain "ON", which RESULT says too
        said = self._result if _RELAY.fullmatch(leaf) else self._leaves.get(leaf)
        return said(frame, device, parse_object(frame.payload)) if said else ()

    def _topic(self, path: list[str]) -> str | None:
        """What stands for %topic%: one level, several or none."""
        levels, topic = self._levels, []
        if "%topic%" in levels:
            here, more = levels.index("%topic%"), len(path) - len(levels) + 1
            levels = levels[:here] + levels[here + 1 :]
            topic, path = path[here : here + more], path[:here] + path[here + more :]
        fits = len(path) == len(levels) and all(
            said in _PREFIXES if level == "%prefix%" else level in _ANY or said == level
            for level, said in zip(levels, path, strict=True)
        )
        return "/".join(topic) if fits else None

    def _at(self, values: Mapping[str, object]) -> datetime | None:
        return moment(values.get("Time"), self._zone) or moment(values.get("Epoch"))

    def _sensors(self, frame: Frame, device: str, values: dict[str, object]) -> list[Decoded]:
        at = self._at(values)
        found = {
            key: readings(frame, device, sensor, self._fields(key, values), at) for key, sensor in _sensors_of(values)
        }
        times_said = Counter(one.metric for key, said in found.items() if not _INDEXED.fullmatch(key) for one in said)
        results: list[Decoded] = [*readings(frame, device, values, with_site({}, self._site.get("", {})), at)]
        for key, said in found.items():
            apart = _INDEXED.fullmatch(key) or any(times_said[one.metric] > 1 for one in said)
            results += [msgspec.structs.replace(one, device=f"{device}/{key}") for one in said] if apart else said
        results += _heard(frame, device, values)
        return results + self._bridged(frame, device, values)

    def _fields(self, key: str, values: Mapping[str, object]) -> dict[str, Field]:
        fields = INSIDE if key in CHIPS else SENSOR
        if key.partition("-")[0] == "ENERGY":
            fields = fields | ENERGY
        if values.get("TempUnit") == "F":
            fields = fields | {name: Field(fields[name].metric, fahrenheit) for name in TEMPERATURES if name in fields}
        convert = PRESSURE_UNITS.get(str(values.get("PressureUnit")))
        if convert and "Pressure" in fields:
            fields = fields | {"Pressure": Field("air_pressure", convert)}
        return with_site(fields, self._site.get(key, {}))

    def _states(self, frame: Frame, device: str, values: dict[str, object]) -> list[Decoded]:
        at = self._at(values)
        fields = with_site(STATE, self._site.get("STATE", {}))
        return [
            *readings(frame, device, values, fields, at),
            *readings(frame, device, section(values, "Wifi"), WIFI, at),
            *self._result(frame, device, values),
        ]

    def _result(self, frame: Frame, device: str, values: dict[str, object]) -> list[Decoded]:
        at = self._at(values)
        results: list[Decoded] = [*readings(frame, device, values, LIGHT, at)]
        metric = "light_on" if any(key in values for key in _ONLY_LIGHTS) else "switch_on"
        for key, said in values.items():
            if relay := _RELAY.fullmatch(key):
                on = flag(said)
                if on is not None:
                    results.append(frame.reading(_part(device, relay), metric, on, at))
            elif button := _BUTTON.fullmatch(key):
                action = text(section(values, key).get("Action"))
                if action:
                    results.append(frame.reading(_part(device, button), "action", action.lower(), at))
        return results + self._bridged(frame, device, values)

    def _bridged(self, frame: Frame, device: str, values: dict[str, object]) -> list[Decoded]:
        """Devices behind a Zigbee bridge. A key with `!` is a command that the device sent, not its state."""
        results: list[Decoded] = []
        for key in _BRIDGED:
            for name, said in section(values, key).items():
                if isinstance(said, dict):
                    at = moment(said.get("LastSeenEpoch"))
                    apart = f"{device}/{text(said.get('Name')) or name}"
                    results += readings(frame, apart, said, ZIGBEE, at)
                    if "ModelId" in said:
                        facts = {fact: said.get(field) for fact, field in _BRIDGED_FACTS.items()}
                        results += _announced(apart, facts, frame.received)
                    on = None if any("!" in field for field in said) else flag(said.get("Power"))
                    if on is not None:
                        metric = "light_on" if any(field in said for field in _ONLY_LIGHTS) else "switch_on"
                        results.append(frame.reading(apart, metric, on, at))
        return results

    def _status(self, frame: Frame, device: str, values: dict[str, object]) -> list[Decoded]:
        return [
            one
            for key, said in self._parts.items()
            if key in values
            for one in said(frame, device, section(values, key))
        ]

    def _info(self, frame: Frame, device: str, values: dict[str, object]) -> list[Decoded]:
        said = section(values, "Info1") or section(values, "Info2") or values
        facts = {"model": "Module", "firmware": "Version", "name": "Hostname", "address": "IPAddress"}
        return _announced(device, {fact: said.get(key) for fact, key in facts.items()}, frame.received)

    def _discovered(self, frame: Frame) -> list[Decoded]:
        said = parse_object(frame.payload)
        topic = text(said.get("t"))
        facts = {"name": "dn", "model": "md", "firmware": "sw", "address": "ip"}
        if not topic:
            return []
        return _announced(_device(topic), {fact: said.get(key) for fact, key in facts.items()}, frame.received)


def _device(topic: str) -> str:
    return f"mqtt:tasmota/{topic}" if topic else "mqtt:tasmota"


def _part(device: str, found: re.Match[str]) -> str:
    """Relay and button 1 are the device, whose firmware numbers them only when there are several."""
    return device if found[1] in ("", "1") else f"{device}/{found[0]}"


def _sensors_of(values: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """The sensors' objects; what has several phases gives `ENERGY-1`, `ENERGY-2` … beside what they share."""
    for key, said in values.items():
        if not isinstance(said, dict) or key in _BRIDGED:
            continue
        lists = {name: value for name, value in said.items() if isinstance(value, list)}
        yield key, {name: value for name, value in said.items() if name not in lists}
        for phase in range(min(max(map(len, lists.values()), default=0), _MOST_PHASES)):
            yield f"{key}-{phase + 1}", {name: value[phase] for name, value in lists.items() if phase < len(value)}


def _heard(frame: Frame, device: str, values: Mapping[str, object]) -> Iterator[Sighting]:
    """Beacons: objects with a MAC and an RSSI. What is retained, or says that the beacon is gone, is no sighting."""
    for said in values.values():
        if isinstance(said, dict) and not frame.retained and flag(said.get("STATE", True)):
            mac, rssi = text(said.get("MAC")) or text(said.get("mac")), number(said.get("RSSI"))
            if mac and rssi is not None and _MAC.fullmatch(mac):
                tag = ":".join(mac[at : at + 2] for at in range(0, 12, 2)).upper()
                yield Sighting(f"ble:{tag}", device, rssi, frame.received)


def _announced(device: str, facts: Mapping[str, object], received: datetime) -> list[Decoded]:
    known = {fact: words for fact, said in facts.items() if (words := text(said))}
    return [Announcement(device, known, received)] if known else []
