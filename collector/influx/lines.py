"""Readings as line protocol (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/, docs/stores.md).

A point of a metric not seen at that time before needs one field. What deviates has its own: `_quality` (not GOOD),
`_delay_ms` (`received` - `at`), and `_number`, `_boolean` or `_text` for a value that is not of its metric's kind.
Servers merge the fields of equal times, so a point that may be there already is written with all of them.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

import msgspec
import numpy as np
import numpy.typing as npt

from collector.columns import Readings
from collector.influx.ports import Asker, Lines
from collector.metrics import METRICS, family_of
from collector.points import all_ms, ms_of
from collector.reading import Quality, Reading, Value

_REMEMBERED = 200_000

KIND_NAMES: Final = {float: "number", bool: "boolean", str: "text"}
"""Also, after a `_`, what a field's name ends in whose value is not of the metric's own kind."""

_json = msgspec.json.Encoder().encode
_CONTROL = {code: f"%{code:02X}" for code in (*range(32), 127)}
_TAG = str.maketrans(_CONTROL | {"%": "%25", "\\": "%5C", ",": "\\,", "=": "\\=", " ": "\\ "})
_LABEL = str.maketrans(_CONTROL | {"%": "%25", "\\": "%5C"})
_STRING = str.maketrans({'"': '\\"', "\\": "\\\\"})


def tag(text: str) -> str:
    r"""A tag's value in a line. `%`, `\` and control characters, which tags cannot have, are percent-encoded."""
    return text.translate(_TAG)


def label(text: str) -> str:
    """A tag's value as the server has it, for queries; `text_of` is the way back."""
    return text.translate(_LABEL)


def text_of(label_: str) -> str:
    """What `tag` and `label` were made of."""
    return unquote(label_) if "%" in label_ else label_


def kind_of(metric: str) -> type:
    """The kind of value a metric has; float for one that is not in the table."""
    known = METRICS.get(metric)
    return known.kind if known else float


def value_kind(value: Value) -> type:
    """bool, str or, for any number, float."""
    return bool if isinstance(value, bool) else str if isinstance(value, str) else float


def literal(value: Value) -> str:
    """A field's value in line protocol."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value.translate(_STRING)}"'
    return repr(float(value))


class Series:
    """What does not change from point to point. `newest`: ms; nothing of the series was written after it."""

    __slots__ = ("family", "kind", "metric", "newest", "prefix", "tags")

    def __init__(self, site: str, device: str, metric: str, gateway: str, newest: float) -> None:
        self.metric, self.family, self.kind = metric, family_of(metric), kind_of(metric)
        self.tags = f"site={tag(site)},device={tag(device)}" + (f",gateway={tag(gateway)}" if gateway else "")
        self.prefix = f"{self.family},{self.tags} {metric}="
        self.newest = newest


class AllSeries(dict[tuple[str, str, str], Series]):
    """Series by (device, metric, gateway), made when they are asked for. `newest` is that of all of them."""

    def __init__(self, site: str, newest: float) -> None:
        super().__init__()
        self._site = site
        self.newest = newest

    def __missing__(self, key: tuple[str, str, str]) -> Series:
        if len(self) >= _REMEMBERED:
            self.clear()  # the new ones begin at the newest time of all: they are only written more fully
        made = self[key] = Series(self._site, *key, self.newest)
        return made


class Merging:
    """What servers have in common that keep every kind of value, merge the fields of equal times and lose nothing."""

    def __init__(self, site: str, newest: float) -> None:
        """`newest`: the newest time, in ms, that has ever been written to the server."""
        self._series = AllSeries(site, newest)

    @property
    def newest(self) -> float:
        return self._series.newest

    def life(self, ask: Asker) -> str:
        del ask
        return ""

    def lines(self, points: Iterable[Reading], ask: Asker) -> Lines:
        """Later points of the same time come later and take the place of the earlier."""
        del ask
        if isinstance(points, Readings) and (together := self._together(points)) is not None:
            return Lines(together)
        series_of, good, lines = self._series, Quality.GOOD, list[str]()
        points = list(points)
        times: list[int] = all_ms([point.at for point in points]).tolist()
        for point, at in zip(points, times, strict=True):
            series = series_of[point.device, point.metric, point.gateway]
            value = point.value
            if (
                type(value) is series.kind is float
                and at > series.newest
                and point.quality is good
                and point.received == point.at
            ):
                lines.append(f"{series.prefix}{value!r} {at}")
                series.newest = at
            else:
                lines.append(_whole(series, point, at))
        series_of.newest = max([series_of.newest, *times])
        return Lines(lines)

    def _together(self, readings: Readings) -> list[str] | None:
        """The lines of points none of which can be there already; None when one can, or is of another kind."""
        series, which, at = [self._series[name] for name in readings.series], readings.which, readings.at
        order = np.argsort(which, kind="stable")
        rising = (np.diff(at[order]) > 0) | (np.diff(which[order]) > 0)
        new = at > np.array([one.newest for one in series])[which]
        if not (len(at) and rising.all() and new.all() and all(one.kind is float for one in series)):
            return None
        newest = np.zeros(len(series), np.int64)
        newest[which] = at  # the last of each
        for one, ms in zip(series, newest.tolist(), strict=True):
            one.newest = ms
        self._series.newest = max(self.newest, int(at.max()))
        prefixes = [one.prefix for one in series]
        places, values, times = which.tolist(), _texts(readings.values), _texts(at)
        delays = readings.received - at
        if not delays.any():
            return [f"{prefixes[n]}{value} {ms}" for n, value, ms in zip(places, values, times, strict=True)]
        between = [f",{one.metric}_delay_ms=" for one in series]
        return [
            f"{prefixes[n]}{value} {ms}" if delay == "0" else f"{prefixes[n]}{value}{between[n]}{delay}i {ms}"
            for n, value, delay, ms in zip(places, values, _texts(delays), times, strict=True)
        ]


def _texts(numbers: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> list[str]:
    """Each as a line has it, for a third of the price of `repr`."""
    return _json(numbers.tolist())[1:-1].decode().split(",")


def _whole(series: Series, point: Reading, at: int) -> str:
    metric, kind = series.metric, value_kind(point.value)
    maybe_there = at <= series.newest
    suffix = "" if kind is series.kind else f"_{KIND_NAMES[kind]}"
    line = f"{series.family},{series.tags} {metric}{suffix}={literal(point.value)}"
    if maybe_there or point.quality is not Quality.GOOD:
        line += f',{metric}_quality="{point.quality.value}"'
    delay = ms_of(point.received) - at
    if maybe_there or delay:
        line += f",{metric}_delay_ms={delay}i"
    if maybe_there:
        line += f',{metric}_kind="{KIND_NAMES[kind]}"'
    series.newest = max(series.newest, at)
    return f"{line} {at}"
