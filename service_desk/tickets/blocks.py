"""The blocks of a ticket's evidence besides its chart: what whoever takes it would have had to look up.

`where`, `was`, `room`, `spare`, `versions`, `checks`, `last_tickets`, `told`. Each is filled, says {"none": why} when
there is nothing, or {"unknown_since": time or null, "why"} when nobody can say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from asset_registry.assets import usable
from asset_registry.find import whereabouts
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.words import word_of
from asset_registry.snapshot import Snapshot
from asset_registry.ways import Ways
from collector.points import ms_of
from collector.reading import Reading
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.subjects import Newest
from service_desk.tickets.records import Records

AIR = ("temperature", "humidity", "co2", "differential_pressure", "air_changes")
LIGHT, DOOR = ("light_on", "illuminance"), ("door_open",)
ROOM = {"air": AIR, "light": LIGHT, "door": DOOR}
_NEAREST = 200
"""Of more spares than this not each is looked for: a house has ten thousand beds."""

Json = dict[str, Any]


def unknown(since: datetime | None = None, why: str = "") -> Json:
    """Nobody can say; `since` is when it was last known, None when never."""
    return {"unknown_since": since.isoformat() if since else None, "why": why}


@dataclass(frozen=True)
class Case:
    """Whom the evidence is about, and where it comes from."""

    records: Records
    snapshot: Snapshot
    newest: Newest
    incident: IncidentNews
    alarm: AlarmNews
    now: datetime

    @property
    def asset(self) -> KnownAsset | None:
        """The asset in alarm."""
        return self.snapshot.assets.get(self.alarm.asset_id) if self.alarm.asset_id else None

    @property
    def place(self) -> KnownPlace | None:
        """The room of it."""
        return self.snapshot.places.get(self.alarm.place_id) if self.alarm.place_id else None


def blocks_of(case: Case, stays: Sequence[Reading]) -> Json:
    """All of them. `stays`: in which rooms the asset was said to be, in the last hour."""
    where = _where(case, case.asset, case.place)
    return {
        "where": where,
        "was": _was(case, stays),
        "room": _room(case, where),
        "spare": _spare(case),
        "versions": _versions(case),
        "checks": _checks(case),
        "last_tickets": _last_tickets(case) or {"none": "This is the first."},
        "told": _told(case),
    }


def _told(case: Case) -> list[Json]:
    """Who was told, how and when; `how` says when it is still under way or has failed."""
    said = [{"who": "Wardkeeper's screens", "how": "screen", "at": case.now.isoformat()}]
    for one in case.records.notices[case.incident.id]:
        state = "" if one.handed else f", failed: {one.failed}" if one.failed else ", under way"
        at = one.handed or one.created
        who = case.records.names.get(one.person_id, "somebody")
        said.append({"who": who, "how": f"{one.channel}{state}", "at": at.isoformat()})
    return said


def _where(case: Case, asset: KnownAsset | None, place: KnownPlace | None) -> Json:
    """Where it is: by the newest fix with its confidence and age, or by its binding."""
    if asset is None:
        if place is None:
            return unknown(None, "it is bound to no asset and no room")
        return _spot(case.snapshot, place) | {"how": "bound"}
    room, confidence, seen = whereabouts(case.snapshot, case.newest, asset, case.now)
    if room is None:
        return unknown(seen, "no gateway hears it" if seen else "it was never located")
    if seen is None:
        return _spot(case.snapshot, room) | {"how": "bound"}
    return _spot(case.snapshot, room) | {
        "how": "fix",
        "confidence": confidence,
        "word": word_of(confidence),
        "at": seen.isoformat(),
        "age_s": max(0, round((case.now - seen).total_seconds())),
    }


def _spot(snapshot: Snapshot, place: KnownPlace) -> Json:
    floor = snapshot.floor_of(place)
    return {
        "place_id": place.id,
        "number": place.number,
        "name": place.name,
        "floor": floor.name or floor.number if floor else "",
    }


def _was(case: Case, stays: Sequence[Reading]) -> Json:
    """Where it was in the last hour, or since when it stands where it is bound."""
    asset = case.asset
    if asset is None and case.place is None:
        return unknown(None, "it is bound to no asset and no room")
    if asset is None or (not asset.mobile and not stays):
        since = [one.since for one in case.snapshot.bindings_of(case.alarm.subject) if one.holds(case.now)]
        return {"since": min(since).isoformat()} if since else unknown(None, "nobody wrote down since when")
    found: list[Json] = []
    for reading in sorted(stays, key=lambda one: one.at):
        text = str(reading.value)
        place = case.snapshot.places.get(int(text)) if text.isdecimal() else None
        number = place.number if place else ""
        if not found or found[-1]["number"] != number:
            found.append({"number": number, "from": ms_of(reading.at)})
    if not found:
        _, _, seen = whereabouts(case.snapshot, case.newest, asset, case.now)
        return unknown(seen, "nothing heard it in the hour before")
    return {"stays": found}


def _room(case: Case, where: Json) -> Json:
    """The room's air, light and door then, each by what was heard last, and what serves the room."""
    place = case.place or case.snapshot.places.get(where.get("place_id", 0))
    if place is None:
        since = where.get("unknown_since")
        return unknown(datetime.fromisoformat(since) if since else None, "nobody knows the room")
    then: dict[str, Reading] = {}
    for device in case.snapshot.devices_of_place(place.id, case.now):
        for metric in (*AIR, *LIGHT, *DOOR):
            reading = case.newest.get(device.native_id, metric)
            if reading is not None and (metric not in then or reading.at > then[metric].at):
                then[metric] = reading
    served = [asset.name for asset in case.snapshot.serving(place.id)]
    return {
        "number": place.number,
        **{name: _heard(then, metrics) or unknown(None, "nothing there says it") for name, metrics in ROOM.items()},
        "served_by": served or unknown(None, "nobody wrote down what serves it"),
    }


def _heard(then: dict[str, Reading], metrics: Iterable[str]) -> list[Json]:
    return [
        {"metric": metric, "value": then[metric].value, "at": then[metric].at.isoformat()}
        for metric in metrics
        if metric in then
    ]


def _spare(case: Case) -> Json:
    """The nearest asset of the same category that can be used and has no alarm, the way there, and what it reads."""
    asset = case.asset
    if asset is None:
        return {"none": "A room has no spare."} if case.place else unknown(None, "nobody knows what it is")
    alike = case.snapshot.of_category(asset.category)
    alarmed = case.records.alarmed[asset.category]
    fit = [other for other in alike if other.id not in alarmed and other.id != asset.id and _fit(case, other)]
    fit = fit[:_NEAREST]
    if not fit:
        return {"none": f"No other {asset.category} can be used."}
    room = case.snapshot.room_of(case.place) if case.place else None
    ways = case.snapshot.ways(room) if room is not None else None
    found = [(_metres(case, ways, other), other) for other in fit]
    distance, spare = min(found, key=lambda pair: (pair[0] is None, pair[0] or 0.0, pair[1].number))
    there, _, _ = whereabouts(case.snapshot, case.newest, spare, case.now)
    way = ways.to(there) if ways is not None and there is not None else None
    return {
        "asset_id": spare.id,
        "number": spare.number,
        "name": spare.name,
        "where": _where(case, spare, None),
        "distance_m": unknown(None, "no way is drawn") if distance is None else round(distance),
        "by": (way.by if way else "") or "on foot",
        "reading": _reads(case, spare),
    }


def _fit(case: Case, asset: KnownAsset) -> bool:
    """Usable; what stays put serves many, so that being in use is no hindrance."""
    sound = asset.condition == "ok" and asset.holding in ("owned", "rented", "loaned_in")
    return usable(asset, case.now).usable or (sound and not asset.mobile)


def _metres(case: Case, ways: Ways | None, asset: KnownAsset) -> float | None:
    room, _, _ = whereabouts(case.snapshot, case.newest, asset, case.now)
    return ways.metres(room) if ways is not None and room is not None else None


def _reads(case: Case, asset: KnownAsset) -> Json:
    metric = case.alarm.metric
    found = (case.newest.get(device.native_id, metric) for device in case.snapshot.devices_of_asset(asset.id))
    newest = max((reading for reading in found if reading), key=lambda reading: reading.at, default=None)
    if newest is None:
        return unknown(None, "it does not say it")
    return {"metric": metric, "value": newest.value, "at": newest.at.isoformat()}


def _versions(case: Case) -> Json:
    """What it is, as far as it or a person said."""
    device, asset = case.snapshot.device(case.alarm.subject), case.asset
    nobody = unknown(None, "it is not in the registry")
    return {
        "device": nobody
        if device is None
        else {
            "model": device.model or unknown(None, "it never said"),
            "maker": device.maker or unknown(None, "it never said"),
            "firmware": device.firmware or unknown(None, "it never said"),
        },
        "asset": nobody
        if asset is None
        else {
            "model": asset.model or unknown(None, "nobody wrote it down"),
            "maker": asset.maker or unknown(None, "nobody wrote it down"),
            "serial": asset.serial or unknown(None, "nobody wrote it down"),
        },
    }


def _checks(case: Case) -> Json:
    """Recall, maintenance, calibration and warranty of the asset."""
    due = case.records.due.get(case.alarm.asset_id or 0)
    if due is None:
        why = "a room's sensors are no assets" if case.place else "it is not in the registry"
        return {name: unknown(None, why) for name in ("recall", "maintenance", "calibration", "warranty")}
    return {
        "recall": {"reference": due.recall} if due.recall else {"none": "No recall stands."},
        "maintenance": _until(case, due.maintenance),
        "calibration": _until(case, due.calibration),
        "warranty": _until(case, due.warranty),
    }


def _until(case: Case, day: date | None) -> Json:
    if day is None:
        return unknown(None, "nobody wrote it down")
    return {"until": day.isoformat(), "over": day < case.now.date()}


def _last_tickets(case: Case) -> list[Json]:
    """The last three about the same asset, room or device."""
    return [
        {"number": ticket.number, "title": ticket.title, "state": ticket.state, "created": ticket.created.isoformat()}
        for ticket in case.records.last[case.incident.id]
    ]
