"""Is a room's air as it must be? Pure: a profile, what was heard and the time in, a status with its sentence out.

An open door pauses judging the pressure for the profile's grace; then the door is held open. A pressure that stays lost
with the door closed counts as lost after the profile's `pressure_after_s`; before that it is out of range and no more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from asset_registry.hvac.profiles import JUDGED, Profile, Range
from asset_registry.hvac.sentences import door_words, out_words, sentence, unseen
from asset_registry.hvac.status import Door, Heard, Measure, Notice, RoomStatus, State, Worst, judged, number_of
from collector.reading import Reading

PRESSURE = "differential_pressure"


def out_since(points: Iterable[tuple[datetime, float]], wanted: Range) -> datetime | None:
    """From when on the values, oldest first, are out of the range without a break; None when the last is inside."""
    since = None
    for at, value in points:
        since = None if wanted.holds(value) else since or at
    return since


def judge_room(number: str, profile: Profile, heard: Heard, now: datetime) -> RoomStatus:
    """The status of the room with that number on its door. Without fresh data it is never "ok"."""
    door = _door(profile, heard, now)
    derived = _air_changes(profile, heard.readings)
    readings = {**heard.readings, **derived}
    measures = []
    for metric in JUDGED:
        wanted, reading = profile.ranges.get(metric), readings.get(metric)
        if wanted is not None or reading is not None:
            measure = _measure(metric, reading, wanted or Range(None, None), heard, door, now)
            measures.append(replace(measure, note="by flow and volume") if metric in derived else measure)
    notices = tuple(_notices(number, profile, measures, door, heard, now))
    worst: Worst = min((notice.priority for notice in notices if notice.priority), key=_rank, default="")
    state: State = "out" if worst else "old" if unseen(profile, measures) else _quiet(measures)
    said = sentence(number, profile, measures, door, heard.zone, now)
    return RoomStatus(worst, state, measures, said, profile, door, notices)


def _rank(priority: Worst) -> int:
    return ("high", "medium").index(priority)


def _air_changes(profile: Profile, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """Air changes out of the flow and the room's volume, where no device says them."""
    flow = readings.get("air_flow")
    cubic_metres_an_hour = number_of(flow)
    if "air_changes" in readings or flow is None or cubic_metres_an_hour is None or not profile.volume_m3:
        return {}
    changes = cubic_metres_an_hour / profile.volume_m3
    return {"air_changes": msgspec.structs.replace(flow, metric="air_changes", value=changes)}


def _door(profile: Profile, heard: Heard, now: datetime) -> Door | None:
    reading = heard.readings.get("door_open")
    if reading is None or not isinstance(reading.value, bool):
        return None
    since = heard.since.get("door_open", reading.at)
    if not heard.alive(reading, now):
        return Door(None, reading.at)
    grace = timedelta(seconds=profile.door_grace_s)
    return Door(reading.value, since, held=reading.value and PRESSURE in profile.ranges and now - since >= grace)


def _measure(
    metric: str, reading: Reading | None, wanted: Range, heard: Heard, door: Door | None, now: datetime
) -> Measure:
    value = number_of(reading)
    state: State = "ok"
    since = None
    if reading is None or value is None:
        state = "none"
    elif not heard.fresh(reading, now):
        state = "old"
    elif not wanted.holds(value):
        state, since = "out", heard.since.get(metric)
        if metric == PRESSURE and door is not None and door.open and not door.held:
            state = "paused"
        elif metric == PRESSURE and door is not None and door.open is False and since is not None:
            since = max(since, door.since)  # with the door open it could not be held
    return Measure(metric, reading, wanted.low, wanted.high, state, since)


def _quiet(measures: list[Measure]) -> State:
    """What a room is in which nothing is out of range: "ok" only when something of it was judged just now."""
    states = {measure.state for measure in judged(measures)}
    if "old" in states:
        return "old"
    return "ok" if states & {"ok", "paused"} else "none"


def _notices(
    number: str, profile: Profile, measures: list[Measure], door: Door | None, heard: Heard, now: datetime
) -> Iterator[Notice]:
    """What must be heard, the gravest first: each with its audience as the profile names it."""

    def notice(kind: str, since: datetime | None, priority: Worst, text: str) -> Notice:
        return Notice(kind, since, priority, profile.tell.get(kind, ()), text)

    out = {measure.metric: measure for measure in measures if measure.state == "out"}
    pressure = out.pop(PRESSURE, None)
    if door is not None and door.held:
        grave: Worst = "high" if profile.protects and pressure is not None else "medium"
        yield notice("door held open", door.since, grave, door_words(number, profile, door, pressure, now))
    elif pressure is not None:
        lost = pressure.since is None or now - pressure.since >= timedelta(seconds=profile.pressure_after_s)
        grave = "high" if profile.protects and lost else "medium"
        kind = "pressure lost" if lost else "out of range"
        yield notice(kind, pressure.since, grave, out_words(number, profile, pressure, door, now))
    for measure in out.values():
        yield notice("out of range", measure.since, "medium", out_words(number, profile, measure, door, now))
    if (blind := unseen(profile, measures)) is not None and not out and pressure is None:
        since = blind.reading.at if blind.reading else None
        yield notice("not heard", since, "", sentence(number, profile, [blind], None, heard.zone, now))
