"""What was known when a ticket opened, frozen: it is never written again, whatever happens to the devices later.

`freeze` gives JSON: {"v": 2, "frozen_at", "metric", "subject", "unit", "low", "high", "normal", "points":
[[ms, value, triggering]], "chart", "lanes"} and the blocks of `service_desk.tickets.blocks`. Times are ISO 8601, points
milliseconds since 1970. What nobody can say is {"unknown_since": time or null, "why"}; null: it was never known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from collector.metrics import METRICS
from collector.points import ms_of
from collector.ports import Store
from collector.reading import Reading
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.subjects import Newest, Registered
from service_desk.tickets.blocks import Case, Json, blocks_of, unknown
from service_desk.tickets.heard import BEFORE, LANES, STAYS, Heard, Series, Wanted, devices_about
from service_desk.tickets.records import Records, records_of

__all__ = ["MOST_POINTS", "Sources", "downsampled", "freeze", "freeze_all", "missing", "segments", "unknown_in"]

VERSION = 2
MOST_POINTS = 400
ON_W = 5.0
FILLED = ("chart", "where", "was", "room", "spare", "versions", "checks", "last_tickets", "told")
"""The blocks of which none is ever empty."""


@dataclass(frozen=True)
class Sources:
    """Where evidence comes from."""

    store: Store
    registered: Registered
    newest: Newest
    heard: Heard = field(init=False)

    def __post_init__(self) -> None:
        """What is asked ahead of time is kept here."""
        object.__setattr__(self, "heard", Heard(self.store))


def freeze(session: Session, sources: Sources, incident: IncidentNews, now: datetime) -> Json:
    """The evidence of an incident's gravest alarm, as it stands now.

    Without the store the chart has the triggering points alone, and says so.
    """
    return freeze_all(session, sources, (incident,), now)[incident.id]


def freeze_all(session: Session, sources: Sources, incidents: Sequence[IncidentNews], now: datetime) -> dict[int, Json]:
    """The evidence of many, by incident; store (`Heard`) and database (`Records`) are asked once."""
    assets = sources.registered.current.assets
    about = (assets.get(one.alarms[0].asset_id or 0) for one in incidents)
    records = records_of(session, incidents, {asset.category for asset in about if asset is not None})
    return {one.id: _frozen(session, sources, records, one, now) for one in incidents}


def _frozen(session: Session, sources: Sources, records: Records, incident: IncidentNews, now: datetime) -> Json:
    alarm, snapshot = incident.alarms[0], sources.registered.current
    known = METRICS.get(alarm.metric)
    devices = devices_about(snapshot, alarm.asset_id, alarm.place_id, now)
    wanted = Wanted(incident.id, alarm.since - BEFORE, alarm.subject, alarm.metric, devices)
    series = sources.heard.of(session, wanted, snapshot, now)
    points = _points(records.points.get(alarm.alarm_id, []), series or {}, alarm)
    case = Case(records, snapshot, sources.newest, incident, alarm, now)
    return {
        "v": VERSION,
        "frozen_at": now.isoformat(),
        "metric": alarm.metric,
        "subject": alarm.subject,
        "unit": known.shown if known else "",
        "low": alarm.low,
        "high": alarm.high,
        "normal": alarm.normal,
        "points": points,
        "chart": _chart(series, points, alarm),
        "lanes": _lanes(series or {}, alarm, now),
        **blocks_of(case, [one for key, each in (series or {}).items() if key[1] == STAYS for one in each]),
    }


def missing(evidence: Json) -> list[str]:
    """The blocks that are neither filled nor say since when they are unknown: there must be none."""
    return [name for name in FILLED if not evidence.get(name) or name in _hollow(evidence)]


def _hollow(evidence: Json) -> Iterator[str]:
    for name in FILLED:
        block = evidence.get(name)
        parts = block.values() if isinstance(block, dict) and "unknown_since" not in block else ()
        if any(part in ({}, [], "") for part in parts):
            yield name


def unknown_in(evidence: Json) -> int:
    """How much of it nobody could say."""
    return sum(_unknowns(evidence.get(name)) for name in FILLED)


def _unknowns(block: object) -> int:
    if not isinstance(block, dict):
        return 0
    return 1 if "unknown_since" in block else sum(_unknowns(part) for part in block.values())


def _chart(series: Series | None, points: list[list[Any]], alarm: AlarmNews) -> Json:
    """How much of the hour before there is."""
    if series is None:
        return unknown(alarm.since, "the store did not answer")
    if not points:
        return unknown(None, "no point of it was kept")
    return {"from": points[0][0], "to": points[-1][0]}


def _points(judged: list[Any], series: Series, alarm: AlarmNews) -> list[list[Any]]:
    """From an hour before the onset to now; the triggering points are those the rule judged, all of them kept."""
    triggering: dict[int, Any] = {int(ms): value for ms, value in judged}
    others: dict[int, Any] = {
        ms_of(reading.at): reading.value
        for reading in series.get((alarm.subject, alarm.metric), ())
        if ms_of(reading.at) not in triggering
    }
    room = max(2, MOST_POINTS - len(triggering))
    points = [[ms, value, False] for ms, value in downsampled(sorted(others.items()), room)]
    return sorted(points + [[ms, value, True] for ms, value in triggering.items()], key=lambda point: point[0])


def downsampled(points: list[tuple[int, Any]], most: int) -> list[tuple[int, Any]]:
    """At most `most` points: of each stretch the lowest and the highest, so that no spike is lost."""
    if len(points) <= most:
        return points
    kept: list[tuple[int, Any]] = []
    stretches = max(1, most // 2)
    for index in range(stretches):
        stretch = points[index * len(points) // stretches : (index + 1) * len(points) // stretches]
        if stretch:
            low = min(stretch, key=lambda point: (str(type(point[1])), point[1]))
            high = max(stretch, key=lambda point: (str(type(point[1])), point[1]))
            kept += sorted({low, high})
    return kept


def _lanes(series: Series, alarm: AlarmNews, now: datetime) -> list[Json]:
    """Power, mains and doors of the asset and its room as stretches of on and off."""
    order = list(LANES)
    found = sorted(
        (order.index(metric), device, metric)
        for device, metric in series
        if metric in LANES and (device, metric) != (alarm.subject, alarm.metric)
    )
    return [
        {"device": device, "metric": metric, "label": LANES[metric], "segments": segments(series[device, metric], now)}
        for _, device, metric in found
    ]


def segments(readings: list[Reading], now: datetime) -> list[list[Any]]:
    """Stretches [from ms, to ms, on]; each lasts until the next change, the last until now."""
    stretches: list[list[Any]] = []
    for reading in readings:
        on = reading.value is True or (
            isinstance(reading.value, int | float) and not isinstance(reading.value, bool) and reading.value > ON_W
        )
        if not stretches or stretches[-1][2] is not on:
            if stretches:
                stretches[-1][1] = ms_of(reading.at)
            stretches.append([ms_of(reading.at), ms_of(now), on])
    return stretches
