"""A room: its status in a sentence, its air and light against their ranges, its door, what serves it, what is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from asset_registry.hvac import Measure, RoomStatus, value_words
from asset_registry.hvac.brick import EQUIPMENT, class_of
from asset_registry.hvac.rooms import RELEASES
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.lighting import LightStatus
from asset_registry.snapshot import Snapshot
from collector.reading import Reading
from dashboards import words
from dashboards.access import STAFF, WORKERS, Visitor
from dashboards.api.params import Id
from dashboards.charts import Bullet, bullet
from dashboards.context import Context, Here
from dashboards.floor_view import Dot, Located, RoomView, floor_view, located
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.room_view import beyond, concerns, pressure_words, profile_facts, purge_view, signed_view, zone_facts
from dashboards.rooms import room_devices, room_light, room_readings, room_status
from dashboards.sentences import start
from dashboards.standing import Standing, rank, standing
from dashboards.talking import Talk, talk_of
from dashboards.trends import held_since, numbers, past, spark
from service_desk.tickets.queue import Row, Wanted, queue

router = APIRouter(dependencies=[STAFF])

RUNNERS = ("facilities", "infection_prevention", "clinician")
"""Who switches how a room is run."""

LIGHT = ("light_on", "illuminance", "occupancy")
OTHERS = ("door_open", "locked")


@dataclass(frozen=True)
class MeasureRow:
    """A metric as a row: its name in two parts, value, bar with the limits' places, the last 24 hours.

    `flow` is which way the air flows, and that in words.
    """

    name: str
    note: str
    reading: Reading | None
    value: str
    unit: str
    state: str
    level: str
    bar: Bullet | None
    limits: tuple[tuple[float, str, str], ...]
    limit: str
    past: Markup
    flow: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Door:
    """The door: `since` is when it came into its state, None when that was more than a day ago."""

    open: bool
    at: datetime
    since: datetime | None
    level: str


@dataclass(frozen=True)
class Server:
    """What serves the room, with what its controller says."""

    asset: KnownAsset
    facts: str
    level: str
    brick: str = ""


@router.get("/rooms/{room_id}")
def room(request: Request, here: Here, visitor: Visitor, room_id: Id) -> Response:
    """One room now."""
    now, version = here.snapshots.current, here.latest.version
    place = now.places.get(room_id)
    if place is None or place.kind != "room":
        raise NotThere(f"room {room_id}")
    here_status, floor = room_status(here, now, place), now.floor_of(place)
    with here.database.read() as session:
        found = located(session, here, standing(session, here))
        view = _view(here, now, place, found)
        tickets = tickets_of(session, place)
        purge, signed = purge_view(session, here, place, here_status), signed_view(session, here, place)
    rows = rows_of(place, found)
    devices = room_devices(here, now, place)
    servers = servers_of(here, now, place, found)
    said = answer(place, here_status, rows)
    history = past(here, [d.native_id for d in devices], [m.metric for m in here_status.measures] + list(LIGHT))
    doors = past(here, [d.native_id for d in devices], OTHERS, every=None)
    level = min([view.level if view else "", *(row.priority for row in rows)], key=rank)
    return page(
        request,
        "room.html",
        place=place,
        floor=floor,
        level=level,
        answer=said,
        why=why(place, here_status, servers, said),
        source=here_status.source,
        profile=here_status.profile,
        facts={**profile_facts(here_status.profile), **zone_facts(now.zones_of(place))},
        purge=purge,
        signed=signed,
        may_release=visitor.may(RELEASES),
        may_run=visitor.may(*RUNNERS),
        measures=[*_measures(here, here_status, history), *_light(here, now, place, history)],
        door=_door(here, now, place, doors, view),
        servers=servers,
        talks=[talk_of(here, device, here.clock.now()) for device in devices if device.id not in now.gateways],
        gateways=_gateways(here, now, place),
        things=_things(view),
        incidents=rows,
        tickets=tickets,
        first=next((row for row in rows if row.waits), None),
        may_answer=visitor.may(*WORKERS),
        live_version=version,
    )


def answer(place: KnownPlace, status: RoomStatus, rows: list[Standing]) -> str:
    """The first line."""
    if status.state == "out" and (not rows or rank(status.worst) <= rank(rows[0].priority)):
        return status.sentence if place.number in status.sentence else f"{place.number}: {status.sentence}"
    if rows:
        return rows[0].title
    name = f"{place.number} {place.name}".strip()
    return f"{name} is in range" if status.state == "ok" else f"{name} is not heard"


def why(place: KnownPlace, status: RoomStatus, servers: list[Server], said: str) -> str:
    """The evidence below the first line, without what that has said."""
    sentence = status.sentence.removeprefix(f"{place.number}: ")
    if status.state != "out":
        return start(f"{sentence}.")
    told = [] if status.sentence == said else [start(f"{sentence}.")]
    told += beyond(status, status.sentence)
    if concern := concerns(status):
        told.append(concern)
    normal = [server.asset.name for server in servers if not server.level]
    if normal and len(normal) == len(servers):
        *others, last = normal
        named = f"{', '.join(others)} and {last}" if others else last
        told.append(f"{named} {'run' if others else 'runs'} without an alarm.")
    return " ".join(told)


def rows_of(place: KnownPlace, found: Located) -> list[Standing]:
    """The incidents that stand in the room."""
    return [row for row in found.rows if any(found.room_of.get(line.id) == place.id for line in row.lines)]


def _view(here: Context, now: Snapshot, place: KnownPlace, found: Located) -> RoomView | None:
    floor = now.floor_of(place)
    views = floor_view(here, floor, found).rooms if floor is not None else []
    return next((view for view in views if view.place.id == place.id), None)


def _things(view: RoomView | None) -> list[Dot]:
    return sorted(view.dots, key=lambda dot: (dot.asset.category, dot.asset.number)) if view else []


def tickets_of(session: Session, place: KnownPlace) -> list[Row]:
    """The newest tickets about the room."""
    return queue(session, Wanted(states=(), place_id=place.id, limit=6))


# ---------------------------------------------------------------- air and light


def _measures(here: Context, status: RoomStatus, history: dict[str, list[Reading]]) -> Iterator[MeasureRow]:
    for measure in status.measures:
        level = status.worst if measure.state == "out" else ""
        value, limited = measure.value, measure.low is not None or measure.high is not None
        bar = bullet(value, measure.low, measure.high) if value is not None and limited else None
        text, _, unit = value_words(measure.metric, value).replace("changes/h", "/h").partition(words.NBSP)
        name, note = _name(status, measure)
        yield MeasureRow(
            name=name,
            note=note,
            reading=measure.reading,
            value=text,
            unit=unit,
            state=measure.state,
            level=level,
            bar=bar,
            limits=tuple(_limits(bar, measure)) if bar else (),
            limit=words.range_words(measure.low, measure.high),
            past=spark(
                numbers(history.get(measure.metric, [])),
                here.clock.now(),
                low=measure.low,
                high=measure.high,
                level=level,
            ),
            flow=pressure_words(status) if measure.metric == "differential_pressure" else ("", ""),
        )


def _name(status: RoomStatus, measure: Measure) -> tuple[str, str]:
    if measure.metric == "differential_pressure":
        return "Pressure", f"to {status.profile.reference}"
    return words.label(measure.metric), measure.note or ("an hour" if measure.metric == "air_changes" else "")


def _limits(bar: Bullet, measure: Measure) -> Iterator[tuple[float, str, str]]:
    """Where a limit's words stand under the bar, in per cent, and from which side."""
    both = measure.low is not None and measure.high is not None
    for at, limit, word in ((bar.low, measure.low, "at least"), (bar.high, measure.high, "at most")):
        if at is not None and limit is not None:
            anchor = "start" if at < 12 else "end" if at > 88 else "middle"
            yield at, anchor, words.number(limit) if both else f"{word} {words.number(limit)}"


def _light(here: Context, now: Snapshot, place: KnownPlace, history: dict[str, list[Reading]]) -> Iterator[MeasureRow]:
    readings = room_readings(here, now, place)
    status = room_light(here, now, place, readings)
    lux = readings.get("illuminance")
    if status.on is None and lux is None:
        return
    metric = "illuminance" if lux is not None else "light_on"
    text, _, unit = words.value(lux or readings.get("light_on")).partition(words.NBSP)
    yield MeasureRow(
        name="Light",
        note=status.sentence.removeprefix("Light ") if lux is not None else _occupied(status.occupied),
        reading=lux or readings.get("light_on"),
        value=text,
        unit=unit,
        state="out" if status.left_on_since is not None or status.faults else "ok",
        level="low" if status.left_on_since is not None or status.faults else "",
        bar=None,
        limits=(),
        limit=_said_of(status),
        past=spark(numbers(history.get(metric, [])), here.clock.now()),
    )


def _said_of(status: LightStatus) -> str:
    wrong = [*status.faults, *([status.sentence] if status.left_on_since is not None else [])]
    if wrong:
        return "; ".join(wrong)
    level = f"at {status.level:.0f}{words.NBSP}%" if status.level is not None and status.level < 100 else ""
    test = f"emergency light: test {status.tested.value}" if status.tested is not None else ""
    return ", ".join(part for part in (level, test) if part)


def _occupied(occupied: bool | None) -> str:  # noqa: FBT001 - a reading's value
    return "" if occupied is None else "room occupied" if occupied else "room empty"


# ---------------------------------------------------------------- beside


def _door(
    here: Context, now: Snapshot, place: KnownPlace, history: dict[str, list[Reading]], view: RoomView | None
) -> Door | None:
    reading = room_readings(here, now, place).get("door_open")
    if reading is None or not isinstance(reading.value, bool):
        return None
    since = held_since([*history.get("door_open", []), reading])
    yesterday = here.clock.now() - timedelta(hours=23, minutes=55)
    alarms = view.alarms if view else []
    level = min((line.priority for line in alarms if line.metric == "door_open"), key=rank, default="")
    return Door(reading.value, reading.at, since if since and since > yesterday else None, level)


def servers_of(here: Context, now: Snapshot, place: KnownPlace, found: Located) -> list[Server]:
    """The plant that serves the room, by number, with the priority of what stands about it."""
    standing_now = {
        found.asset_of[line.id].id: line.priority
        for row in found.rows
        for line in row.lines
        if line.active and line.id in found.asset_of
    }
    floor = now.floor_of(place)
    drawn = floor.plan.get("brick", {}) if floor is not None else {}

    def brick(asset: KnownAsset) -> str:
        return class_of(drawn, f"asset:{asset.id}", EQUIPMENT.get(asset.category, ""))

    return [
        Server(asset, _facts(here, now, asset), standing_now.get(asset.id, ""), brick(asset))
        for asset in sorted(now.serving(place.id), key=lambda asset: asset.number)
    ]


def _facts(here: Context, now: Snapshot, asset: KnownAsset) -> str:
    told = []
    for device in now.devices_of_asset(asset.id, here.clock.now()):
        readings = here.latest.of(device.native_id)
        for metric, word in (("running", ""), ("fan_speed", "fan "), ("supply_temperature", "supply air ")):
            if metric in readings:
                told.append(f"{word}{words.value(readings[metric])}")
    return ", ".join(told[:2])


def _gateways(here: Context, now: Snapshot, place: KnownPlace) -> list[Talk]:
    moment = here.clock.now()
    return [talk_of(here, now.devices[g.device_id], moment) for g in now.gateways.values() if g.place_id == place.id]
