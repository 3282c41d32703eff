"""Home Assistant's MQTT discovery: what a config says of a device, and which topic carries which of its quantities.

https://www.home-assistant.io/integrations/mqtt/ ("MQTT discovery", "Device discovery payload", "Sensor", "Binary
sensor", "Switch", "Light", "Lock"), abbreviations included. Understood are these five components, and templates that
name one value of the payload: `{{ value }}`, `{{ value_json.a.b }}`, `{{ value_json['a'][0] }}`, also with the filters
`float`, `int`, `round`, `default` and `is_defined`, none of which is applied: a value is kept as it was sent, and one
that is missing stays missing. Whatever has another template, class or unit is left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from collector.reading import Value
from drivers.codecs.json_values import fahrenheit, number, parse_object, section, text, times

_SHORT = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "ent_cat": "entity_category",
    "o": "origin",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_locked": "state_locked",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "stat_unlocked": "state_unlocked",
    "stat_val_tpl": "state_value_template",
    "t": "topic",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_SHORT_OF_DEVICE = {
    "cns": "connections",
    "ids": "identifiers",
    "mdl": "model",
    "mf": "manufacturer",
    "sn": "serial_number",
    "sw": "sw_version",
}
_FACTS = {
    "name": "name",
    "maker": "manufacturer",
    "model": "model",
    "firmware": "sw_version",
    "serial": "serial_number",
}

_Convert = Callable[[float], float]
_AIR: dict[str, _Convert | None] = {
    "hPa": None,
    "mbar": None,
    "Pa": times(0.01),
    "kPa": times(10),
    "mmHg": times(1.333224),
    "inHg": times(33.863887),
}
_MICROGRAMS: dict[str, _Convert | None] = {"µg/m³": None, "μg/m³": None, "ug/m3": None}  # both Greek letters

SENSORS: dict[str, tuple[str, Mapping[str, _Convert | None]]] = {
    "temperature": ("temperature", {"°C": None, "°F": fahrenheit, "K": lambda kelvin: round(kelvin - 273.15, 6)}),
    "humidity": ("humidity", {"%": None}),
    "moisture": ("moisture", {"%": None}),
    "atmospheric_pressure": ("air_pressure", _AIR),
    "pressure": ("air_pressure", {"hPa": None, "mbar": None}),  # in Pa or kPa it may be of a corridor or of a gas
    "carbon_dioxide": ("co2", {"ppm": None}),
    "volatile_organic_compounds": ("tvoc", {**_MICROGRAMS, "mg/m³": times(1000)}),
    "volatile_organic_compounds_parts": ("voc", {"ppb": None, "ppm": times(1000)}),
    "pm1": ("pm1", _MICROGRAMS),
    "pm25": ("pm25", _MICROGRAMS),
    "pm10": ("pm10", _MICROGRAMS),
    "illuminance": ("illuminance", {"lx": None}),
    "sound_pressure": ("noise", {"dB": None, "dBA": None}),
    "power": ("power", {"W": None, "kW": times(1000), "mW": times(0.001)}),
    "apparent_power": ("apparent_power", {"VA": None, "kVA": times(1000)}),
    "reactive_power": ("reactive_power", {"var": None, "kvar": times(1000)}),
    "power_factor": ("power_factor", {"": None, "%": times(0.01)}),
    "energy": ("energy", {"kWh": None, "Wh": times(0.001), "MWh": times(1000)}),
    "voltage": ("voltage", {"V": None, "mV": times(0.001)}),
    "current": ("current", {"A": None, "mA": times(0.001)}),
    "frequency": ("frequency", {"Hz": None}),
    "conductivity": ("conductivity", {"µS/cm": None, "μS/cm": None, "mS/cm": times(1000)}),
    "water": ("water_volume", {"L": None, "m³": times(1000)}),
    "battery": ("battery", {"%": None}),
    "signal_strength": ("signal", {"dBm": None, "dB": None}),
    "duration": ("uptime", {"s": None, "min": times(60), "h": times(3600), "d": times(86_400)}),  # if so called
    "": ("link_quality", {"lqi": None}),
}
"""By device class: the metric, and what makes it of each unit. A unit that does not stand here is left out."""

BINARY = {
    "battery": "battery_low",
    "battery_charging": "charging",
    "carbon_monoxide": "carbon_monoxide",
    "connectivity": "available",
    "door": "door_open",
    "garage_door": "door_open",
    "gas": "gas_detected",
    "moisture": "leak",
    "motion": "occupancy",
    "occupancy": "occupancy",
    "plug": "mains",
    "presence": "occupancy",
    "problem": "sensor_fault",
    "running": "running",
    "smoke": "smoke",
    "tamper": "tamper",
    "vibration": "vibration",
    "window": "window_open",
}
"""By device class of a binary sensor; `opening` is a door or a window, so it is neither."""

OTHERS = {"switch": "switch_on", "light": "light_on", "lock": "locked"}

_NAMES = {
    "temperature": ("tempc", "tempf", "temp", "tem"),
    "humidity": ("relative_humidity", "hum"),
    "air_pressure": ("pressure",),
    "illuminance": ("illuminance_lux", "lux"),
    "co2": ("carbon_dioxide",),
    "tvoc": ("volatile_organic_compounds", "voc"),
    "device_temperature": ("internal_temperature", "chip_temperature", "cpu_temperature", "temperature"),
    "pm25": ("pm2_5",),
    "leak": ("water_leak", "moisture"),
    "occupancy": ("motion", "presence"),
    "door_open": ("door", "contact"),
    "window_open": ("window", "contact"),
    "battery": ("battery_level", "batt", "bat"),
    "signal": ("wifi_signal_strength", "wifi_signal", "wifi_rssi", "signal_strength", "rssi"),
    "switch_on": ("switch", "relay", "plug", "state"),
    "light_on": ("light",),
    "locked": ("lock",),
    "link_quality": ("linkquality",),
    "available": ("status", "connection_state"),
}
"""How the entity of a quantity is named beside its metric. Without a name it is called after its class."""

_STEP = r"\.[A-Za-z_]\w*|\[\s*'[^'\]]*'\s*\]|\[\s*\"[^\"\]]*\"\s*\]|\[\s*\d{1,3}\s*\]"
_FILTER = r"\|\s*(?:float|int|round|default|is_defined)\s*(?:\([^(){}|]*\))?\s*"
_TEMPLATE = re.compile(rf"\{{\{{-?\s*(value|value_json)\s*((?:{_STEP})*)\s*(?:{_FILTER})*-?\}}\}}")
_STEPS = re.compile(r"\.(\w+)|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]|\[\s*(\d+)\s*\]")

Path = tuple[str | int, ...]


class Entity(msgspec.Struct, frozen=True):
    """One quantity: of `device`, in the payload of `topic` at `path`; None: the payload itself is the value.

    `apart` is the device where another entity of it has the same metric and name.
    """

    device: str
    apart: str
    topic: str
    metric: str
    path: Path | None = None
    convert: _Convert | None = None
    words: Mapping[str, bool] = {}

    def value(self, raw: object) -> Value | None:
        """The metric's value; None when there is none."""
        if self.words:
            return self.words.get(str(raw).strip().lower())
        value = number(raw)
        return value if value is None or self.convert is None else number(self.convert(value))


class Availability(msgspec.Struct, frozen=True):
    """Which topic says that `device` is there, and with which words."""

    device: str
    topic: str
    path: Path | None
    words: Mapping[str, bool]


class Config(msgspec.Struct, frozen=True):
    """What one config says. `mode`: of several availability topics `all`, `any` or the `latest` counts."""

    device: str
    facts: dict[str, str]
    origin: str
    entities: tuple[Entity, ...]
    availability: tuple[Availability, ...]
    mode: str


def read(at: str, payload: bytes, name_device: Callable[[str, str], str]) -> Config:
    """The config at topic `<prefix>/<at>/config`. Raises BadFrame.

    `name_device` makes a device's id of its identifier and of a state topic, "" when it has none.
    """
    component, _, rest = at.partition("/")
    node, _, last = rest.rpartition("/")
    whole = _long(parse_object(payload), _SHORT)
    said = _long(section(whole, "device"), _SHORT_OF_DEVICE)
    ident = _identifier(said) or node or last
    owners = sorted(filter(None, map(_slug, (ident, node, text(said.get("name")) or ""))), key=len, reverse=True)
    parts = {last: whole} if component != "device" else _components(whole)
    whole_and = [whole] if component == "device" else []
    entities, topics = [], []
    for name, part in parts.items():
        one = _entity(component if component != "device" else str(part.get("platform")), part)
        if one is not None and (one.metric != "uptime" or "uptime" in _slug(f"{name} {part.get('name')}")):
            topics.append(one.topic)
            entities.append(_owned(one, name, text(part.get("name")) or "", name_device(ident, one.topic), owners))
    device = name_device(ident, topics[0] if topics else "")
    facts = {fact: words for fact, key in _FACTS.items() if (words := text(said.get(key)))}
    if mac := _connection(said):
        facts["address"] = mac
    return Config(
        device,
        facts,
        text(section(whole, "origin").get("name")) or "",
        tuple(entities),
        tuple(one for part in (*whole_and, *parts.values()) for one in _availability(device, part)),
        text(whole.get("availability_mode")) or "latest",
    )


def _long(said: Mapping[str, object], short: Mapping[str, str]) -> dict[str, object]:
    """Without abbreviations and with the base topic in its place."""
    base = text(said.get("~"))
    return {
        short.get(key, key): _based(value, base) if base and short.get(key, key).endswith("topic") else value
        for key, value in said.items()
    }


def _based(value: object, base: str) -> object:
    if not isinstance(value, str):
        return value
    return base + value[1:] if value.startswith("~") else value[:-1] + base if value.endswith("~") else value


def _components(whole: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Of a device that announces all at once: what stands once for all is the components' too."""
    shared = {key: whole[key] for key in ("~", "state_topic") if key in whole}
    return {
        name: _long({**shared, **said}, _SHORT)
        for name, said in section(whole, "components").items()
        if isinstance(said, dict)
    }


def _entity(component: str, said: Mapping[str, object]) -> Entity | None:
    topic, template = text(said.get("state_topic")), said.get("value_template") or said.get("state_value_template")
    path = _path(template) if template is not None else None
    if topic is None or (template is not None and path is None):
        return None
    path = None if path == ("",) else path
    kind = text(said.get("device_class")) or ""
    if component == "sensor":
        metric, units = SENSORS.get(kind, ("", {}))
        unit = text(said.get("unit_of_measurement")) or ""
        if unit not in units:
            return None
        inside = metric == "temperature" and said.get("entity_category") == "diagnostic"
        return Entity("", "", topic, "device_temperature" if inside else metric, path, units[unit])
    if component == "binary_sensor":
        words = _words(said, "payload_on", "ON", "payload_off", "OFF")
        return Entity("", "", topic, BINARY[kind], path, None, words) if kind in BINARY else None
    if component not in OTHERS:
        return None
    if component == "light" and said.get("schema") == "json":
        path = ("state",)
    words = (
        _words(said, "state_locked", "LOCKED", "state_unlocked", "UNLOCKED")
        if component == "lock"
        else _words(said, "state_on", said.get("payload_on", "ON"), "state_off", said.get("payload_off", "OFF"))
    )
    return Entity("", "", topic, OTHERS[component], path, None, words)


def _words(said: Mapping[str, object], yes: str, usual: object, no: str, otherwise: object) -> dict[str, bool]:
    return {str(said.get(no, otherwise)).lower(): False, str(said.get(yes, usual)).lower(): True}


def _path(template: object) -> Path | None:
    """Where a template's value is: ("",) the payload itself, None when the template says more than that."""
    found = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if found is None:
        return None
    steps: Path = tuple(
        int(index) if index else name or single or double for name, single, double, index in _STEPS.findall(found[2])
    )
    if found[1] == "value":
        return None if steps else ("",)
    return steps


def _owned(entity: Entity, key: str, name: str, device: str, owners: Iterable[str]) -> Entity:
    """With its device: what its name says beside the device and the quantity tells the parts of a device apart."""
    rest = _without(_slug(name), owners)
    for words in sorted({entity.metric, *_NAMES.get(entity.metric, ())}, key=len, reverse=True):
        if rest == words or rest.endswith(f"_{words}"):
            rest = rest.removesuffix(words).strip("_")
            break
        if rest.startswith(f"{words}_"):
            rest = rest.removeprefix(f"{words}_")
            break
    apart = f"{device}/{_without(_slug(key), owners) or _slug(key) or key}"
    return msgspec.structs.replace(entity, device=f"{device}/{rest}" if rest else device, apart=apart)


def _without(name: str, owners: Iterable[str]) -> str:
    for owner in owners:
        if name == owner or name.startswith(f"{owner}_"):
            name = name.removeprefix(owner).strip("_")
    return name


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _identifier(device: Mapping[str, object]) -> str | None:
    said = device.get("identifiers")
    first = said[0] if isinstance(said, list) and said else said
    return text(first) or _connection(device)


def _connection(device: Mapping[str, object]) -> str | None:
    match device.get("connections"):
        case [[str(), str(address)], *_]:
            return text(address)
    return None


def _availability(device: str, said: Mapping[str, object]) -> Iterator[Availability]:
    several = said.get("availability")
    alone = {**said, "topic": said.get("availability_topic"), "value_template": said.get("availability_template")}
    for one in [alone, *(several if isinstance(several, list) else ())]:
        own = _long({"~": said.get("~"), **one}, _SHORT) if isinstance(one, dict) else {}
        topic, template = text(own.get("topic")), own.get("value_template")
        path = _path(template) if template is not None else ("",)
        if topic and path is not None:
            words = _words(own, "payload_available", "online", "payload_not_available", "offline")
            yield Availability(device, topic, None if path == ("",) else path, words)
