"""Any tag, by rules of the settings: where in its advertisement which quantity stands, and how it is written.

Document: the maker's; Bluetooth Core Specification Supplement, part A, "Manufacturer Specific Data" and "Service Data".
A rule finds its advertisements by company id or service UUID, and by their first bytes; offsets count behind the
company id or UUID. Of several rules for one advertisement the first that fits counts.
"""

import difflib
import math
import re
import struct
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs.advertisement import short
from drivers.codecs.devices import Device

PROVEN = False
DEVICES = (Device("Any", "Tag whose maker says what its bytes mean", ()),)

_MOTION = "motion"
_UUID = re.compile(r"[0-9a-f]{4}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FLOATS = {"f32le": "<f", "f32be": ">f"}

Type = Literal[
    "u8", "i8", "u16le", "u16be", "i16le", "i16be", "u24le", "u24be", "i24le", "i24be", "u32le", "u32be",
    "i32le", "i32be", "f32le", "f32be",
]  # fmt: skip


class Quantity(BaseModel):
    """One quantity of an advertisement: raw value, mask, missing, times `scale`, plus `add`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    metric: str = Field(
        ..., description="A metric of Wardkeeper, or `motion`: a counter of movements, which goes with the sighting."
    )
    at: int = Field(..., ge=0, le=255, description="Where it begins, counted from 0.")
    type: Type = Field(..., description="How it is written: u or i and bits, f32; le is least significant byte first.")
    mask: int | None = Field(None, ge=1, description="Which bits of it count, moved down to the lowest of them.")
    scale: float = Field(1.0, description="What one step is in the unit of the metric.")
    add: float = Field(0.0, description="What 0 is.")
    missing: list[int] = Field([], description="Raw values, after the mask, that stand for none.")
    words: dict[int, str] = Field({}, description="For a metric of words: the word for a raw value; others give none.")
    inverted: bool = Field(False, description="For a metric that is on or off: 0 is on.")

    @field_validator("metric")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name != _MOTION and name not in METRICS:
            near = difflib.get_close_matches(name, METRICS, n=1)
            raise ValueError(f"there is no metric {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
        return name

    @model_validator(mode="after")
    def _fits_its_metric(self) -> "Quantity":
        words = self.metric != _MOTION and METRICS[self.metric].kind is str
        if words != bool(self.words):
            raise ValueError(f"{self.metric}: it {'needs' if words else 'takes no'} words")
        if not math.isfinite(self.scale) or self.scale == 0 or not math.isfinite(self.add):
            raise ValueError(f"{self.metric}: scale is a number other than 0, add a number")
        if self.metric == _MOTION and self.type[0] == "i":
            raise ValueError("motion: a counter has no sign")
        if self.type in _FLOATS and (self.mask or self.metric == _MOTION or self.words):
            raise ValueError(f"{self.metric}: {self.type} has no bits, counts nothing and stands for no words")
        return self

    @cached_property
    def end(self) -> int:
        """The offset behind it."""
        return self.at + int(re.sub(r"\D", "", self.type)) // 8

    def raw(self, data: bytes) -> float | None:
        """The value as written; None where it is missing."""
        part = data[self.at : self.end]
        if self.type in _FLOATS:
            number: float = struct.unpack(_FLOATS[self.type], part)[0]
            return number if math.isfinite(number) else None
        order: Literal["big", "little"] = "big" if self.type.endswith("be") else "little"
        raw = int.from_bytes(part, order, signed=self.type[0] == "i" and self.mask is None)
        if self.mask is not None:
            raw = (raw & self.mask) // (self.mask & -self.mask)
        return None if raw in self.missing else raw

    def value(self, raw: float) -> Value | None:
        """The value of the metric; None where there is no word for it or no such number."""
        kind = METRICS[self.metric].kind
        if kind is str:
            return self.words.get(int(raw))
        if kind is bool:
            return bool(raw) != self.inverted
        number = round(raw * self.scale + self.add, 6)
        return number if math.isfinite(number) else None


class Rule(BaseModel):
    """Which advertisements, and what stands in them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    company: int | None = Field(None, ge=0, le=0xFFFF, description="Company id of manufacturer data, as 0x089A.")
    service: str | None = Field(None, description="Or the UUID of service data: 4 hex digits, or in full.")
    prefix: str = Field(
        "", description="Its first bytes in hex digits; others of this company or service do not count."
    )
    length: int = Field(0, ge=0, le=255, description="How many bytes it has at least; shorter ones do not count.")
    maker: str = Field("", description="Maker of the tag, for its page.")
    model: str = Field("", description="Model of the tag, for its page.")
    fields: Annotated[list[Quantity], Field(min_length=1)] = Field(..., description="The quantities.")

    @field_validator("service")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        if value is not None and not _UUID.fullmatch(value.lower()):
            raise ValueError(f"{value!r} is no UUID: 4 hex digits, or 32 with hyphens")
        return value

    @field_validator("prefix")
    @classmethod
    def _is_hex(cls, value: str) -> str:
        try:
            bytes.fromhex(value)
        except ValueError as trouble:
            raise ValueError(f"{value!r} is not an even number of hex digits") from trouble
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "Rule":
        if (self.company is None) == (self.service is None):
            raise ValueError("needs either a company or a service")
        seen: set[str] = set()
        for one in self.fields:
            if self.length and one.end > self.length:
                raise ValueError(f"{one.metric}: it ends at byte {one.end}, the length is {self.length}")
            if one.metric in seen:
                raise ValueError(f"{one.metric}: it stands there twice")
            seen.add(one.metric)
        return self

    @cached_property
    def topic(self) -> str:
        """Of its frames."""
        return f"service/{short(self.service)}" if self.service is not None else f"manufacturer/{self.company:04x}"


class Config(BaseModel):
    """The rules."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rules: list[Rule] = Field(
        [], description="Tags to understand. Without any this part does nothing; other parts still hear their own."
    )


def claims(config: Config) -> tuple[str, ...]:
    """The company ids and UUIDs of the rules."""
    return tuple(dict.fromkeys(rule.topic for rule in config.rules))


def decoder(config: Config) -> "Tag":
    """The decoder of tags by these rules."""
    return Tag(config)


class Tag:
    """The first rule that fits; one whose first bytes fit and that ends too early is bad."""

    def __init__(self, config: Config) -> None:
        self._rules = [(bytes.fromhex(rule.prefix), rule) for rule in config.rules]

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says."""
        data = frame.payload
        for prefix, rule in self._rules:
            if rule.topic == frame.topic and data.startswith(prefix) and len(data) >= rule.length:
                return _said(frame, rule)
        return ()


def _said(frame: Frame, rule: Rule) -> Sequence[Decoded]:
    items: list[Decoded] = []
    for one in rule.fields:
        if one.end > len(frame.payload):
            raise BadFrame(f"{one.metric} ends at byte {one.end}, the advertisement before it", len(frame.payload))
        raw = one.raw(frame.payload)
        if raw is None:
            continue
        if one.metric == _MOTION:
            seen = frame.sighting(frame.device, int(raw))
            items += [seen] if seen else []
        elif (value := one.value(raw)) is not None:
            items.append(frame.reading(frame.device, one.metric, value))
    facts = {name: fact for name, fact in (("maker", rule.maker), ("model", rule.model)) if fact}
    if facts:
        items.append(Announcement(frame.device, facts, frame.received))
    return items
