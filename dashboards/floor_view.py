"""What stands on a floor now: its rooms with their air, light and alarms, the dots of its assets, its gateways."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import usable
from asset_registry.hvac import Measure, RoomStatus
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.snapshot import Snapshot
from collector.metrics import family_of
from dashboards import words
from dashboards.context import Context
from dashboards.plan import UNCOUNTED, Bracket, GatewayMark, Outline, Plan, bracket_of, gateways_on, plan_of
from dashboards.rooms import room_light, room_status
from dashboards.search import look_of
from dashboards.standing import AlarmLine, Standing, rank
from dashboards.talking import talk_of
from dashboards.whereabouts import Whereabouts, whereabouts
from service_desk.alarms.model import Alarm

OF_ROOMS = ("environment", "hvac", "lighting", "door", "water", "medical_gas")
"""Families whose alarms color a room; others are a mark in it: a warm fridge or a silent gateway is no bad room."""
LINES = 4
"""So many lines of a room's label beside its number are drawn; the list has them all."""


@dataclass(frozen=True)
class Dot:
    """An asset on the plan. `look`: use (usable), half (in use), no (not usable), old (doubtful fix)."""

    asset: KnownAsset
    look: str
    room_id: int
    x: float
    y: float
    why: str
    fix: Whereabouts


@dataclass(frozen=True)
class Line:
    """A line of a room's label. `metric` when a live value stands in it; `short` is what a small plan keeps."""

    text: str
    priority: str = ""
    strong: bool = False
    metric: str = ""
    short: str = ""


@dataclass
class RoomView:
    """A room now. `level`: the priority of what is wrong in it, "" nothing; `alarms`: its own and its assets'."""

    place: KnownPlace
    status: RoomStatus
    level: str
    light: str
    left_on: bool
    door_open: bool
    outline: Outline | None = None
    alarms: list[AlarmLine] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    more: int = 0

    @property
    def at(self) -> datetime | None:
        """When its newest measure was taken."""
        return max((m.reading.at for m in self.status.measures if m.reading is not None), default=None)

    @property
    def words(self) -> str:
        """Its air in a few words, without the number and "In range"."""
        return self.status.sentence.removeprefix("In range: ").removeprefix(f"{self.place.number} ").lstrip(": ")


@dataclass(frozen=True)
class FloorView:
    """A floor: `incidents` are the rows of `standing` that stand on it, each with its lines here."""

    floor: KnownPlace
    plan: Plan | None
    rooms: list[RoomView]
    dots: list[Dot]
    gateways: list[GatewayMark]
    incidents: list[Standing]
    brackets: list[Bracket] = field(default_factory=list)

    @property
    def counted(self) -> list[RoomView]:
        """The rooms in people's words."""
        return [room for room in self.rooms if room.place.room_type not in UNCOUNTED]


@dataclass(frozen=True)
class Located:
    """Standing incidents, and where each alarm is: the room of its place, or where its asset is now."""

    rows: list[Standing]
    room_of: Mapping[int, int]
    asset_of: Mapping[int, KnownAsset]


def located(session: Session, here: Context, rows: Sequence[Standing]) -> Located:
    """Find the room of every alarm that is not kept silent."""
    now = here.snapshots.current
    active = [row for row in rows if not row.inhibited]
    ids = [line.id for row in active for line in row.lines]
    found = session.execute(select(Alarm.id, Alarm.asset_id, Alarm.place_id).where(Alarm.id.in_(ids)))
    room_of: dict[int, int] = {}
    asset_of: dict[int, KnownAsset] = {}
    for alarm_id, asset_id, place_id in found:
        asset = now.assets.get(asset_id) if asset_id is not None else None
        place = whereabouts(here, now, asset).place if asset is not None else None
        if place is None and place_id is not None:
            place = now.places.get(place_id)
        room = now.room_of(place) if place is not None else None
        if room is not None:
            room_of[alarm_id] = room.id
        if asset is not None:
            asset_of[alarm_id] = asset
    return Located(active, room_of, asset_of)


def worst_by_floor(here: Context, found: Located) -> dict[int, str]:
    """The worst that stands on each floor, by the floor's id: an alarm's priority or that of a room out of range."""
    now = here.snapshots.current
    worst: dict[int, str] = {}

    def note(room_id: int, priority: str) -> None:
        floor = now.floor_of(room_id)
        if floor is not None and priority and rank(priority) < rank(worst.get(floor.id, "")):
            worst[floor.id] = priority

    for line in _lines(found.rows):
        if line.id in found.room_of:
            note(found.room_of[line.id], line.priority)
    for room in now.rooms:
        if room.room_type not in UNCOUNTED:
            note(room.id, room_status(here, now, room).worst)
    return worst


def _lines(rows: Iterable[Standing]) -> list[AlarmLine]:
    return [line for row in rows for line in row.lines if line.active and not line.inhibited]


def floor_view(here: Context, floor: KnownPlace, found: Located) -> FloorView:
    """Everything that stands on a floor."""
    now = here.snapshots.current
    rooms = now.rooms_on(floor.id)
    ids = {room.id for room in rooms}
    at = _assets_at(here, now, ids)
    plan = plan_of(now, floor, {room_id: len(things) for room_id, things in at.items()})
    by_room: dict[int, list[AlarmLine]] = defaultdict(list)
    for line in _lines(found.rows):
        if found.room_of.get(line.id) in ids:
            by_room[found.room_of[line.id]].append(line)
    views = [_room(here, now, room, by_room[room.id], found.asset_of) for room in rooms]
    for view in views:
        view.outline = plan.outline(view.place.id) if plan else None
        view.dots, view.more = _dots(here, view.outline, at.get(view.place.id, []))
    incidents = [row for row in found.rows if any(found.room_of.get(line.id) in ids for line in row.lines)]
    return FloorView(
        floor=floor,
        plan=plan,
        rooms=views,
        dots=[dot for view in views for dot in view.dots],
        gateways=_gateways(here, now, plan) if plan else [],
        incidents=incidents,
        brackets=_brackets(here, plan, incidents, found) if plan else [],
    )


def _brackets(here: Context, plan: Plan, incidents: Iterable[Standing], found: Located) -> list[Bracket]:
    drawn = []
    for row in incidents:
        ids = {found.room_of.get(line.id, 0) for line in _lines([row])}
        outlines = [outline for outline in plan.outlines if outline.place.id in ids and outline.counted]
        since = words.age(here.clock.now() - row.since)
        bracket = bracket_of(plan, outlines, row.priority, row.title, since)
        if bracket is not None:
            drawn.append(bracket)
    return drawn


def _assets_at(here: Context, now: Snapshot, rooms: set[int]) -> dict[int, list[tuple[KnownAsset, Whereabouts]]]:
    """Who is in which of these rooms. Plant that serves rooms is no dot."""
    plant = {asset_id for asset_id, _ in now.content.serves}
    at: dict[int, list[tuple[KnownAsset, Whereabouts]]] = defaultdict(list)
    for asset in now.assets.values():
        if asset.id in plant:
            continue
        fix = whereabouts(here, now, asset)
        room = now.room_of(fix.place) if fix.place is not None else None
        if room is not None and room.id in rooms:
            at[room.id].append((asset, fix))
    return at


def _dots(
    here: Context, outline: Outline | None, things: list[tuple[KnownAsset, Whereabouts]]
) -> tuple[list[Dot], int]:
    if outline is None:
        return [], 0
    dots = []
    for (asset, fix), (x, y) in zip(things, outline.slots, strict=False):
        answer = usable(asset, here.clock.now(), asset.claimer, here.zone)
        dots.append(Dot(asset, look_of(answer, fix.confidence), outline.place.id, x, y, answer.why, fix))
    return dots, len(things) - len(dots)


def _room(
    here: Context, now: Snapshot, room: KnownPlace, alarms: list[AlarmLine], asset_of: Mapping[int, KnownAsset]
) -> RoomView:
    status = room_status(here, now, room)
    light = room_light(here, now, room)
    own = [line for line in alarms if line.id not in asset_of and family_of(line.metric) in OF_ROOMS]
    level = min([status.worst, *(line.priority for line in own)], key=rank)
    view = RoomView(
        place=room,
        status=status,
        level=level,
        light="on" if light.on else "off" if light.on is False else "",
        left_on=light.left_on_since is not None,
        door_open=status.door is not None and status.door.open is True,
        alarms=sorted(alarms, key=lambda line: (rank(line.priority), line.since)),
    )
    view.lines = _label(here, view, asset_of)[:LINES]
    return view


def _label(here: Context, view: RoomView, asset_of: Mapping[int, KnownAsset]) -> list[Line]:
    """What stands under a room's number: its worst measure with the limit, then what else is wrong."""
    now = here.clock.now()
    out = [measure for measure in view.status.measures if measure.state == "out"]
    lines = [line for measure in out[:1] for line in _measured(measure, view.level)]
    told: set[int] = set()
    for alarm in view.alarms:
        asset = asset_of.get(alarm.id)
        if asset is not None:
            if asset.id in told:
                continue
            told.add(asset.id)
            lines.append(Line(_told(alarm, asset), alarm.priority, strong=True, short=asset.number))
        elif alarm.metric not in {measure.metric for measure in out}:
            said = words.value(alarm.value, alarm.metric) if alarm.numeric else alarm.label
            since = words.age(now - alarm.since)
            lines.append(Line(f"{said} {since}", "" if lines else alarm.priority, strong=True, short=said))
    return lines


def _measured(measure: Measure, priority: str) -> list[Line]:
    limit = words.range_words(measure.low, measure.high)
    return [Line(words.value(measure.reading), priority, strong=True, metric=measure.metric), Line(limit)]


def _told(alarm: AlarmLine, asset: KnownAsset) -> str:
    value = words.value(alarm.value, alarm.metric) if alarm.numeric else alarm.label.lower()
    return f"{asset.name if len(asset.name) < 10 else asset.number} {value}"


def _gateways(here: Context, now: Snapshot, plan: Plan) -> list[GatewayMark]:
    marks = []
    for gateway in gateways_on(now, plan.floor.id):
        device, room = now.devices[gateway.device_id], plan.outline(gateway.place_id)
        cornered = room is not None and room.counted
        point = (room.box.east, room.box.north) if room is not None and cornered else (gateway.x_m, gateway.y_m)
        silent = talk_of(here, device, here.clock.now()).state == "silent"
        name = device.name or device.native_id
        marks.append(GatewayMark(device.id, gateway.place_id, name, *plan.percent(*point), silent, cornered))
    return marks
