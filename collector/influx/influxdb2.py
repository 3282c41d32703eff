"""InfluxDB 2 and InfluxDB Cloud (TSM): write v2, read Flux.

Documents: https://docs.influxdata.com/influxdb/v2/api/, https://docs.influxdata.com/flux/v0/,
https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/.
"""

import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from influxdb_client.client.flux_csv_parser import (
    FluxCsvParser,
    FluxCsvParserException,
    FluxQueryException,
    FluxSerializationMode,
)

from collector.errors import Refused, Unreachable
from collector.influx.columns import VALUES, families, field_pattern
from collector.influx.influxql import EARLIEST, LATEST, moment
from collector.influx.lines import Merging, label, text_of
from collector.influx.ports import Ask, Asker, Column, limit_each
from collector.points import ms_of
from collector.ports import Selection

_COLUMNS = '["_time", "_value", "_field", "_measurement", "device", "gateway"]'
_DIALECT = {"header": True, "annotations": ["datatype", "group", "default"], "dateTimeFormat": "RFC3339"}


class InfluxDB2(Merging):
    """A bucket of InfluxDB 2, which writes its log to disk before it answers."""

    def __init__(self, org: str, bucket: str, site: str, newest: float) -> None:
        self._org, self._bucket, self._site = org, bucket, site
        super().__init__(site, newest)

    def write(self, lines: bytes) -> Ask:
        return Ask("POST", "/api/v2/write", {"org": self._org, "bucket": self._bucket, "precision": "ms"}, lines)

    def devices(self, selection: Selection, ask: Asker) -> Iterable[str]:
        start, stop = moment(selection.start).strip("'"), moment(selection.end).strip("'")
        flux = (
            'import "influxdata/influxdb/schema"\n'
            f'schema.tagValues(bucket: {_string(self._bucket)}, tag: "device", start: {start}, stop: {stop}, '
            f"predicate: (r) => r.site == {_string(label(self._site))})"
        )
        return (text_of(values["_value"]) for values in self._records(flux, ask))

    def query(self, selection: Selection, ask: Asker) -> Iterable[Column]:
        limit = limit_each(selection)
        return self._columns(self._chosen(selection) + (f"\n  |> limit(n: {limit})" if limit is not None else ""), ask)

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterable[Column]:
        chosen = self._chosen(Selection(EARLIEST, LATEST, tuple(devices), tuple(metrics)))
        return self._columns(f"{chosen}\n  |> last()", ask)

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        selection = Selection(EARLIEST, before)
        flux = f"{self._of(selection, [family], VALUES)}\n  |> count()\n  |> group()\n  |> sum()"
        count = sum(int(values["_value"]) for values in self._records(flux, ask))
        body = {
            "start": moment(EARLIEST).strip("'"),
            "stop": moment(before).strip("'"),
            "predicate": f"_measurement={_string(family)} AND site={_string(label(self._site))}",
        }
        ask(Ask("POST", "/api/v2/delete", {"org": self._org, "bucket": self._bucket}, json=body))
        return count

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        answer = ask(Ask("GET", "/api/v2/buckets", {"org": self._org, "name": self._bucket}))
        buckets: list[dict[str, Any]] = msgspec.json.decode(answer).get("buckets", [])
        if not buckets:
            return [f"there is no bucket {self._bucket}: influx bucket create --name {self._bucket} --org {self._org}"]
        kept = [rule.get("everySeconds", 0) for rule in buckets[0].get("retentionRules", [])]
        return [
            f"bucket {self._bucket} keeps {seconds // 3600} h, the settings ask for {keep_days} days: "
            f"influx bucket update --id {buckets[0]['id']} --retention {keep_days}d"
            for seconds in kept
            if 0 < seconds < keep_days * 86400
        ]

    def _chosen(self, selection: Selection) -> str:
        return self._of(selection, families(selection.metrics), None)

    def _of(self, selection: Selection, measurements: Sequence[str], suffixes: Iterable[str] | None) -> str:
        """The Flux that gives the fields of a selection, a table each."""
        pattern = field_pattern(selection.metrics) if suffixes is None else field_pattern((), suffixes)
        filters = [
            " or ".join(f"r._measurement == {_string(family)}" for family in measurements),
            f"r.site == {_string(label(self._site))}",
            f"r._field =~ /^{pattern}$/",
        ]
        if selection.devices:
            filters.append(" or ".join(f"r.device == {_string(label(device))}" for device in sorted(selection.devices)))
        start, stop = moment(selection.start).strip("'"), moment(selection.end).strip("'")
        return "\n".join(
            [
                f"from(bucket: {_string(self._bucket)})",
                f"  |> range(start: {start}, stop: {stop})",
                *(f"  |> filter(fn: (r) => {one})" for one in filters),
                f"  |> keep(columns: {_COLUMNS})",
            ]
        )

    def _records(self, flux: str, ask: Asker) -> Iterator[dict[str, Any]]:
        body = {"query": flux, "type": "flux", "dialect": _DIALECT}
        answer = ask(Ask("POST", "/api/v2/query", {"org": self._org}, json=body, accept="application/csv"))
        parser = FluxCsvParser(io.BytesIO(answer), FluxSerializationMode.stream)
        try:
            for record in parser.generator():  # type: ignore[no-untyped-call] # the client's own
                yield record.values
        except FluxQueryException as no:
            raise Refused(f"the query failed: {no.message}") from no
        except FluxCsvParserException as trouble:
            raise Unreachable(f"an answer that is no annotated CSV: {trouble}; is it InfluxDB 2?") from trouble

    def _columns(self, flux: str, ask: Asker) -> Iterator[Column]:
        found: dict[tuple[str, str, str], tuple[list[int], list[object]]] = defaultdict(lambda: ([], []))
        for values in self._records(flux, ask):
            times, cells = found[values["device"], values.get("gateway") or "", values["_field"]]
            times.append(ms_of(values["_time"]))
            cells.append(values["_value"] if values["_value"] is not None else "")  # CSV has no empty text
        for (device, gateway, field), (times, cells) in found.items():
            yield Column(text_of(device), text_of(gateway), field, times, cells)


def _string(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return f'"{quoted}"'
