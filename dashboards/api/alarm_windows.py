"""Windows in which alarms are suppressed by design."""

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dashboards.access import STAFF, Visitor
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.api.rules import RULING
from dashboards.context import Here
from dashboards.paging import Listed
from service_desk.alarms import suppression
from service_desk.alarms.suppression import Plan, Window

router = APIRouter(prefix="/alarm_windows", tags=["alarms"])

_Key = Field(None, ge=1, lt=2**63)


class WindowOut(BaseModel):
    """A window; what it names must all hold. `place_id` is a site, building, floor or room with all that is in it."""

    id: int
    why: str
    starts: At
    ends: At
    place_id: int | None
    asset_id: int | None
    category: str
    rule_id: int | None
    planned_by: str


class WindowIn(BaseModel):
    """At most 31 days, about at least one of place, asset, category and rule."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=200)
    starts: AwareDatetime
    ends: AwareDatetime
    place_id: int | None = _Key
    asset_id: int | None = _Key
    category: str = Field("", max_length=80)
    rule_id: int | None = _Key


@router.get("", dependencies=[STAFF])
def windows(here: Here) -> Listed[WindowOut]:
    """Those that are open or to come, by their begin."""
    with here.database.read() as session:
        found = suppression.windows(session, here.clock.now())
    return Listed(items=[_out(row) for row in found], next=None)


@router.post("", dependencies=[RULING], status_code=201)
def plan(here: Here, visitor: Visitor, wanted: WindowIn) -> WindowOut:
    """Plan one."""
    with here.database.write() as session:
        return _out(suppression.plan(session, Plan(**dict(wanted)), visitor.login, here.clock.now()))


@router.post("/{window_id}/end", dependencies=[RULING])
def end(here: Here, visitor: Visitor, window_id: Id) -> WindowOut:
    """End it now, or call it off."""
    with here.database.write() as session:
        return _out(suppression.end(session, window_id, visitor.login, here.clock.now()))


def _out(row: Window) -> WindowOut:
    return WindowOut(**{name: getattr(row, name) for name in WindowOut.model_fields})
