"""Any JSON, by a mapping in the settings: which path is which metric, in which unit, of which device.

docs/mqtt-plain.md. Topics have named levels (`wards/{room}/{device}/state`), which make the device's id and name.
A path that is not there gives no reading; what stands there and is not what the mapping says is a bad frame that
names the path, and takes no other reading with it.
"""

import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Reading, Value
from drivers.codecs.device_time import Timezone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.json_path import WHOLE, JsonPath, found, kind_of, steps, written
from drivers.codecs.json_values import flag, moment, parse, plain
from drivers.codecs.units import Convert, conversion

PROVEN = False
DEVICES = (Device("Any", "that publishes JSON, as the settings describe it", ()),)

MISSING = frozenset(("", "-", "--", "---", "n/a", "nan", "null", "unknown", "unavailable"))
"""What devices write where they have no value, in lower case."""

_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_TOPIC = r"^(\+|\{[a-z][a-z0-9_]*\}|[^+#{}\x00/]*)(/(\+|\{[a-z][a-z0-9_]*\}|[^+#{}\x00/]*))*(/#)?$"
_MOST_WORDS = 60
_REMEMBERED = 4096  # topics whose descriptions are not looked for again


class Quantity(BaseModel):
    """One metric: where it stands, and what makes its value of what stands there (times `scale`, plus `add`)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    metric: str = Field(..., description="What it is: a name of `collector/metrics.py`.")
    path: JsonPath = Field(..., description="Where it stands: `a.b[0]`, `['a.b']`, `.` for the whole payload.")
    scale: float = Field(1.0, description="What one step is in `unit`.")
    add: float = Field(0.0, description="What 0 is, in `unit`.")
    unit: str = Field("", description="Its unit, UCUM or as people write it; the metric's own when not given.")
    words: dict[str, str | bool | float] = Field(
        {}, description="The metric's value by what the device writes, whatever its case: {OPEN: true, CLOSED: false}."
    )
    missing: list[str | bool | float] = Field(
        [], description="What else stands for no value; empty texts, --, NaN, unknown and unavailable always do."
    )

    @field_validator("metric")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in METRICS:
            near = difflib.get_close_matches(name, METRICS, n=1)
            raise ValueError(f"there is no metric {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
        return name

    @field_validator("unit")
    @classmethod
    def _fits(cls, unit: str, info: ValidationInfo) -> str:
        metric = METRICS.get(info.data.get("metric", ""))
        if unit and metric is not None:
            if metric.kind is not float:
                raise ValueError(f"{metric.name} has no unit")
            conversion(unit, metric.unit)
        return unit

    @field_validator("words")
    @classmethod
    def _are_values(cls, words: dict[str, str | bool | float], info: ValidationInfo) -> dict[str, str | bool | float]:
        metric = METRICS.get(info.data.get("metric", ""))
        wanted = {bool: "true or false", str: "a text", float: "a number"}
        for word, value in words.items() if metric else ():
            if metric and type(value) is not metric.kind:
                raise ValueError(f"{metric.name} is {wanted[metric.kind]}, and {word} stands for {value!r}")
        return words

    @model_validator(mode="after")
    def _is_a_line(self) -> "Quantity":
        if not math.isfinite(self.scale) or self.scale == 0 or not math.isfinite(self.add):
            raise ValueError("scale is a number other than 0, add a number")
        if METRICS[self.metric].kind is not float and (self.scale, self.add) != (1.0, 0.0):
            raise ValueError(f"{self.metric} has neither scale nor add")
        return self


class Time(BaseModel):
    """Where the time of the measurement stands."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: JsonPath = Field(..., description="ISO 8601, or seconds or milliseconds since 1970.")
    timezone: Timezone | None = Field(None, description="Zone of a time that says none.")


class Message(BaseModel):
    """What is in the messages of one topic."""

    model_config = ConfigDict(extra="forbid", strict=True)

    topic: Annotated[str, StringConstraints(min_length=1, pattern=_TOPIC)] = Field(
        ..., description="Topic with `{name}` for a level that counts, `+` for one that does not, `/#` for the rest."
    )
    device: str = Field("", description="The device's id behind `mqtt:`, of the levels' names; the topic without it.")
    device_path: JsonPath | None = Field(None, description="Where a last level of the id stands in the payload.")
    each: JsonPath | None = Field(None, description="A list of devices: the other paths begin in each of its entries.")
    name: str = Field("", description="What to call the device, of the levels' names: `Air of {room}`.")
    maker: str = Field("", description="Who made it.")
    model: str = Field("", description="Its model.")
    time: Time | None = Field(None, description="When it was measured; without it, when it was heard.")
    readings: list[Quantity] = Field(..., min_length=1, description="What it measures.")

    @field_validator("topic")
    @classmethod
    def _names_once(cls, topic: str) -> str:
        names = _NAMED.findall(topic)
        if len(names) != len(set(names)):
            raise ValueError("names a level twice")
        return topic

    @field_validator("device", "name")
    @classmethod
    def _of_the_topic(cls, template: str, info: ValidationInfo) -> str:
        if "topic" in info.data:
            levels = _NAMED.findall(info.data["topic"])
            left = _NAMED.sub(lambda one: "" if one[1] in levels else one[0], template)
            if "{" in left or "}" in left:
                raise ValueError(f"names {left!r}; levels of the topic are {', '.join(levels) or 'not named'}")
        return template


class Config(BaseModel):
    """The messages to understand."""

    model_config = ConfigDict(extra="forbid", strict=True)

    messages: list[Message] = Field([], description="Topics and what is in them. Without any this part does nothing.")


def claims(config: Config) -> tuple[str, ...]:
    """The topics of the mapping."""
    return tuple(dict.fromkeys(_NAMED.sub("+", one.topic) for one in config.messages))


def decoder(config: Config) -> "PlainJson":
    """The decoder of these messages."""
    return PlainJson(config)


class PlainJson:
    """Every description that fits the topic counts."""

    def __init__(self, config: Config) -> None:
        self._messages = [_Description(one) for one in config.messages]
        self._fitting = lru_cache(_REMEMBERED)(self._found)

    def _found(self, topic: str) -> Sequence[tuple["_Description", Mapping[str, str]]]:
        return [(one, levels) for one in self._messages if (levels := one.levels(topic)) is not None]

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says. Raises BadFrame, whose `said` is what is good."""
        fitting = self._fitting(frame.topic)
        if not fitting or not frame.payload:
            return ()
        payload = _payload(frame.payload, text=all(one.whole for one, _ in fitting))
        items: list[Decoded] = []
        bad: list[BadFrame] = []
        for one, levels in fitting:
            items += one.said(frame, levels, payload, bad)
        if bad:
            raise BadFrame(f"{bad[0]}{f' (and {len(bad) - 1} more)' if len(bad) > 1 else ''}", 0, items)
        return items


class _Description:
    """A message of the settings, with what need be worked out only once."""

    def __init__(self, config: Message) -> None:
        self._config = config
        topic = re.escape(config.topic.removesuffix("/#")).replace(r"\+", "[^/]*")
        rest = "(?:/.*)?" if config.topic.endswith("/#") else ""
        self._topic = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", topic) + rest, re.DOTALL)
        self._each = steps(config.each) if config.each else None
        self._device_path = steps(config.device_path) if config.device_path else None
        self._time = steps(config.time.path) if config.time else None
        self._zone = zone_of(config.time.timezone if config.time else None)
        self._quantities = [_Meaning(one) for one in config.readings]
        self._facts = {key: said for key in ("name", "maker", "model") if (said := getattr(config, key))}
        paths = [
            config.each,
            config.device_path,
            config.time and config.time.path,
            *(one.path for one in config.readings),
        ]
        self.whole = all(one in {None, WHOLE} for one in paths)

    def levels(self, topic: str) -> Mapping[str, str] | None:
        """The named levels of a topic that fits."""
        fits = self._topic.fullmatch(topic)
        return None if fits is None else fits.groupdict()

    def said(
        self, frame: Frame, levels: Mapping[str, str], payload: object, bad: list[BadFrame]
    ) -> Iterator[Reading | Announcement]:
        """What the payload says; what is wrong with it is added to `bad`."""
        try:
            entries = self._entries(payload)
        except BadFrame as trouble:
            bad.append(trouble)
            return
        for entry in entries:
            yield from self._of_entry(frame, levels, entry, bad)

    def _entries(self, payload: object) -> list[object]:
        entries = [payload] if self._each is None else found(payload, self._each)
        if entries is not None and not isinstance(entries, list):
            raise BadFrame(f"{self._config.each} is {kind_of(entries)}, not a list")
        return entries or []

    def _of_entry(
        self, frame: Frame, levels: Mapping[str, str], entry: object, bad: list[BadFrame]
    ) -> Iterator[Reading | Announcement]:
        try:
            device = self._device(frame, levels, entry)
        except BadFrame as trouble:
            bad.append(trouble)
            return
        if device is None:
            return
        at = self._at(entry, bad)
        for one in self._quantities:
            try:
                value = one.value(entry)
            except BadFrame as trouble:
                bad.append(trouble)
            else:
                if value is not None:
                    yield frame.reading(device, one.metric, value, at)
        if self._facts:
            facts = {key: _filled(said, levels) for key, said in self._facts.items()}
            yield Announcement(device, facts, frame.received)

    def _device(self, frame: Frame, levels: Mapping[str, str], entry: object) -> str | None:
        device = f"mqtt:{_filled(self._config.device, levels) or frame.topic}"
        if self._device_path is None:
            return device
        last = found(entry, self._device_path)
        if last is None or last == "":
            return None
        if isinstance(last, bool) or not isinstance(last, str | int):
            raise BadFrame(f"{self._config.device_path} is {kind_of(last)}, no name of a device")
        return f"{device}/{last}"

    def _at(self, entry: object, bad: list[BadFrame]) -> datetime | None:
        if self._time is None:
            return None
        try:
            said = found(entry, self._time)
        except BadFrame as trouble:
            bad.append(trouble)
            return None
        at = moment(said, self._zone)
        if at is None and said is not None and (isinstance(said, bool) or not isinstance(said, int | float)):
            bad.append(BadFrame(f"{written(self._time)} is no time with a zone but {said!r:.{_MOST_WORDS}}"))
        return at


class _Meaning:
    """A quantity of the settings, with what need be worked out only once."""

    def __init__(self, config: Quantity) -> None:
        self._config = config
        self._path = steps(config.path)
        self._words = {_word(word): value for word, value in config.words.items()}
        self._missing = MISSING | {_word(one) for one in config.missing}
        self._kind = METRICS[config.metric].kind
        self._convert = _line(config)
        self.metric = config.metric

    def value(self, entry: object) -> Value | None:
        """The metric's value, None where there is none. Raises BadFrame."""
        raw = found(entry, self._path)
        if raw is None or (word := _word(raw)) in self._missing:
            return None
        if word in self._words:
            return self._words[word]
        value = None if self._words and self._kind is not float else self._read(raw)
        if value is None:
            raise BadFrame(f"{written(self._path)} is no {self.metric} but {raw!r:.{_MOST_WORDS}}")
        return value if value == value else None  # noqa: PLR0124 - not a number is no value, and no mistake

    def _read(self, raw: object) -> Value | None:
        if self._kind is bool:
            return flag(raw)
        if self._kind is str:
            return raw if isinstance(raw, str) else None
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            return None
        try:
            value = float(raw)
        except (ValueError, OverflowError):
            return None
        value = self._convert(value) if self._convert and math.isfinite(value) else value
        return value if math.isfinite(value) else math.nan


def _line(config: Quantity) -> Convert | None:
    scale, add = config.scale, config.add
    convert = conversion(config.unit, METRICS[config.metric].unit) if config.unit else None
    if (scale, add) == (1.0, 0.0):
        return convert
    return lambda value: (convert or float)(float(f"{value * scale + add:.9g}"))


def _word(raw: object) -> str:
    """How a value is looked up: 255 and 255.0 are the same, so are On and ON."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return raw.strip().lower() if isinstance(raw, str) else str(raw) if isinstance(raw, int | float) else "\0"


def _filled(template: str, levels: Mapping[str, str]) -> str:
    return _NAMED.sub(lambda one: levels[one[1]], template)


def _payload(payload: bytes, *, text: bool) -> object:
    """The JSON of a payload; where nothing is looked for inside it, `online` need not be JSON."""
    try:
        return parse(payload)
    except BadFrame:
        if not text:
            raise
        return plain(payload)
