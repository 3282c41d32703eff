"""Alarms out of service: asked for by one, approved by another, reviewed by a date."""

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dashboards.access import ACTING, STAFF, Visitor, admit
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Listed
from service_desk.alarms import service
from service_desk.alarms.service import APPROVERS, OutOfService

router = APIRouter(prefix="/out_of_service", tags=["alarms"])


class ServiceOut(BaseModel):
    """`state` is asked, approved, declined or ended; at `until` it is in service again by itself."""

    id: int
    alarm_id: int
    state: str
    why: str
    until: At
    asked: At
    asked_by: str
    decided: At | None
    decided_by: str


class ServiceIn(BaseModel):
    """For which alarm, until when at most (90 days), and why."""

    model_config = ConfigDict(extra="forbid")

    alarm_id: int = Field(ge=1, lt=2**63)
    until: AwareDatetime
    why: str = Field(min_length=1, max_length=200)


class DecisionIn(BaseModel):
    """Whether it is approved."""

    model_config = ConfigDict(extra="forbid")

    approve: bool


@router.get("", dependencies=[STAFF])
def standing(here: Here) -> Listed[ServiceOut]:
    """What is out of service, or waits for approval; the oldest first."""
    with here.database.read() as session:
        found = service.standing(session)
    return Listed(items=[_out(row) for row in found], next=None)


@router.post("", dependencies=[ACTING], status_code=201)
def ask(here: Here, visitor: Visitor, wanted: ServiceIn) -> ServiceOut:
    """Ask for it."""
    with here.database.write() as session:
        now = here.clock.now()
        return _out(service.ask(session, wanted.alarm_id, wanted.until, wanted.why, visitor, now))


@router.post("/{request_id}/decide", dependencies=[admit(*APPROVERS)])
def decide(here: Here, visitor: Visitor, request_id: Id, wanted: DecisionIn) -> ServiceOut:
    """Approve or decline what another has asked for."""
    with here.database.write() as session:
        return _out(service.decide(session, request_id, visitor, here.clock.now(), approve=wanted.approve))


@router.post("/{request_id}/back", dependencies=[ACTING])
def put_back(here: Here, visitor: Visitor, request_id: Id) -> ServiceOut:
    """In service again, or not asked for any more."""
    with here.database.write() as session:
        return _out(service.put_back(session, request_id, visitor, here.clock.now()))


def _out(row: OutOfService) -> ServiceOut:
    return ServiceOut(**{name: getattr(row, name) for name in ServiceOut.model_fields})
