"""What was known when a ticket opened, frozen: it is never written again, whatever happens to the devices later.

`freeze` gives JSON: {"v": 1, "frozen_at", "metric", "subject", "unit", "low", "high", "normal", "points":
[[ms, value, triggering]], "lanes", "where", "room", "spare", "versions", "last_tickets", "told"}. Times are ISO 8601,
points milliseconds since 1970. What nobody can say is {"unknown_since": time or null}.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import usable
from asset_registry.find import whereabouts
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.words import word_of
from asset_registry.snapshot import Snapshot
from collector.errors import Refused, Unreachable
from collector.metrics import METRICS
from collector.points import ms_of, readings_of
from collector.ports import Selection, Store
from collector.reading import Quality, Reading
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.subjects import Newest, Registered
from service_desk.tickets.model import Ticket

VERSION = 1
BEFORE = timedelta(hours=1)
MOST_POINTS = 400
LANES = {"power": "Power", "mains": "Mains", "switch_on": "Switched on", "running": "Running", "door_open": "Door"}
"""Metrics drawn as on/off lanes under the chart; `power` counts as on above ON_W."""
ON_W = 5.0
ROOM_METRICS = ("temperature", "humidity", "co2", "differential_pressure", "air_changes", "light_on", "door_open")

Json = dict[str, Any]


def unknown(since: datetime | None = None) -> Json:
    """Nobody can say; `since` is when it was last known."""
    return {"unknown_since": since.isoformat() if since else None}


@dataclass(frozen=True)
class Sources:
    """Where evidence comes from. `heard`: readings by device that were fetched for many before."""

    store: Store
    registered: Registered
    newest: Newest
    heard: Mapping[str, Sequence[Reading]] | None = None

    def kept(self, selection: Selection) -> list[Reading]:
        """What the store has; nothing while it is away: a ticket does not wait for its chart."""
        if self.heard is not None:
            found = (reading for device in selection.devices for reading in self.heard.get(device, ()))
            return [
                one for one in found if one.metric in selection.metrics and selection.start <= one.at < selection.end
            ]
        try:
            return readings_of(self.store.query(selection))
        except (Unreachable, Refused):
            return []


def freeze_all(session: Session, sources: Sources, incidents: Sequence[IncidentNews], now: datetime) -> dict[int, Json]:
    """The evidence of many, by incident; of those that began lately the store is asked once."""
    lately = [one for one in incidents if one.alarms[0].since > now - BEFORE]
    fetched = _fetched(sources, lately, now) if len(lately) > 1 else sources
    return {
        one.id: freeze(session, fetched if one.alarms[0].since > now - BEFORE else sources, one, now)
        for one in incidents
    }


def _fetched(sources: Sources, incidents: Sequence[IncidentNews], now: datetime) -> Sources:
    snapshot = sources.registered.current
    devices, metrics = set[str](), set(LANES)
    for one in incidents:
        asset, place = snapshot.assets.get(one.asset_id or 0), snapshot.places.get(one.place_id or 0)
        devices |= {one.alarms[0].subject, *_devices(snapshot, asset, place, now)}
        metrics.add(one.alarms[0].metric)
    start = min(one.alarms[0].since for one in incidents) - BEFORE
    heard: dict[str, list[Reading]] = {}
    end = now + timedelta(milliseconds=1)
    for reading in sources.kept(Selection(start, end, tuple(sorted(devices)), tuple(sorted(metrics)))):
        heard.setdefault(reading.device, []).append(reading)
    return replace(sources, heard=heard)


def freeze(session: Session, sources: Sources, incident: IncidentNews, now: datetime) -> Json:
    """The evidence of an incident's gravest alarm, as it stands now.

    Without the store the chart has the triggering points alone.
    """
    alarm = incident.alarms[0]
    snapshot = sources.registered.current
    known = METRICS.get(alarm.metric)
    asset = snapshot.assets.get(incident.asset_id) if incident.asset_id else None
    place = snapshot.places.get(incident.place_id) if incident.place_id else None
    return {
        "v": VERSION,
        "frozen_at": now.isoformat(),
        "metric": alarm.metric,
        "subject": alarm.subject,
        "unit": known.shown if known else "",
        "low": alarm.low,
        "high": alarm.high,
        "normal": alarm.normal,
        "points": _points(session, sources, alarm, now),
        "lanes": _lanes(sources, snapshot, (asset, place, alarm), now),
        "where": _where(sources, snapshot, (asset, place), now),
        "room": _room(sources, snapshot, place, now),
        "spare": _spare(session, sources, incident, asset, now),
        "versions": _versions(snapshot, alarm.subject, asset),
        "last_tickets": _last_tickets(session, incident, asset, place),
        "told": [{"who": "Wardkeeper's screens", "how": "screen", "at": now.isoformat()}],
    }


def _points(session: Session, sources: Sources, alarm: AlarmNews, now: datetime) -> list[list[Any]]:
    """From an hour before the onset to now; the triggering points are those the rule judged, all of them kept."""
    raised = session.scalars(
        select(Transition)
        .where(Transition.alarm_id == alarm.alarm_id, Transition.what == "raised")
        .order_by(Transition.id.desc())
    ).first()
    triggering: dict[int, Any] = {int(ms): value for ms, value in (raised.detail["points"] if raised else [])}
    selection = Selection(alarm.since - BEFORE, now + timedelta(milliseconds=1), (alarm.subject,), (alarm.metric,))
    others: dict[int, Any] = {
        ms_of(reading.at): reading.value
        for reading in sources.kept(selection)
        if reading.quality is not Quality.BAD and ms_of(reading.at) not in triggering
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


def _lanes(
    sources: Sources, snapshot: Snapshot, about: tuple[KnownAsset | None, KnownPlace | None, AlarmNews], now: datetime
) -> list[Json]:
    """Power, mains and doors of the asset and its room as stretches of on and off."""
    asset, place, alarm = about
    devices = _devices(snapshot, asset, place, now)
    if not devices:
        return []
    selection = Selection(
        alarm.since - BEFORE, now + timedelta(milliseconds=1), tuple(sorted(devices)), tuple(sorted(LANES))
    )
    series: dict[tuple[str, str], list[Reading]] = {}
    for reading in sources.kept(selection):
        if reading.quality is not Quality.BAD:
            series.setdefault((reading.device, reading.metric), []).append(reading)
    return [
        {
            "device": device,
            "metric": metric,
            "label": LANES[metric],
            "segments": segments(sorted(readings, key=lambda reading: reading.at), now),
        }
        for (device, metric), readings in sorted(series.items(), key=lambda entry: list(LANES).index(entry[0][1]))
        if (device, metric) != (alarm.subject, alarm.metric)
    ]


def _devices(snapshot: Snapshot, asset: KnownAsset | None, place: KnownPlace | None, now: datetime) -> set[str]:
    devices = {device.native_id for device in snapshot.devices_of_asset(asset.id, now)} if asset else set()
    return devices | ({device.native_id for device in snapshot.devices_of_place(place.id, now)} if place else set())


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


def _where(
    sources: Sources, snapshot: Snapshot, about: tuple[KnownAsset | None, KnownPlace | None], now: datetime
) -> Json:
    """Where it is: by the newest fix with its confidence and age, or by its binding."""
    asset, place = about
    if asset is None:
        return unknown() if place is None else _place(snapshot, place) | {"how": "bound"}
    room, confidence, seen = whereabouts(snapshot, sources.newest, asset, now)
    if room is None:
        return unknown(seen)
    if seen is None:
        return _place(snapshot, room) | {"how": "bound"}
    return _place(snapshot, room) | {
        "how": "fix",
        "confidence": confidence,
        "word": word_of(confidence),
        "at": seen.isoformat(),
        "age_s": max(0, round((now - seen).total_seconds())),
    }


def _place(snapshot: Snapshot, place: KnownPlace) -> Json:
    floor = snapshot.floor_of(place)
    return {
        "place_id": place.id,
        "number": place.number,
        "name": place.name,
        "floor": floor.name or floor.number if floor else "",
    }


def _room(sources: Sources, snapshot: Snapshot, place: KnownPlace | None, now: datetime) -> Json:
    """The room's air, light and doors then."""
    if place is None:
        return unknown()
    then: dict[str, Reading] = {}
    for device in snapshot.devices_of_place(place.id, now):
        for metric in ROOM_METRICS:
            reading = sources.newest.get(device.native_id, metric)
            if reading is not None and (metric not in then or reading.at > then[metric].at):
                then[metric] = reading
    if not then:
        return unknown()
    measures = [
        {"metric": metric, "value": then[metric].value, "at": then[metric].at.isoformat()}
        for metric in ROOM_METRICS
        if metric in then
    ]
    served = [asset.name for asset in snapshot.serving(place.id)]
    return {"measures": measures, "served_by": served}


def _spare(session: Session, sources: Sources, incident: IncidentNews, asset: KnownAsset | None, now: datetime) -> Json:
    """The nearest asset of the same category that can be used and has no alarm, and what it reads now."""
    snapshot = sources.registered.current
    if asset is None:
        return unknown()
    alarmed = set(session.scalars(select(Alarm.asset_id).where(Alarm.active)))
    spares = [
        (_distance(sources, incident.place_id, other, now), other)
        for other in snapshot.assets.values()
        if other.category == asset.category and other.id not in {asset.id, *alarmed} and _fit(other, now)
    ]
    if not spares:
        return unknown()
    distance, spare = min(spares, key=lambda pair: (pair[0] is None, pair[0] or 0.0, pair[1].number))
    where = _where(sources, snapshot, (spare, None), now)
    return {
        "asset_id": spare.id,
        "number": spare.number,
        "name": spare.name,
        "where": where,
        "distance_m": None if distance is None else round(distance),
        "reading": _reads(sources, snapshot, spare, incident.alarms[0].metric),
    }


def _fit(asset: KnownAsset, now: datetime) -> bool:
    """Usable; what stays put serves many, so that being in use is no hindrance."""
    sound = asset.condition == "ok" and asset.holding in ("owned", "rented", "loaned_in")
    return usable(asset, now).usable or (sound and not asset.mobile)


def _distance(sources: Sources, near: int | None, asset: KnownAsset, now: datetime) -> float | None:
    snapshot = sources.registered.current
    room, _, _ = whereabouts(snapshot, sources.newest, asset, now)
    return snapshot.distance_m(near, room.id) if near is not None and room is not None else None


def _reads(sources: Sources, snapshot: Snapshot, asset: KnownAsset, metric: str) -> Json | None:
    found = (sources.newest.get(device.native_id, metric) for device in snapshot.devices_of_asset(asset.id))
    newest = max((reading for reading in found if reading), key=lambda reading: reading.at, default=None)
    return {"metric": metric, "value": newest.value, "at": newest.at.isoformat()} if newest else None


def _versions(snapshot: Snapshot, subject: str, asset: KnownAsset | None) -> Json:
    device = snapshot.device(subject)
    if device is None and asset is None:
        return unknown()
    return {
        "device": None
        if device is None
        else {"model": device.model, "maker": device.maker, "firmware": device.firmware},
        "asset": None if asset is None else {"model": asset.model, "maker": asset.maker, "serial": asset.serial},
    }


def _last_tickets(
    session: Session, incident: IncidentNews, asset: KnownAsset | None, place: KnownPlace | None
) -> list[Json]:
    if asset is not None:
        same = Ticket.asset_id == asset.id
    elif place is not None:
        same = (Ticket.place_id == place.id) & Ticket.asset_id.is_(None)
    else:
        same = Ticket.incident_id.in_(
            select(Incident.id).where(Incident.key.startswith(incident.key.rpartition(":")[0], autoescape=True))
        )
    query = select(Ticket).where(same).order_by(Ticket.created.desc()).limit(3)
    return [
        {"number": ticket.number, "title": ticket.title, "state": ticket.state, "created": ticket.created.isoformat()}
        for ticket in session.scalars(query)
    ]
