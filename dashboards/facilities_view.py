"""The building as facilities see it: floors by the state of their rooms, what is out and why, lights left on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from asset_registry.hvac import Measure, RoomStatus, value_words
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.lighting import LightStatus
from asset_registry.snapshot import Snapshot
from dashboards import words
from dashboards.charts import Bullet, bullet
from dashboards.context import Context
from dashboards.floor_view import Located, located
from dashboards.plan import UNCOUNTED
from dashboards.rooms import room_light, room_status
from dashboards.sentences import many, spelled, start
from dashboards.standing import Standing, TicketNote, rank, standing

AIR_HANDLER = "air handler"
AIR = (AIR_HANDLER, "extract fan")


@dataclass(frozen=True)
class RoomNow:
    """A room with its air and light."""

    place: KnownPlace
    status: RoomStatus
    light: LightStatus

    @property
    def look(self) -> str:
        """How its cell looks: high, medium, unheard, bare (no sensor) or fine."""
        return self.status.worst or {"old": "unheard", "none": "bare"}.get(self.status.state, "fine")

    @property
    def isolates(self) -> bool:
        """Whether its lower pressure protects those outside: somebody looks at it once a day."""
        wanted = self.status.profile.ranges.get("differential_pressure")
        return self.status.profile.protects and wanted is not None and (wanted.high or 0.0) < 0

    @property
    def lit(self) -> bool:
        """Whether its light burns for nobody."""
        return self.light.left_on_since is not None


@dataclass(frozen=True)
class Handler:
    """An air handler, with the priority of what stands about it."""

    asset: KnownAsset
    level: str

    @property
    def short(self) -> str:
        """Its name behind "Air handler"."""
        return self.asset.name.removeprefix("Air handler ")


@dataclass(frozen=True)
class FloorNow:
    """A floor by the state of its rooms."""

    place: KnownPlace
    building: str
    rooms: list[RoomNow]
    handlers: list[Handler]

    @property
    def counts(self) -> Counter[str]:
        """Rooms by look."""
        return Counter(room.look for room in self.rooms)

    @property
    def judged(self) -> int:
        """How many have a sensor."""
        return len(self.rooms) - self.counts["bare"]


@dataclass(frozen=True)
class Out:
    """Something of a room that is out of range: value against limit, since when, why, and its ticket."""

    room: KnownPlace
    level: str
    what: str
    value: str
    bar: Bullet | None
    limit: str
    since: datetime | None
    cause: str
    handler: KnownAsset | None
    ticket: TicketNote | None
    metric: str
    number: float | None
    served: tuple[KnownAsset, ...] = ()


@dataclass(frozen=True)
class Facilities:
    """All of it, floors from the top down, what is out of range by priority and the longest first."""

    floors: list[FloorNow]
    out: list[Out]

    @property
    def rooms(self) -> list[RoomNow]:
        """Every room that people count."""
        return [room for floor in self.floors for room in floor.rooms]

    @property
    def lit(self) -> list[RoomNow]:
        """Empty rooms with a light on, the longest first."""
        left = [(room.light.left_on_since, room) for room in self.rooms]
        return [room for since, room in sorted(((s, r) for s, r in left if s), key=lambda each: each[0])]

    @property
    def faulty(self) -> list[RoomNow]:
        """Rooms with a faulty lamp or an emergency light that failed its test."""
        return [room for room in self.rooms if room.light.faults]

    @property
    def watts(self) -> float | None:
        """What is drawn for nobody, as far as lamps say it."""
        drawn = [room.light.watts for room in self.lit if room.light.watts is not None]
        return sum(drawn) if drawn else None


def facilities(session: Session, here: Context) -> Facilities:
    """The whole site now."""
    now = here.snapshots.current
    found = located(session, here, standing(session, here))
    about = _about_assets(found)
    floors = [_floor(here, now, floor, about) for floor in reversed(now.floors)]
    floors = [floor for floor in floors if floor.rooms]
    out = [row for floor in floors for room in floor.rooms for row in _outs(now, room, found, about)]
    latest = here.clock.now()
    return Facilities(floors, sorted(out, key=lambda row: (rank(row.level), row.since or latest, row.room.number)))


def _about_assets(found: Located) -> dict[int, Standing]:
    """The gravest incident about each asset."""
    about: dict[int, Standing] = {}
    for row in found.rows:
        for line in row.lines:
            asset = found.asset_of.get(line.id)
            if line.active and asset is not None:
                known = about.get(asset.id)
                about[asset.id] = row if known is None or rank(row.priority) < rank(known.priority) else known
    return about


def _floor(here: Context, now: Snapshot, floor: KnownPlace, about: dict[int, Standing]) -> FloorNow:
    rooms = [
        RoomNow(place, room_status(here, now, place), room_light(here, now, place))
        for place in now.rooms_on(floor.id)
        if place.room_type not in UNCOUNTED
    ]
    serving = {asset.id: asset for room in rooms for asset in now.serving(room.place.id)}
    handlers = [
        Handler(asset, about[asset.id].priority if asset.id in about else "")
        for asset in sorted(serving.values(), key=lambda asset: (len(asset.number), asset.number))
        if asset.category == AIR_HANDLER
    ]
    building = now.places.get(floor.parent_id or 0)
    return FloorNow(floor, building.name if building is not None else "", rooms, handlers)


def _outs(now: Snapshot, room: RoomNow, found: Located, about: dict[int, Standing]) -> Iterator[Out]:
    status = room.status
    ticket = next(
        (row.ticket for row in found.rows if any(found.room_of.get(line.id) == room.place.id for line in row.lines)),
        None,
    )
    plant = next((asset for asset in now.serving(room.place.id) if asset.id in about), None)
    air = tuple(asset for asset in now.serving(room.place.id) if asset.category in AIR)
    held = status.door is not None and status.door.held
    for measure in status.measures:
        if measure.state != "out":
            continue
        pressure = measure.metric == "differential_pressure"
        by_door = held and pressure
        trouble = about[plant.id] if plant is not None and not by_door else None
        row = _out(
            room.place,
            measure,
            level=status.notices[0].priority if pressure else "medium",
            cause="Door held open" if by_door else trouble.title if trouble is not None else _door(status, pressure),
            handler=None if by_door else plant,
            ticket=(trouble.ticket if trouble is not None and trouble.ticket else None) or ticket,
        )
        yield replace(row, served=air)
    if held and status.door is not None and not any(m.state == "out" for m in status.measures if _pressed(m)):
        limit = f"at most {status.profile.door_grace_s:g}{words.NBSP}s"
        level, since = status.notices[0].priority, status.door.since
        what = ("Door", "open", None, limit, since, "Door held open", None, ticket, "door_open", 1.0)
        yield Out(room.place, level, *what)


def _pressed(measure: Measure) -> bool:
    return measure.metric == "differential_pressure"


def _door(status: RoomStatus, pressure: bool) -> str:  # noqa: FBT001 - which measure it is about
    return status.door.words.capitalize() if pressure and status.door is not None else ""


def _out(
    room: KnownPlace,
    measure: Measure,
    level: str,
    cause: str,
    handler: KnownAsset | None,
    ticket: TicketNote | None,
) -> Out:
    value = measure.value
    return Out(
        room=room,
        level=level,
        what="Pressure" if _pressed(measure) else words.label(measure.metric),
        value=value_words(measure.metric, value).replace("changes/h", "/h"),
        bar=bullet(value, measure.low, measure.high) if value is not None else None,
        limit=words.range_words(measure.low, measure.high),
        since=measure.since,
        cause=cause,
        handler=handler,
        ticket=ticket,
        metric=measure.metric,
        number=value,
    )


# ---------------------------------------------------------------- the first lines


def answer(all_of_it: Facilities) -> str:
    """The first line."""
    rooms = {row.room.id for row in all_of_it.out}
    total = len(all_of_it.rooms)
    if not total:
        return "No room is registered yet"
    if not rooms:
        heard = sum(room.look == "fine" for room in all_of_it.rooms)
        if not heard:
            return "No room reports its air"
        if heard == 1:
            return "The one room that reports is in range"
        return f"All {heard} rooms that report are in range" if heard < total else f"All {total} rooms are in range"
    is_are = "is" if len(rooms) == 1 else "are"
    said = f"{start(spelled(len(rooms)))} of {total} rooms {is_are} out of range"
    through = Counter(name for _, name in {(row.room.id, row.handler.name) for row in all_of_it.out if row.handler})
    name, count = through.most_common(1)[0] if through else ("", 0)
    return f"{said}, {spelled(count)} through {name[:1].lower()}{name[1:]}" if count > 1 else said


def why(all_of_it: Facilities, now: datetime) -> str:
    """The evidence below the first line."""
    told = [f"{row.room.number} by its own door." for row in all_of_it.out if row.cause == "Door held open"][:3]
    old = [room for room in all_of_it.rooms if room.look == "unheard"]
    if old:
        has = "has" if len(old) == 1 else "have"
        told.append(f"{start(many(len(old), 'room'))} {has} something that nobody hears{_longest(old, now)}.")
    lit = len(all_of_it.lit)
    if lit:
        told.append(f"{start(many(lit, 'empty room'))} {'is' if lit == 1 else 'are'} lit.")
    if faulty := len(all_of_it.faulty):
        told.append(f"{start(many(faulty, 'room'))} {'has' if faulty == 1 else 'have'} a fault of the light.")
    return " ".join(told) or "No light burns for nobody."


def _longest(old: list[RoomNow], now: datetime) -> str:
    heard = [m.reading.at for room in old for m in room.status.measures if m.state == "old" and m.reading is not None]
    return f", for up to {words.age(now - min(heard))}" if heard else ""
