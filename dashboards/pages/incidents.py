"""A person says what belongs together: an alarm is taken out of its incident, or put into another."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from dashboards.access import ACTING, STAFF, Visitor
from dashboards.context import Here
from dashboards.forms import Back, Text, back_to
from service_desk.incidents import by_hand

router = APIRouter(dependencies=[STAFF])


@router.post("/alarms/{number}/apart", dependencies=[ACTING])
def apart(here: Here, visitor: Visitor, number: int, why: Text = "", back: Back = "/alarms") -> Response:
    """It does not belong here: an incident and a ticket of its own, and never joined so again."""
    with here.database.write() as session:
        by_hand.split(session, number, visitor.login, why, here.clock.now(), here.telling.notify)
    here.telling.wake()
    return back_to(back)


@router.post("/alarms/{number}/belongs", dependencies=[ACTING])
def belongs(
    here: Here,
    visitor: Visitor,
    number: int,
    incident: Annotated[int, Form(ge=1, lt=2**31)],
    why: Text = "",
    back: Back = "/alarms",
) -> Response:
    """It belongs to that incident; also the way back from having been taken apart."""
    with here.database.write() as session:
        by_hand.join(session, number, incident, visitor.login, why, here.clock.now(), here.telling.notify)
    here.telling.wake()
    return back_to(back)
