"""Signing what becomes of a cold store's content, an isolation room or a gas supply, before its ticket may close."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboards.access import ACTING, Visitor
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.forms import Text, back_to
from dashboards.problems import NotThere
from dashboards.signing import Password, confirm
from service_desk import reserved
from service_desk.tickets import desk
from service_desk.tickets.model import Ticket

router = APIRouter()


@router.post("/tickets/{number}/decide", dependencies=[ACTING])
def decide(
    here: Here, visitor: Visitor, number: Id, decision: Text = "", reason: Text = "", password: Password = ""
) -> Response:
    """Who may is for `service_desk.reserved` to say."""
    confirm(here, visitor.person_id, password)
    with here.database.write() as session:
        ticket = session.get(Ticket, number)
        if ticket is None:
            raise NotThere(f"ticket {number}")
        now = here.clock.now()
        signed = reserved.decide(session, ticket.incident_id or 0, decision, reason, visitor, now)
        desk.write(session, ticket, visitor.login, signed.reason, now, did=f"signed: {signed.decision}")
        back = f"/tickets/{ticket.number}"
    return back_to(back)
