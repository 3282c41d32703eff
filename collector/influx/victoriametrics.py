"""VictoriaMetrics: write v2, read by export and MetricsQL. It keeps numbers only, at whole milliseconds after 1970.

Documents: https://docs.victoriametrics.com/#how-to-send-data-from-influxdb-compatible-agents-such-as-telegraf,
https://docs.victoriametrics.com/#how-to-export-time-series, https://docs.victoriametrics.com/#deduplication,
https://docs.victoriametrics.com/metricsql/. How it is made to keep more: docs/stores.md, "victoriametrics".
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from collector.errors import Refused, Unreachable
from collector.influx.columns import assembled, families, field_pattern, halves, split
from collector.influx.lines import KIND_NAMES, AllSeries, Series, label, tag, text_of, value_kind
from collector.influx.ports import Ask, Asker, Column, Lines
from collector.metrics import FAMILIES
from collector.points import moment_of, ms_of
from collector.ports import Selection
from collector.reading import Quality, Reading

_QUALITIES: Final = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)
_DAY, _EVER = "[25h] offset -1h", "[18262d] offset -1h"  # 50 years; a point may be minutes ahead of the server's clock
_FLAG = re.compile(r'^flag\{name="([^"]+)", value="([^"]*)"', re.MULTILINE)
_STARTED = re.compile(r"^vm_app_start_timestamp (\d+)", re.MULTILINE)
_JUST_STARTED = re.compile(r"^vm_app_uptime_seconds 0$", re.MULTILINE)
_HOURS: Final = {"h": 1, "d": 24, "w": 168, "y": 8760, "": 744}  # a number alone counts months, of 31 days

Key = tuple[str, str, str, int]


class _Exported(msgspec.Struct):
    metric: dict[str, str]
    values: list[float | None]
    timestamps: list[int]


class _Vector(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _VectorData(msgspec.Struct):
    result: list[_Vector]


class _VectorAnswer(msgspec.Struct):
    data: _VectorData


_decode_exported = msgspec.json.Decoder(_Exported).decode
_decode_vector = msgspec.json.Decoder(_VectorAnswer).decode


class VictoriaMetrics:
    """One server of VictoriaMetrics. A point that was corrected is written again under a higher `revision`."""

    def __init__(self, site: str, newest: float) -> None:
        self._site = site
        self._series = AllSeries(site, newest)

    @property
    def newest(self) -> float:
        return self._series.newest

    def lines(self, points: Iterable[Reading], ask: Asker) -> Lines:
        """Of equal times within the batch the last is written; those that may be there already are looked for."""
        batch = {(p.device, p.metric, p.gateway, ms_of(p.at)): p for p in points}
        good: list[str] = []
        refused: list[tuple[str, str]] = []
        again: dict[Key, Reading] = {}
        for key, point in batch.items():
            series, at = self._series[key[:3]], key[3]
            if at <= 0:
                refused.append((_line(series, point, at, 0), "VictoriaMetrics keeps nothing from before 1970"))
            elif at > series.newest:
                good.append(_line(series, point, at, 0))
                series.newest = at
            else:
                again[key] = point
        there = self._there(again, ask) if again else {}
        for key, point in again.items():
            revision, before = there.get(key, (0, point))
            good.append(_line(self._series[key[:3]], point, key[3], revision + (not _same(before, point))))
        self._series.newest = max(self.newest, *(key[3] for key in batch))
        return Lines(good, refused)

    def write(self, lines: bytes) -> Ask:
        return Ask("POST", "/api/v2/write", {"precision": "ms"}, lines)

    def devices(self, selection: Selection, ask: Asker) -> Iterator[str]:
        answer = ask(_post("/api/v1/label/device/values", self._during(selection)))
        return (text_of(device) for device in msgspec.json.decode(answer)["data"])

    def query(self, selection: Selection, ask: Asker) -> Iterator[Column]:
        for line in ask(_post("/api/v1/export", self._during(selection))).splitlines():
            found = _decode_exported(line)
            yield _column(found.metric, found.timestamps, found.values)

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterable[Column]:
        """The last day, and for what was silent in it everything."""
        matching = self._matching(devices, metrics)
        recent = list(self._newest(matching, _DAY, ask))
        form = {"match[]": matching, "start": "1"}  # 0 would mean the last minutes
        there = msgspec.json.decode(ask(_post("/api/v1/series", form)))["data"]
        silent = {_series(_column(names, (), ())) for names in there} - {_series(column) for column in recent}
        return self._newest(matching, _EVER, ask) if silent else recent

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        del before, ask
        raise Refused(f"VictoriaMetrics deletes whole series only: start it with -retentionPeriod ({family} is kept)")

    def life(self, ask: Asker) -> str:
        """When the server was started: what it confirmed in its last seconds before that may be lost."""
        metrics = ask(Ask("GET", "/metrics")).decode()
        if _JUST_STARTED.search(metrics):  # another life could begin in the same second
            raise Unreachable("VictoriaMetrics was started this second: it is written to from the next on")
        started = _STARTED.search(metrics)
        if not started:
            raise Unreachable(
                "its /metrics do not tell when VictoriaMetrics was started; do the url or a proxy hide them?"
            )
        return started[1]

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        flags = dict(_FLAG.findall(ask(Ask("GET", "/metrics")).decode()))
        found = []
        if flags.get("dedup.minScrapeInterval") != "1ms":
            found.append("points written again are kept twice: start the server with -dedup.minScrapeInterval=1ms")
        kept = re.fullmatch(r"([\d.]+)([hdwy]?)", flags.get("retentionPeriod", ""))
        if kept and float(kept[1]) * _HOURS[kept[2]] < keep_days * 24:
            span = kept[0] if kept[2] else f"{kept[0]} months"
            found.append(
                f"the server keeps points for {span}, the settings ask for {keep_days} days: "
                f"start it with -retentionPeriod={keep_days}d"
            )
        return found

    def _there(self, wanted: Mapping[Key, Reading], ask: Asker) -> dict[Key, tuple[int, Reading]]:
        """What the server has at the places of these points."""
        with suppress(Unreachable, Refused):  # points of the last second are seen after it; some servers forbid it
            ask(Ask("GET", "/internal/force_flush"))
        times = [at for *_, at in wanted]
        devices, metrics = {key[0] for key in wanted}, {key[1] for key in wanted}
        start, end = moment_of(min(times)), moment_of(max(times)) + timedelta(milliseconds=1)
        found = assembled(self.query(Selection(start, end, tuple(devices), tuple(metrics)), ask))
        return {(*series, at): version for series, points in found.items() for at, version in points.items()}

    def _during(self, selection: Selection) -> dict[str, str]:
        """Its times are seconds, the end belongs to the range, and 0 would mean that there is none."""
        start, end = max(ms_of(selection.start), 1), max(ms_of(selection.end) - 1, 1)
        matching = self._matching(selection.devices, selection.metrics)
        return {"match[]": matching, "start": f"{start / 1000:.3f}", "end": f"{end / 1000:.3f}"}

    def _matching(self, devices: Collection[str], metrics: Collection[str]) -> str:
        names = f"({'|'.join(families(metrics))})_{field_pattern(metrics)}"
        parts = [f"__name__=~{_string(names)}", f"site={_string(label(self._site))}"]
        if devices:
            parts.append(f"device=~{_string('|'.join(re.escape(label(device)) for device in sorted(devices)))}")
        return f"{{{','.join(parts)}}}"

    def _newest(self, matching: str, span: str, ask: Asker) -> Iterator[Column]:
        def asked(function: str) -> dict[str, _Vector]:
            form = {"query": f"{function}({matching}{span}) keep_metric_names", "nocache": "1"}
            answer = _decode_vector(ask(_post("/api/v1/query", form)))
            return {repr(sorted(one.metric.items())): one for one in answer.data.result}

        values = asked("last_over_time")
        for key, when in asked("tlast_over_time").items():
            if key in values:
                at = round(float(when.value[1]) * 1000)
                yield _column(when.metric, [at], [float(values[key].value[1])])


def _column(names: Mapping[str, str], times: Sequence[int], numbers: Sequence[float | None]) -> Column:
    field = _field(names["__name__"])
    values: Sequence[object] = numbers
    if field.endswith("_quality"):
        values = [_QUALITIES[int(number or 0)] for number in numbers]
    elif field.endswith(("_delay_ms", "_high", "_low")):
        values = [int(number or 0) for number in numbers]
    elif field.endswith("_text"):
        values = [text_of(names.get("value", ""))] * len(times)
    device, gateway = text_of(names["device"]), text_of(names.get("gateway", ""))
    return Column(device, gateway, field, times, values, int(names.get("revision", "0")))


def _series(column: Column) -> tuple[str, str, str]:
    return column.device, split(column.field)[0], column.gateway


def _field(name: str) -> str:
    """A metric of VictoriaMetrics is the measurement, `_` and the field."""
    family = next(family for family in FAMILIES if name.startswith(f"{family}_"))
    return name.removeprefix(f"{family}_")


def _line(series: Series, point: Reading, at: int, revision: int) -> str:
    metric, value, kind = series.metric, point.value, value_kind(point.value)
    tags = f"{series.tags},revision={revision}" if revision else series.tags
    name = metric if kind is series.kind and kind is not str else f"{metric}_{KIND_NAMES[kind]}"
    if isinstance(value, str):
        tags += f",value={tag(value)}" if value else ""
        fields = f"{name}=1"
    elif isinstance(value, bool):
        fields = f"{name}={value:d}"
    else:
        fields = _number(metric, name, float(value))
    if point.quality is not Quality.GOOD:
        fields += f",{metric}_quality={_QUALITIES.index(point.quality)}"
    delay = ms_of(point.received) - at
    if delay:
        fields += f",{metric}_delay_ms={delay}"
    return f"{series.family},{tags} {fields} {at}"


def _number(metric: str, name: str, value: float) -> str:
    """The fields of a number. It keeps 12 digits of it, fewer beside much larger ones; for the rest both halves."""
    near = round(value, 6 if abs(value) < 1e6 else 3) if abs(value) < 1e9 else None
    if near == value:
        return f"{name}={value!r}"
    high, low = halves(value)
    bits = f"{metric}_high={high},{metric}_low={low}"
    return bits if near is None else f"{name}={near!r},{bits}"


def _same(one: Reading, other: Reading) -> bool:
    return (type(one.value), one.value, one.quality, one.received) == (
        value_kind(other.value),
        other.value,
        other.quality,
        other.received,
    )


def _post(path: str, form: Mapping[str, str]) -> Ask:
    return Ask("POST", path, form=form)


def _string(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
