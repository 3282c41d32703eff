"""The way back from fields to readings: the inverse of `collector.influx.lines`."""

import re
import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from collector.influx.lines import KIND_NAMES, kind_of
from collector.influx.ports import Column
from collector.metrics import FAMILIES, METRICS, family_of
from collector.points import moment_of
from collector.reading import Quality, Reading, Value

Series = tuple[str, str, str]
Version = tuple[int, Reading]
Values = Mapping[int, object]

VALUES: Final = ("", "_number", "_boolean", "_text")
NOTES: Final = ("_quality", "_delay_ms", "_kind", "_high", "_low")

_KINDS: Final = {f"_{name}": kind for kind, name in KIND_NAMES.items()}
_FIELD = re.compile(rf"(.+?)({'|'.join((*VALUES[1:], *NOTES))})?")


def field_pattern(metrics: Collection[str], suffixes: Iterable[str] = (*VALUES, *NOTES)) -> str:
    """A regular expression, to be anchored, for the fields of `metrics`, of all when there are none."""
    names = f"({'|'.join(sorted(map(re.escape, metrics)))})" if metrics else ".+"
    return f"{names}({'|'.join(suffixes)})"


def families(metrics: Collection[str]) -> list[str]:
    """The measurements in which `metrics` are."""
    return sorted({family_of(metric) for metric in metrics}) if metrics else list(FAMILIES)


def split(field: str) -> tuple[str, str]:
    """The metric of a field and what its name ends in."""
    if field in METRICS:
        return field, ""
    found = _FIELD.fullmatch(field)
    return (found[1], found[2] or "") if found else (field, "")


def assembled(columns: Iterable[Column]) -> dict[Series, dict[int, Version]]:
    """Series in order, each with its points by time, in order."""
    parts: dict[tuple[str, str, str, int], dict[str, dict[int, object]]] = defaultdict(lambda: defaultdict(dict))
    for column in columns:
        metric, suffix = split(column.field)
        of = parts[column.device, metric, column.gateway, column.revision]
        of[suffix].update(zip(column.times, column.values, strict=True))
    found: dict[Series, dict[int, Version]] = {}
    for key in sorted(parts):  # a higher revision comes later
        *_, revision = key
        series = key[:3]
        found.setdefault(series, {}).update((at, (revision, reading)) for at, reading in _readings(series, parts[key]))
    return {series: dict(sorted(points.items())) for series, points in found.items() if points}


def readings(columns: Iterable[Column]) -> list[Reading]:
    """By device, metric, gateway and time."""
    return [reading for points in assembled(columns).values() for _, reading in points.values()]


def _readings(series: Series, parts: Mapping[str, Values]) -> Iterator[tuple[int, Reading]]:
    device, metric, gateway = series
    qualities, delays = parts.get("_quality", {}), parts.get("_delay_ms", {})
    for at, value in _values(metric, parts):
        moment = moment_of(at)
        received = moment_of(at + int(str(delays[at]))) if at in delays else moment
        quality = Quality(str(qualities[at])) if at in qualities else Quality.GOOD
        yield at, Reading(device, metric, value, moment, received, gateway, quality)


def _values(metric: str, parts: Mapping[str, Values]) -> Iterator[tuple[int, Value]]:
    kinds = parts.get("_kind", {})
    for suffix in VALUES:
        kind = _KINDS[suffix] if suffix else kind_of(metric)
        for at, value in parts.get(suffix, {}).items():
            if kinds.get(at) in {None, KIND_NAMES[kind]}:
                yield at, kind(value)
    high, low = parts.get("_high", {}), parts.get("_low", {})
    for at in high.keys() & low.keys():
        yield at, exact(int(str(high[at])), int(str(low[at])))


def halves(number: float) -> tuple[int, int]:
    """A double's upper and lower 32 bits, for servers that keep whole numbers better than doubles."""
    high, low = struct.unpack(">II", struct.pack(">d", number))
    return high, low


def exact(high: int, low: int) -> float:
    """The double that `halves` took apart."""
    (number,) = struct.unpack(">d", struct.pack(">II", high, low))
    return float(number)
