"""Lines that others write, as readings (docs/line-protocol.md).

What `store.influx` writes comes back as the readings it was made of. Of other lines each field is a reading: the device
is called after the tags, the metric after the field.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from collector.admission import NAME_LENGTH
from collector.clock import from_a_wrong_clock
from collector.errors import BadFrame
from collector.influx.columns import readings, split
from collector.influx.lines import KIND_NAMES, kind_of, text_of, value_kind
from collector.influx.parse import Fields, Key, key_of, lines, parsed
from collector.influx.ports import Column
from collector.metrics import FAMILIES, METRICS
from collector.points import RSSI
from collector.reading import Announcement, Item, Quality, Reading, Sighting, Value

MOST = 20_000
"""Lines, and readings, of one request: they become one record of the spool."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = 1_000_000
_TICK: Final = timedelta(milliseconds=1)
_REMEMBERED = 50_000


class Config(BaseModel):
    """How lines that Wardkeeper did not write become readings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    device_tags: list[str] = Field(
        default=["device", "entity_id", "host"],
        description="Tags that say which device it is: the first of them that a line has.",
    )


class TooMuch(ValueError):
    """More than MOST lines or readings."""


class Wrong(NamedTuple):
    """A line that gives nothing: its number from 1, where it begins and where in it the trouble is, in bytes."""

    number: int
    begins: int
    line: str
    why: str
    offset: int


class Heard(NamedTuple):
    """What a body says. `lines`: how many there were, wrong ones too; `readings`: how many of `items` are points."""

    items: list[Item]
    wrong: list[Wrong]
    lines: int

    @property
    def good(self) -> int:
        """Lines that were understood."""
        return self.lines - len(self.wrong)


Known = Callable[[Fields, datetime, datetime], list[Item]]
"""The items of a series' fields, measured at the one moment and heard at the other. Raises BadFrame.

They are equal only where the line says no time: what says one keeps it when it is sent again (`admission.Timeline`).
"""


class Lines:
    """Makes readings of lines, and remembers how for each series. Thread-safe: two threads may only do so twice."""

    def __init__(self, site: str, config: Config | None = None) -> None:
        """`site`: lines of Wardkeeper's own form must be of it."""
        self._site = site
        self._tags = tuple((config or Config()).device_tags)
        self._series: dict[str, Known] = {}

    def heard(self, body: bytes, ns: int, now: datetime) -> Heard:
        """What `body` says; its times count `ns` nanoseconds, and a line without one is of `now`. Raises TooMuch."""
        text = body.decode(errors="surrogateescape")
        damaged = not text.isascii() and _damaged(text)
        items: list[Item] = []
        wrong: list[Wrong] = []
        last_ns, at, received, number = None, now, now, 0
        for number, (begins, line) in enumerate(lines(text), 1):
            if number > MOST or len(items) > MOST:
                raise TooMuch
            try:
                if damaged and _damaged(line):
                    raise BadFrame("not UTF-8")  # noqa: TRY301 - as every other trouble with a line
                key, fields, at_ns = parsed(line, ns)
                if at_ns != last_ns:
                    last_ns, at, received = at_ns, *_times(at_ns, now)
                items += (self._series.get(key) or self._known(key))(fields, at, received)
            except BadFrame as bad:
                wrong.append(Wrong(number, begins, line, str(bad), bad.offset))
        return Heard(items, _in_bytes(text, wrong), number)

    def _known(self, key: str) -> Known:
        if len(self._series) >= _REMEMBERED:
            self._series.clear()
        known = self._series[key] = self._made(key_of(key))
        return known

    def _made(self, key: Key) -> Known:
        measurement, tags = key.measurement, dict(key.tags)
        if measurement in FAMILIES and tags.keys() | {"gateway"} == {"site", "device", "gateway"}:
            site = text_of(tags["site"])
            if site != self._site:
                raise BadFrame(f"it is of the site {site}, and this is {self._site}")
            return Own(text_of(tags["device"]), text_of(tags.get("gateway", "")))
        if tags.get("site") == self._site:
            del tags["site"]
        if {"domain", "entity_id"} <= tags.keys():
            return HomeAssistant(measurement, tags)
        return Foreign(measurement, tags, self._tags)


class Own:
    """A series as Wardkeeper itself writes it (docs/stores.md)."""

    def __init__(self, device: str, gateway: str) -> None:
        self._device, self._gateway = named(device), named(gateway) if gateway else ""

    def __call__(self, fields: Fields, at: datetime, received: datetime) -> list[Item]:
        if len(fields) == 1:
            [(field, value)] = fields
            if type(value) is float and field in METRICS and METRICS[field].kind is float:  # nearly all of them
                return [_own(Reading(self._device, field, value, at, at, self._gateway), received)]
        columns = []
        ms = (at - _EPOCH) // _TICK
        for field, value in fields:
            metric, suffix = split(named(field))
            said = value if suffix else of_metric(metric, value)
            if not suffix and value_kind(said) is not kind_of(metric):
                field = f"{metric}_{KIND_NAMES[value_kind(said)]}"  # noqa: PLW2901 - as Wardkeeper would have written it
            columns.append(Column(self._device, self._gateway, field, (ms,), (said,)))
        try:
            found = readings(columns)
        except (ValueError, OverflowError) as wrong:
            raise BadFrame(f"its quality, delay or halves make no sense: {wrong}") from wrong
        return [_own(reading, received) for reading in found]


def _own(reading: Reading, received: datetime) -> Item:
    """As it was heard where it comes from; `received` is here."""
    if from_a_wrong_clock(reading.received, received):
        return replace(reading, received=received)
    if reading.at != reading.received or reading.at == received:
        return reading
    value = reading.value
    sighted = reading.metric == RSSI and reading.gateway and reading.quality is Quality.GOOD
    if sighted and isinstance(value, float):
        return Sighting(reading.device, reading.gateway, value, reading.received)
    return replace(reading, received=reading.received + _TICK)


class Foreign:
    """A series of anything else: each field is a reading."""

    def __init__(self, measurement: str, tags: Mapping[str, str], device_tags: Collection[str]) -> None:
        self._measurement = measurement
        told = next((tag for tag in device_tags if tag in tags), None)
        others = "".join(f",{name}={value}" for name, value in sorted(tags.items()) if name != told)
        self._device = named(f"lp:{tags[told] if told else measurement}{others}")
        self._metrics: dict[str, str] = {}

    def __call__(self, fields: Fields, at: datetime, received: datetime) -> list[Item]:
        items: list[Item] = []
        for field, value in fields:
            metric = self._metrics.get(field) or self._named(field)
            if type(value) is not float:
                value = of_metric(metric, value)  # noqa: PLW2901 - the same value, in the metric's kind
            items.append(Reading(self._device, metric, value, at, received))
        return items

    def _named(self, field: str) -> str:
        metric = self._metrics[field] = field if field in METRICS else named(f"{self._measurement}_{field}")
        return metric


class HomeAssistant:
    """An entity of Home Assistant: tags `domain` and `entity_id`; its other attributes are fields, and left out.

    Document: https://www.home-assistant.io/integrations/influxdb/. Device classes:
    https://developers.home-assistant.io/docs/core/entity/sensor/ and …/binary-sensor/.
    """

    def __init__(self, measurement: str, tags: Mapping[str, str]) -> None:
        self._measurement = measurement
        self._binary = tags["domain"] == "binary_sensor"
        others = "".join(
            f",{name}={value}" for name, value in sorted(tags.items()) if name not in {"domain", "entity_id"}
        )
        self._device = named(f"lp:{tags['domain']}.{tags['entity_id']}{others}")
        self._name = ""

    def __call__(self, fields: Fields, at: datetime, received: datetime) -> list[Item]:
        said = dict(fields)
        name = said.get("friendly_name_str", "")
        items: list[Item] = []
        if isinstance(name, str) and name not in {"", self._name}:
            self._name = name
            items.append(Announcement(self._device, {"name": name[:NAME_LENGTH]}, received))
        metric = self._metric(said)
        if metric is not None and "value" in said:
            items.append(Reading(self._device, metric, of_metric(metric, said["value"]), at, received))
            return items
        field = "value" if "value" in said else "state"
        if field in said:
            metric = named(f"{self._measurement}_{field}")
            items.append(Reading(self._device, metric, of_metric(metric, said[field]), at, received))
        return items

    def _metric(self, said: Mapping[str, object]) -> str | None:
        kind = said.get("device_class_str") or self._measurement.partition("__")[2]
        if self._binary:
            return BINARY_CLASSES.get(str(kind))
        metric = SENSOR_CLASSES.get(str(kind))
        unit = str(said.get("unit_of_measurement_str") or self._measurement).replace("\N{GREEK SMALL LETTER MU}", "µ")
        return metric if metric is not None and METRICS[metric].shown == unit else None


SENSOR_CLASSES: Final = {
    "temperature": "temperature",
    "humidity": "humidity",
    "carbon_dioxide": "co2",
    "illuminance": "illuminance",
    "atmospheric_pressure": "air_pressure",
    "pm1": "pm1",
    "pm25": "pm25",
    "pm10": "pm10",
    "volatile_organic_compounds": "tvoc",
    "volatile_organic_compounds_parts": "voc",
    "sound_pressure": "noise",
    "power": "power",
    "apparent_power": "apparent_power",
    "voltage": "voltage",
    "current": "current",
    "frequency": "frequency",
    "energy": "energy",
    "battery": "battery",
    "signal_strength": "signal",
    "moisture": "moisture",
    "water": "water_volume",
}
"""The metric of a sensor's device class, when its unit is the metric's own."""

BINARY_CLASSES: Final = {
    "battery": "battery_low",
    "battery_charging": "charging",
    "carbon_monoxide": "carbon_monoxide",
    "door": "door_open",
    "garage_door": "door_open",
    "gas": "gas_detected",
    "moisture": "leak",
    "motion": "occupancy",
    "occupancy": "occupancy",
    "presence": "occupancy",
    "running": "running",
    "smoke": "smoke",
    "tamper": "tamper",
    "vibration": "vibration",
    "window": "window_open",
}
"""The metric of a binary sensor's device class: "on" is true for both."""


def _times(at_ns: int | None, now: datetime) -> tuple[datetime, datetime]:
    """When it was measured, and heard."""
    if at_ns is None:
        return now, now
    at = _EPOCH + timedelta(milliseconds=at_ns // _MS)
    return at, now + _TICK if at == now else now


def of_metric(metric: str, value: Value | int) -> Value:
    """The value in its metric's kind: 0 and 1 for what is true or false; whole numbers are numbers."""
    if isinstance(value, bool | str):
        return value
    known = METRICS.get(metric)
    if known is not None and known.kind is bool and value in (0, 1):
        return bool(value)
    return float(value)


def named(name: str) -> str:
    """The name of a device, gateway or metric. Raises BadFrame for one that cannot be kept."""
    if len(name) > NAME_LENGTH:
        raise BadFrame(f"a name of more than {NAME_LENGTH} characters")
    if not name or "\0" in name:
        raise BadFrame("a name that is empty or holds a NUL")
    return name


def _damaged(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _in_bytes(text: str, wrong: list[Wrong]) -> list[Wrong]:
    if text.isascii():
        return wrong
    found, chars, size = [], 0, 0
    for each in wrong:
        size += _bytes(text[chars : each.begins])
        chars = each.begins
        found.append(each._replace(begins=size, offset=_bytes(each.line[: each.offset])))
    return found


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))
