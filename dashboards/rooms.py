"""Rooms as they are now: the newest reading of each metric among their sensors, and what that means."""

from asset_registry.hvac import RoomStatus, judge_room
from asset_registry.known import KnownPlace
from asset_registry.snapshot import Snapshot
from collector.metrics import is_vital
from collector.reading import Reading
from dashboards.context import Context


def room_readings(here: Context, now: Snapshot, room: KnownPlace) -> dict[str, Reading]:
    """The newest reading by metric of the sensors of a room and its beds; no vitals."""
    moment = here.clock.now()
    newest: dict[str, Reading] = {}
    for place in (room, *now.children(room.id)):
        for device in now.devices_of_place(place.id, moment):
            for metric, reading in here.latest.of(device.native_id).items():
                known = newest.get(metric)
                if not is_vital(metric) and (known is None or reading.at > known.at):
                    newest[metric] = reading
    return newest


def room_status(here: Context, now: Snapshot, room: KnownPlace) -> RoomStatus:
    """How a room's air is, judged by the profile of its type."""
    readings = room_readings(here, now, room)
    devices = (now.device(reading.device) for reading in readings.values())
    intervals = {device.native_id: device.interval_s for device in devices if device and device.interval_s}
    held = {metric: here.latest.since(reading.device, metric) for metric, reading in readings.items()}
    since = {metric: moment for metric, moment in held.items() if moment is not None}
    return judge_room(room, readings, here.clock.now(), here.profiles, intervals=intervals, since=since)
