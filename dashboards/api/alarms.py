"""Alarms: what holds, what nobody has acknowledged; and answering them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import or_, select

from collector.reading import Value
from dashboards.access import ACTING, STAFF, Visitor
from dashboards.api.models import At, unit_of
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Listed, decode, encode
from dashboards.problems import NotThere
from service_desk.alarms import book
from service_desk.alarms.life import ISA_NAMES
from service_desk.alarms.model import Alarm

router = APIRouter(prefix="/alarms", tags=["alarms"])


class AlarmOut(BaseModel):
    """One rule about one subject. `state` is the name of one of ISA-18.2's nine states; `value` as it was raised."""

    id: int
    rule_id: int
    subject: str
    metric: str
    title: str
    priority: str
    why: str
    state: str
    active: bool
    acknowledged: bool
    since: At
    cleared: At | None
    acknowledged_by: str
    acknowledged_at: At | None
    note: str
    shelved_until: At | None
    value: Value | None
    unit: str
    low: float | None
    high: float | None
    asset_id: int | None
    place_id: int | None
    incident_id: int | None


class AcknowledgeIn(BaseModel):
    """A word for those who come after."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=1000)


class ShelveIn(BaseModel):
    """Until when it is silent, at most 24 h, and why."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime
    why: str = Field(min_length=1, max_length=1000)


class Wanted(BaseModel):
    """Which alarms."""

    everything: bool = Field(False, alias="all", description="Also those that need nobody any more.")
    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=400, description="`next` of the page before.")


@router.get("", dependencies=[STAFF])
def alarms(here: Here, wanted: Annotated[Wanted, Query()]) -> Listed[AlarmOut]:
    """Alarms that hold, are latched or wait to be acknowledged, by id."""
    query = select(Alarm).order_by(Alarm.id).limit(wanted.limit + 1)
    if not wanted.everything:
        query = query.where(or_(Alarm.active, ~Alarm.acknowledged, Alarm.latched))
    after = decode(wanted.cursor, int)
    if after is not None:
        query = query.where(Alarm.id > after)
    now = here.clock.now()
    with here.database.read() as session:
        rows = list(session.scalars(query))
    items = [_out(row, now) for row in rows[: wanted.limit]]
    return Listed(items=items, next=encode(items[-1].id) if len(rows) > wanted.limit else None)


@router.get("/{alarm_id}", dependencies=[STAFF])
def alarm(here: Here, alarm_id: Id) -> AlarmOut:
    """One alarm."""
    with here.database.read() as session:
        row = session.get(Alarm, alarm_id)
    if row is None:
        raise NotThere(f"alarm {alarm_id}")
    return _out(row, here.clock.now())


@router.post("/{alarm_id}/acknowledge", dependencies=[ACTING])
def acknowledge(here: Here, visitor: Visitor, alarm_id: Id, said: AcknowledgeIn | None = None) -> AlarmOut:
    """Say that a person has seen it. A second time changes nothing."""
    note = said.note if said else ""
    with here.database.write() as session:
        return _out(book.acknowledge(session, alarm_id, visitor.login, note, here.clock.now()), here.clock.now())


@router.post("/{alarm_id}/shelve", dependencies=[ACTING])
def shelve(here: Here, visitor: Visitor, alarm_id: Id, wanted: ShelveIn) -> AlarmOut:
    """Silence it for a time."""
    now = here.clock.now()
    with here.database.write() as session:
        return _out(book.shelve(session, alarm_id, wanted.until, visitor.login, wanted.why, now), now)


@router.post("/{alarm_id}/unshelve", dependencies=[ACTING])
def unshelve(here: Here, visitor: Visitor, alarm_id: Id) -> AlarmOut:
    """Let it speak again."""
    now = here.clock.now()
    with here.database.write() as session:
        return _out(book.unshelve(session, alarm_id, visitor.login, now), now)


@router.post("/{alarm_id}/reset", dependencies=[ACTING])
def reset(here: Here, visitor: Visitor, alarm_id: Id) -> AlarmOut:
    """Let a latched alarm go: 409 before its condition has ended and somebody has acknowledged it."""
    now = here.clock.now()
    with here.database.write() as session:
        return _out(book.reset(session, alarm_id, visitor.login, now), now)


def _out(row: Alarm, now: datetime) -> AlarmOut:
    plain = {name: getattr(row, name) for name in AlarmOut.model_fields if name not in ("state", "unit")}
    return AlarmOut(**plain, state=ISA_NAMES[book.isa_name(row, now)], unit=unit_of(row.metric))
