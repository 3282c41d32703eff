"""Wardkeeper's own readings: what an edge forwards, and the simplest way for a script to hand something over.

docs/mqtt-wardkeeper.md; `encode` is the other direction.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from operator import itemgetter
from typing import Annotated

import msgspec
import numpy as np
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.clock import from_a_wrong_clock, whole_ms
from collector.columns import Readings, Series, readings_of
from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.points import all_ms, ms_of
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Item, Quality, Reading, Sighting, Value
from drivers.codecs.device_time import OLDEST
from drivers.codecs.devices import Device
from drivers.codecs.json_values import BaseTopic, typed

PROVEN = True
DEVICES = (Device("Wardkeeper", "edge box, or a script of your own", ()),)

_KINDS = {name: metric.kind for name, metric in METRICS.items()}
_OLDEST_MS = ms_of(OLDEST)
_NUMBERS = {name for name, kind in _KINDS.items() if kind is float}
_QUALITIES = {"": Quality.GOOD, **{quality.value: quality for quality in Quality}}


class Config(BaseModel):
    """Where the readings are published."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("wardkeeper", description="The levels before `<client>/readings`.")


class _Said(msgspec.Struct, gc=False, omit_defaults=True):
    """One object of a payload. What it is, its fields say: `facts`, `tag` or `metric`."""

    device: str = ""
    metric: str = ""
    value: Value | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    received: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    gateway: str = ""
    quality: str = ""
    retained: bool = False
    tag: str = ""
    rssi_dbm: float | None = None
    motion: int | None = None
    facts: dict[str, str] | None = None


class _Plain(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What most payloads are: one number, heard from the device itself."""

    device: str
    metric: str
    value: float
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    gateway: str = ""


_parse_plain = msgspec.json.Decoder(_Plain).decode
_parse = msgspec.json.Decoder(_Said | list[_Said]).decode
_parse_apart = msgspec.json.Decoder(list[msgspec.Raw]).decode
_parse_one = msgspec.json.Decoder(_Said).decode
_render = msgspec.json.Encoder().encode


def claims(config: Config) -> tuple[str, ...]:
    """The topic filter of every client."""
    return (f"{config.base_topic}/+/readings/#",)


def decoder(_config: Config) -> "Wardkeeper":
    """The decoder of every client."""
    return Wardkeeper()


class Wardkeeper:
    """Devices, gateways and tags have the names that the payload gives them."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says. What is bad in an array is a BadFrame, with the good as its `said`."""
        if not frame.payload:  # an empty payload deletes a retained message
            return ()
        try:
            said: _Said | Sequence[_Said | msgspec.Raw] = typed(_parse, frame.payload)
        except BadFrame as trouble:
            try:
                said = typed(_parse_apart, frame.payload)
            except BadFrame:
                raise trouble from None
        if isinstance(said, _Said):
            item = _item(frame, said)
            return () if item is None else (item,)
        return _all(frame, said)

    def readings(self, payloads: Sequence[bytes], received: datetime) -> Readings:
        """See `collector.ports.BulkDecoder`."""
        said: list[_Plain] = []
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            said.extend(map(_parse_plain, payloads))
        names = [(one.device, one.metric, one.gateway) for one in said]
        metrics = {metric for _, metric, _ in names}
        if not (metrics <= _NUMBERS and all(map(itemgetter(0), names))):
            said = said[: next(row for row, name in enumerate(names) if not _is_plain(name))]
        heard = ms_of(received)
        try:
            at = all_ms([one.at or received for one in said])
        except OverflowError:  # the end of the year 9999
            said, at = [], np.zeros(0, np.int64)
        at = np.where(at < _OLDEST_MS, heard, at)  # from a clock that was never set
        return readings_of(names[: len(said)], [one.value for one in said], at, heard)


def _is_plain(series: Series) -> bool:
    device, metric, _ = series
    return bool(device) and metric in _NUMBERS


def _all(frame: Frame, said: Sequence[_Said | msgspec.Raw]) -> Sequence[Decoded]:
    items: list[Item] = []
    bad: list[str] = []
    for nth, one in enumerate(said, 1):
        try:
            item = _item(frame, one if isinstance(one, _Said) else typed(_parse_one, bytes(one)))
        except BadFrame as trouble:
            bad.append(f"{trouble} (object {nth} of {len(said)})")
        else:
            if item is not None:
                items.append(item)
    if bad:
        more = f"; and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise BadFrame(f"{bad[0]}{more}", said=items)
    return items


def encode(items: Iterable[Item]) -> bytes:
    """The payload that says `items` to a later `decode`, with their times, gateways and qualities as they are."""
    return _render([_said(item) for item in items])


def _item(frame: Frame, said: _Said) -> Item | None:
    received = frame.received if said.received is None else _heard(said.received, frame.received)
    if said.metric:
        return _reading(frame, said, received)
    if said.tag:
        if not said.gateway or said.rssi_dbm is None:
            raise BadFrame("A sighting needs tag, gateway and rssi_dbm")
        if frame.retained:  # it says where the tag was, not where it is
            return None
        return Sighting(said.tag, said.gateway, said.rssi_dbm, received, said.motion)
    if said.facts is None or not said.device:
        raise BadFrame(
            "Expected a reading (device, metric, value), a sighting (tag, gateway, rssi_dbm) or device, facts"
        )
    return Announcement(said.device, said.facts, received)


def _heard(told: datetime, received: datetime) -> datetime:
    """When another Wardkeeper heard it, if its clock can be believed."""
    moment = _moment(told)
    return received if moment is None or from_a_wrong_clock(moment, received) else moment


def _reading(frame: Frame, said: _Said, received: datetime) -> Reading | None:
    device, metric, value, at = said.device, said.metric, said.value, said.at
    kind = _KINDS.get(metric)
    if kind is None:  # a newer Wardkeeper's, or a slip of the pen
        return None
    if type(value) is not kind or value is None or not device:
        raise BadFrame(f"A reading of {metric} needs a device, and as value a {kind.__name__}")
    if at is not None and (at.tzinfo is not UTC or at.microsecond % 1000 or at < OLDEST):
        at = _moment(at)
    retained = said.retained or (frame.retained and at is None)
    if not (retained or said.quality):
        return Reading(device, metric, value, at or received, received, said.gateway)
    quality = _QUALITIES.get(said.quality)
    if quality is None:
        raise BadFrame(f"quality is one of {', '.join(Quality)}")
    if retained and quality is Quality.GOOD:
        quality = Quality.UNCERTAIN
    return Reading(device, metric, value, at or received, received, said.gateway, quality, retained)


def _moment(said: datetime) -> datetime | None:
    """UTC, whole milliseconds; None from a clock that was never set."""
    if said < OLDEST:
        return None
    if said.tzinfo is not UTC:
        try:
            said = said.astimezone(UTC)
        except OverflowError as trouble:
            raise BadFrame("A time is beyond the year 9999") from trouble
    return whole_ms(said) if said.microsecond % 1000 else said


def _said(item: Item) -> _Said:
    if isinstance(item, Sighting):
        rssi, motion = item.rssi_dbm, item.motion
        return _Said(tag=item.tag, gateway=item.gateway, rssi_dbm=rssi, motion=motion, received=item.received)
    if isinstance(item, Announcement):
        return _Said(device=item.device, facts=item.facts, received=item.received)
    return _Said(
        item.device,
        item.metric,
        item.value,
        None if item.at == item.received else item.at,
        item.received,
        item.gateway,
        "" if item.quality is Quality.GOOD else item.quality.value,
        item.retained,
    )
