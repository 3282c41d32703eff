"""What is silent and why: windows that are planned, what is out of service or asked to be, what is shelved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from asset_registry.known import KnownPlace
from dashboards.access import ACTING, STAFF, WORKERS, Visitor, admit
from dashboards.api.rules import RULERS, RULING
from dashboards.context import Context, Here
from dashboards.forms import Back, back_to
from dashboards.problems import Wrong
from dashboards.render import page
from dashboards.sentences import many, start
from dashboards.standing import AlarmLine, line_of, names_of
from dashboards.targets import target_of
from service_desk.alarms import service, suppression
from service_desk.alarms.model import Alarm
from service_desk.alarms.service import APPROVERS, OutOfService
from service_desk.alarms.suppression import Plan, Window
from service_desk.rulebook import RuleRow

router = APIRouter(prefix="/alarms", dependencies=[STAFF])


@dataclass(frozen=True)
class WindowLine:
    """A window in words; `silent` alarms are suppressed by it now."""

    row: Window
    about: str
    open: bool
    silent: int
    who: str


@dataclass(frozen=True)
class ServiceLine:
    """What somebody asked for about an alarm."""

    row: OutOfService
    alarm: AlarmLine
    asked_by: str
    decided_by: str


@router.get("/windows")
def windows(request: Request, here: Here, visitor: Visitor) -> Response:
    """Windows that are open or to come, what is out of service, what is shelved."""
    now = here.clock.now()
    with here.database.read() as session:
        lines = _windows(session, here, now)
        asked = _services(session, here)
        shelved = session.scalars(select(Alarm).where(Alarm.shelved_until > now).order_by(Alarm.shelved_until)).all()
        rules = session.execute(select(RuleRow.id, RuleRow.name).order_by(RuleRow.name)).all()
        total = session.scalar(select(func.count()).where(Alarm.suppressed != "", Alarm.active)) or 0
    known = here.snapshots.current
    return page(
        request,
        "windows.html",
        answer=_answer(lines, asked, len(shelved)),
        total=total,
        lines=lines,
        services=asked,
        shelved=[line_of(here, alarm) for alarm in shelved],
        levels=[(place, _indent(place)) for place in known.places.values() if place.kind in _INDENT],
        choices=[f"{room.number} {room.name}".strip() for room in known.rooms]
        + sorted(f"{asset.number} {asset.name}" for asset in known.assets.values()),
        categories=sorted({asset.category for asset in known.assets.values() if asset.category}),
        rules=rules,
        begin=_typed(now, here),
        finish=_typed(now + timedelta(hours=2), here),
        may_plan=visitor.may(*RULERS),
        may_decide=visitor.may(*APPROVERS),
        may_act=visitor.may(*WORKERS),
        login=visitor.login,
    )


_INDENT = {"site": "", "building": "\u2003", "floor": "\u2003\u2003"}


def _indent(place: KnownPlace) -> str:
    return _INDENT[place.kind]


def _answer(lines: list[WindowLine], asked: list[ServiceLine], shelved: int) -> str:
    running = sum(line.open for line in lines)
    out = sum(each.row.state == "approved" for each in asked)
    waiting = len(asked) - out
    parts = [
        f"{many(running, 'window')} open" if running else "",
        f"{many(out, 'alarm')} out of service" if out else "",
        f"{waiting} waiting for approval" if waiting else "",
        f"{shelved} shelved" if shelved else "",
    ]
    return start("; ".join(part for part in parts if part)) or "Nothing is silent"


def _windows(session: Session, here: Context, now: datetime) -> list[WindowLine]:
    found = suppression.windows(session, now)
    names = names_of(session, {row.planned_by for row in found})
    counted = dict(
        session.execute(
            select(Alarm.suppressed, func.count()).where(Alarm.suppressed != "").group_by(Alarm.suppressed)
        ).all()
    )
    rules = dict(session.execute(select(RuleRow.id, RuleRow.name)).all())
    return [
        WindowLine(
            row,
            about_of(here, row, rules),
            row.starts <= now,
            counted.get(row.why, 0) if row.starts <= now else 0,
            names.get(row.planned_by, row.planned_by),
        )
        for row in found
    ]


def about_of(here: Context, row: Window, rules: dict[int, str]) -> str:
    """What a window is about: "Infusion pump in Main building"."""
    known = here.snapshots.current
    place, asset = known.places.get(row.place_id or 0), known.assets.get(row.asset_id or 0)
    parts = [
        f"rule {rules.get(row.rule_id, row.rule_id)}" if row.rule_id else "",
        (asset.name or asset.number) if asset else "",
        row.category,
        f"{place.number} {place.name}".strip() if place else "",
    ]
    return start(", ".join(part for part in parts if part))


def _services(session: Session, here: Context) -> list[ServiceLine]:
    rows = service.standing(session)
    names = names_of(session, {login for row in rows for login in (row.asked_by, row.decided_by)})
    return [
        ServiceLine(
            row,
            line_of(here, session.get_one(Alarm, row.alarm_id)),
            names.get(row.asked_by, row.asked_by),
            names.get(row.decided_by, row.decided_by),
        )
        for row in rows
    ]


def _typed(moment: datetime, here: Context) -> str:
    return f"{moment.astimezone(here.zone):%Y-%m-%dT%H:%M}"


class WindowForm(BaseModel):
    """Times as the house's clocks show them; `about` is a room or an asset as people call it."""

    why: str = Field(max_length=200)
    starts: str = Field(max_length=20)
    ends: str = Field(max_length=20)
    place: int = Field(0, ge=0)
    about: str = Field("", max_length=120)
    category: str = Field("", max_length=80)
    rule: int = Field(0, ge=0)


@router.post("/windows", dependencies=[RULING])
def plan(here: Here, visitor: Visitor, form: Annotated[WindowForm, Form()]) -> Response:
    """Plan a window."""
    about = target_of(here.snapshots.current, form.about) if form.about.strip() else None
    wanted = Plan(
        why=form.why,
        starts=_moment(here, "starts", form.starts),
        ends=_moment(here, "ends", form.ends),
        place_id=(about.place_id if about else None) or form.place or None,
        asset_id=about.asset_id if about else None,
        category=form.category,
        rule_id=form.rule or None,
    )
    with here.database.write() as session:
        suppression.plan(session, wanted, visitor.login, here.clock.now())
    return back_to("/alarms/windows")


def _moment(here: Context, field: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=here.zone)
    except ValueError as error:
        raise Wrong(field, f"{text!r} is no time like 2026-11-24T07:00.") from error


@router.post("/windows/{number}/end", dependencies=[RULING])
def end(here: Here, visitor: Visitor, number: int) -> Response:
    """End it now, or call it off."""
    with here.database.write() as session:
        suppression.end(session, number, visitor.login, here.clock.now())
    return back_to("/alarms/windows")


@router.post("/out-of-service/{number}/decide", dependencies=[admit(*APPROVERS)])
def decide(
    here: Here, visitor: Visitor, number: int, approve: Annotated[bool, Form()], back: Back = "/alarms/windows"
) -> Response:
    """Approve or decline what another asked for."""
    with here.database.write() as session:
        service.decide(session, number, visitor, here.clock.now(), approve=approve)
    return back_to(back)


@router.post("/out-of-service/{number}/back", dependencies=[ACTING])
def put_back(here: Here, visitor: Visitor, number: int, back: Back = "/alarms/windows") -> Response:
    """In service again, or not asked for any more."""
    with here.database.write() as session:
        service.put_back(session, number, visitor, here.clock.now())
    return back_to(back)
