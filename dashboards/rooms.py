"""Rooms as they are now: the newest reading of each metric among their sensors, and what that means."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from asset_registry.hvac import Heard, Measure, Profile, Range, RoomStatus, judge_room, out_since, profile_of
from asset_registry.known import KnownDevice, KnownPlace
from asset_registry.lighting import LightStatus, judge_light
from asset_registry.places import area_of
from asset_registry.snapshot import Snapshot
from collector.errors import Unreachable
from collector.metrics import is_vital
from collector.reading import Reading
from dashboards.context import Context
from dashboards.trends import DAY, held_since, numbers, past

CLOSE = timedelta(minutes=20)
"""So far back every point is looked at for since when a value is out of range; before it, five minutes at once."""

FIVE = timedelta(minutes=5)


def room_profile(here: Context, now: Snapshot, room: KnownPlace) -> Profile:
    """What the room's air must be: the profile of its type, and what site, floor and room say otherwise."""
    profile = profile_of(here.profiles, room.room_type, now.said_of_air(room.id), area_of(room.plan))
    return replace(profile, zones=tuple(zone.name for zone in now.zones_of(room) if zone.kind == "hvac"))


def room_devices(here: Context, now: Snapshot, room: KnownPlace) -> list[KnownDevice]:
    """The sensors of a room and its beds."""
    moment = here.clock.now()
    return [d for place in (room, *now.children(room.id)) for d in now.devices_of_place(place.id, moment)]


def room_readings(here: Context, now: Snapshot, room: KnownPlace, doors: Iterable[str] = ()) -> dict[str, Reading]:
    """The newest reading by metric of the sensors of a room and its beds; no vitals.

    Of several doors that is open which has been open longest; only `doors` count when there are any.
    """
    newest: dict[str, Reading] = {}
    contacts: list[Reading] = []
    counted = set(doors)
    for device in room_devices(here, now, room):
        for metric, reading in here.latest.of(device.native_id).items():
            if metric == "door_open":
                if not counted or device.native_id in counted:
                    contacts.append(reading)
                continue
            known = newest.get(metric)
            if not is_vital(metric) and (known is None or reading.at > known.at):
                newest[metric] = reading
    if contacts:
        newest["door_open"] = min(contacts, key=lambda each: (each.value is not True, _door_since(here, each)))
    return newest


def _door_since(here: Context, reading: Reading) -> datetime:
    return here.latest.since(reading.device, reading.metric) or reading.at


def room_status(here: Context, now: Snapshot, room: KnownPlace) -> RoomStatus:
    """How a room's air is, judged by its profile; the store is asked only for since when a value is out."""
    profile = room_profile(here, now, room)
    readings = room_readings(here, now, room, profile.doors)
    intervals = {
        name: every for name in {each.device for each in readings.values()} if (every := _every(here, now, name))
    }
    since = {"door_open": _door_since(here, readings["door_open"])} if "door_open" in readings else {}
    spoken = {reading.device: here.latest.seen(reading.device) for reading in readings.values()}
    seen = {device: at for device, at in spoken.items() if at is not None}
    heard, moment = Heard(readings, intervals, since, seen, here.zone), here.clock.now()
    status = judge_room(room.number, profile, heard, moment)
    onsets = {m.metric: onset for m in status.measures if m.state == "out" and (onset := _onset(here, profile, m))}
    if not onsets:
        return status
    return judge_room(room.number, profile, replace(heard, since={**since, **onsets}), moment)


def _every(here: Context, now: Snapshot, native_id: str) -> float | None:
    """How many seconds lie between two words of a device, as it announced or as was learned; None when nobody knows."""
    device, learned = now.device(native_id), here.latest.interval(native_id)
    return (device.interval_s if device else None) or (learned.total_seconds() if learned else None)


def _onset(here: Context, profile: Profile, measure: Measure) -> datetime | None:
    """Since when a measure is out of its range, as far as the store goes back a day; None when it cannot say."""
    reading, wanted = measure.reading, Range(measure.low, measure.high)
    if reading is None:
        return None
    metric = "air_flow" if measure.note else measure.metric
    share = profile.volume_m3 if measure.note and profile.volume_m3 else 1.0

    def points(span: timedelta, every: timedelta | None, *, above: bool) -> list[tuple[datetime, float]]:
        found = past(here, [reading.device], [metric], span, every, "min" if above else "max").get(metric, [])
        return [(at, value / share) for at, value in numbers(found)]

    above = measure.high is not None and (measure.value or 0.0) > measure.high
    newest = (reading.at, float(measure.value or 0.0))
    try:
        close = points(CLOSE, None, above=above)
        since = out_since([*close, newest], wanted)
        if close and since == close[0][0]:
            far = out_since([*points(DAY, FIVE, above=above), newest], wanted)
            since = far if far is not None and far < here.clock.now() - CLOSE else since
    except Unreachable:
        return None
    return since


def room_light(
    here: Context, now: Snapshot, room: KnownPlace, readings: Mapping[str, Reading] | None = None
) -> LightStatus:
    """How a room's light is; what its lamps draw is the sum of those that say whether they are on."""
    known = dict(readings if readings is not None else room_readings(here, now, room))
    lamps = [here.latest.of(device.native_id) for device in room_devices(here, now, room)]
    lamps = [lamp for lamp in lamps if "light_on" in lamp]
    since: dict[str, datetime] = {}
    for metric in ("light_on", "occupancy"):
        if metric in known:
            held = here.latest.since(known[metric].device, metric)
            since |= {metric: held} if held else {}
    status = judge_light(known, here.clock.now(), lamps=lamps, since=since, zone=here.zone)
    if status.on and status.occupied is False and status.left_on_since is None:
        since |= {metric: _state_since(here, known[metric]) for metric in since}
        status = judge_light(known, here.clock.now(), lamps=lamps, since=since, zone=here.zone)
    return status


def _state_since(here: Context, reading: Reading) -> datetime:
    """Since when a state has held as the store has it: this process may not have run for so long."""
    try:
        kept = past(here, [reading.device], [reading.metric], every=None).get(reading.metric, [])
    except Unreachable:
        kept = []
    return held_since([*kept, reading]) or reading.at
