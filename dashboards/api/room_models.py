"""The shapes of what the interface says about a room, and how they are made."""

from pydantic import BaseModel

from asset_registry.hvac import Notice, Profile, RoomStatus, value_words
from asset_registry.hvac.brick import POINTS
from asset_registry.lighting import LightStatus
from dashboards.api.models import At, PlaceOut, unit_of
from dashboards.pages.rooms import Server
from dashboards.room_view import Purge, Signed, pressure_words
from dashboards.standing import Standing
from service_desk.tickets.queue import Row


class RoomMeasureOut(BaseModel):
    """A metric against its range: `state` is ok, out, paused (door open), old or none; `since` when it went out."""

    metric: str
    value: float | None
    unit: str
    words: str
    at: At | None
    low: float | None
    high: float | None
    state: str
    since: At | None
    note: str
    brick: str


class PressureOut(BaseModel):
    """The signed pressure to the reference space, and which way the air flows: in, out or still."""

    value: float | None
    reference: str
    flow: str
    words: str


class ProfileOut(BaseModel):
    """What the room must have, and who says so."""

    name: str
    standard: str
    edition: str
    design_year: int | None
    reference: str
    anteroom: str
    mode: str
    modes: list[str]
    protects: bool
    door_grace_s: float
    pressure_after_s: float
    mixing_factor: float
    volume_m3: float | None
    zones: list[str]
    ranges: dict[str, tuple[float | None, float | None]]
    source: str


class DoorOut(BaseModel):
    """`open` is null when nobody has heard it for long."""

    open: bool | None
    since: At
    held_open: bool


class LightOut(BaseModel):
    """The light: `left_on_since` when it burns for nobody, with what it draws and has wasted since."""

    on: bool | None
    level: float | None
    faults: list[str]
    emergency_test: str
    emergency_test_at: At | None
    left_on_since: At | None
    watts: float | None
    wasted_kwh: float | None
    sentence: str


class ServedByOut(BaseModel):
    """An asset that serves the room; `alarm` is the priority of what stands about it."""

    id: int
    number: str
    name: str
    category: str
    brick: str
    says: str
    alarm: str


class NoticeOut(BaseModel):
    """What somebody must hear, since when, and whom it concerns."""

    kind: str
    since: At | None
    priority: str
    tell: list[str]
    text: str


class PurgeOut(BaseModel):
    """Air that is being cleared, by an estimate; a person of infection prevention releases the room."""

    running: bool
    begun: At | None = None
    begun_by: str = ""
    minutes: float | None = None
    until: At | None = None
    over: bool = False
    released: At | None = None
    released_by: str = ""
    note: str = ""
    estimates: list[str] = []


class CheckOut(BaseModel):
    """A signed visual check."""

    at: At
    by: str
    seen: str
    agrees: bool
    value: float | None


class TicketNoteOut(BaseModel):
    """A ticket about a room or an asset."""

    number: str
    title: str
    state: str
    priority: str
    created: At


class StandingOut(BaseModel):
    """An incident that stands about a room or an asset."""

    id: int
    title: str
    priority: str
    since: At
    acknowledged: bool
    ticket: str


class RoomStatusOut(BaseModel):
    """All of a room as it is now."""

    room: PlaceOut
    at: At
    worst: str
    state: str
    sentence: str
    measures: list[RoomMeasureOut]
    pressure: PressureOut
    occupied: bool | None
    door: DoorOut | None
    light: LightOut
    profile: ProfileOut
    served_by: list[ServedByOut]
    notices: list[NoticeOut]
    purge: PurgeOut
    checked_today: bool
    checks: list[CheckOut]
    alarms: list[StandingOut]
    tickets: list[TicketNoteOut]


def measures_out(found: RoomStatus) -> list[RoomMeasureOut]:
    """Every measure against its range."""
    return [
        RoomMeasureOut(
            metric=each.metric,
            value=each.value,
            unit=unit_of(each.metric),
            words=value_words(each.metric, each.value),
            at=each.reading.at if each.reading else None,
            low=each.low,
            high=each.high,
            state=each.state,
            since=each.since,
            note=each.note,
            brick=POINTS.get(each.metric, ""),
        )
        for each in found.measures
    ]


def pressure_out(found: RoomStatus) -> PressureOut:
    """The pressure and which way the air flows."""
    flow, words = pressure_words(found)
    pressure = found.measure("differential_pressure")
    known = pressure.value if pressure is not None and flow else None
    return PressureOut(value=known, reference=found.profile.reference, flow=flow, words=words)


def door_out(found: RoomStatus) -> DoorOut | None:
    """The door, when the room has a contact."""
    door = found.door
    return DoorOut(open=door.open, since=door.since, held_open=door.held) if door is not None else None


def light_out(light: LightStatus, now: At) -> LightOut:
    """The light, with what it wastes."""
    return LightOut(
        on=light.on,
        level=light.level,
        faults=list(light.faults),
        emergency_test=str(light.tested.value) if light.tested is not None else "",
        emergency_test_at=light.tested.at if light.tested is not None else None,
        left_on_since=light.left_on_since,
        watts=light.watts,
        wasted_kwh=light.wasted_kwh(now),
        sentence=light.sentence,
    )


def profile_out(profile: Profile) -> ProfileOut:
    """What holds for the room."""
    same = (
        "standard", "edition", "design_year", "reference", "anteroom", "mode", "protects", "door_grace_s",
        "pressure_after_s", "mixing_factor", "volume_m3", "source",
    )  # fmt: skip
    return ProfileOut(
        name=profile.label,
        modes=list(profile.modes),
        zones=list(profile.zones),
        ranges={metric: (wanted.low, wanted.high) for metric, wanted in profile.ranges.items()},
        **{name: getattr(profile, name) for name in same},
    )


def served_out(server: Server) -> ServedByOut:
    """What serves the room."""
    asset = server.asset
    return ServedByOut(
        id=asset.id,
        number=asset.number,
        name=asset.name,
        category=asset.category,
        brick=server.brick,
        says=server.facts,
        alarm=server.level,
    )


def notice_out(notice: Notice) -> NoticeOut:
    """Whom something concerns."""
    return NoticeOut(
        kind=notice.kind, since=notice.since, priority=notice.priority, tell=list(notice.tell), text=notice.text
    )


def purge_out(purge: Purge) -> PurgeOut:
    """How far the air is cleared, by an estimate."""
    row = purge.row
    if row is None:
        return PurgeOut(running=False, estimates=list(purge.estimates))
    same = ("begun", "begun_by", "minutes", "released", "released_by", "note")
    return PurgeOut(
        running=purge.running,
        until=purge.until,
        over=purge.over,
        estimates=list(purge.estimates),
        **{name: getattr(row, name) for name in same},
    )


def checks_out(signed: Signed) -> list[CheckOut]:
    """The newest checks."""
    return [
        CheckOut(at=each.at, by=each.name, seen=each.seen, agrees=each.agrees, value=each.value)
        for each in signed.checks
    ]


def alarm_out(row: Standing) -> StandingOut:
    """An incident."""
    return StandingOut(
        id=row.id,
        title=row.title,
        priority=row.priority,
        since=row.since,
        acknowledged=not row.waits,
        ticket=row.ticket.number if row.ticket else "",
    )


def ticket_out(row: Row) -> TicketNoteOut:
    """A ticket."""
    ticket = row.ticket
    return TicketNoteOut(
        number=ticket.number,
        title=ticket.title,
        state=ticket.state,
        priority=ticket.priority,
        created=ticket.created,
    )
