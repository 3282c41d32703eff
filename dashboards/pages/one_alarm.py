"""One alarm: how it stands, why it has its priority, what happened to it, and what can be done."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from starlette.responses import Response

from dashboards.access import ACTING, STAFF, WORKERS, Visitor
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.forms import Text, back_to
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.standing import line_of, names_of
from service_desk.alarms import book, service
from service_desk.alarms.life import ISA_NAMES
from service_desk.alarms.model import Alarm, Transition
from service_desk.rulebook import RuleRow
from service_desk.tickets import desk

MOST = 100
router = APIRouter(prefix="/alarms", dependencies=[STAFF])


@router.get("/{number}")
def one_alarm(request: Request, here: Here, visitor: Visitor, number: Id) -> Response:
    """Its state by ISA-18.2's name, its transitions, newest first."""
    with here.database.read() as session:
        alarm = session.get(Alarm, number)
        if alarm is None:
            raise NotThere(f"alarm {number}")
        happened = select(Transition).where(Transition.alarm_id == number).order_by(Transition.id.desc()).limit(MOST)
        transitions = session.scalars(happened).all()
        asked = service.of_alarm(session, number)
        ticket = desk.of_incident(session, alarm.incident_id) if alarm.incident_id else None
        rule = session.get_one(RuleRow, alarm.rule_id)
        logins = {turn.who for turn in transitions} | {alarm.acknowledged_by}
        names = names_of(session, logins | ({asked.asked_by, asked.decided_by} if asked else set()))
    state = book.isa_name(alarm, here.clock.now())
    return page(
        request,
        "alarm.html",
        alarm=alarm,
        line=line_of(here, alarm),
        state=state,
        isa=ISA_NAMES[state],
        transitions=transitions,
        names=names,
        asked=asked,
        ticket=ticket,
        rule=rule,
        longest=service.LONGEST.days,
        may_act=visitor.may(*WORKERS),
    )


@router.post("/{number}/reset", dependencies=[ACTING])
def reset(here: Here, visitor: Visitor, number: Id) -> Response:
    """Let a latched alarm go."""
    with here.database.write() as session:
        book.reset(session, number, visitor.login, here.clock.now())
    return back_to(f"/alarms/{number}")


@router.post("/{number}/out-of-service", dependencies=[ACTING])
def ask(
    here: Here, visitor: Visitor, number: Id, days: Annotated[int, Form(ge=1, le=service.LONGEST.days)], why: Text = ""
) -> Response:
    """Ask that it goes out of service; another person approves it."""
    now: datetime = here.clock.now()
    with here.database.write() as session:
        service.ask(session, number, now + timedelta(days=days), why, visitor, now)
    return back_to(f"/alarms/{number}")
