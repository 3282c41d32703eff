"""What the database has about whom tickets are about: asked once for all whose tickets open now."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from asset_registry.assets import Asset
from asset_registry.cold_chain.records import ColdStore
from asset_registry.people import Person
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident
from service_desk.notices.model import Notice
from service_desk.ports import IncidentNews
from service_desk.tickets.model import Ticket

_LAST = 3
_SAID = (Ticket.number, Ticket.title, Ticket.state, Ticket.created)


class Due(NamedTuple):
    """Of an asset: the recall that stands, and until when it is maintained, calibrated and under warranty."""

    recall: str
    maintenance: date | None
    calibration: date | None
    warranty: date | None


@dataclass(frozen=True)
class Records:
    """`points` that raised an alarm; `notices` of an incident; `due` of an asset; the last tickets of an incident.

    `alarmed`: by category, the assets that are in alarm.
    """

    points: dict[int, list[Any]] = field(default_factory=dict)
    notices: dict[int, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    names: dict[int, str] = field(default_factory=dict)
    due: dict[int, Due] = field(default_factory=dict)
    alarmed: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    last: dict[int, list[Row[Any]]] = field(default_factory=dict)


def records_of(session: Session, incidents: Sequence[IncidentNews], categories: Collection[str]) -> Records:
    """Of many incidents, each with an alarm; `categories` of the assets in them."""
    first = {one.id: one.alarms[0] for one in incidents}
    assets = {alarm.asset_id for alarm in first.values() if alarm.asset_id}
    found = Records(_points(session, {alarm.alarm_id for alarm in first.values()}))
    told = select(Notice).where(Notice.incident_id.in_(first)).order_by(Notice.id)
    for notice in session.scalars(told):
        if notice.incident_id is not None:
            found.notices[notice.incident_id].append(notice)
    if people := {one.person_id for each in found.notices.values() for one in each}:
        names = select(Person.id, Person.name).where(Person.id.in_(people))
        found.names.update({row[0]: row[1] for row in session.execute(names)})
    if assets:
        found.due.update(_due(session, assets))
        in_alarm = select(Asset.category, Asset.id).join(Alarm, Alarm.asset_id == Asset.id)
        for category, asset in session.execute(in_alarm.where(Alarm.active, Asset.category.in_(categories))):
            found.alarmed[category].add(asset)
    found.last.update(_last(session, incidents, assets))
    return found


def _points(session: Session, alarms: Collection[int]) -> dict[int, list[Any]]:
    raised = select(func.max(Transition.id)).where(Transition.alarm_id.in_(alarms), Transition.what == "raised")
    newest = select(Transition).where(Transition.id.in_(raised.group_by(Transition.alarm_id)))
    return {one.alarm_id: one.detail["points"] for one in session.scalars(newest)}


def _due(session: Session, assets: Collection[int]) -> dict[int, Due]:
    columns = (Asset.id, Asset.recall, Asset.maintenance_due, ColdStore.valid_until, Asset.warranty_until)
    query = select(*columns).outerjoin(ColdStore, ColdStore.asset_id == Asset.id).where(Asset.id.in_(assets))
    return {row[0]: Due(*row[1:]) for row in session.execute(query)}


def _last(session: Session, incidents: Sequence[IncidentNews], assets: Collection[int]) -> dict[int, list[Row[Any]]]:
    """The last three tickets about the same asset, room or device, by incident."""
    bare = {one.alarms[0].place_id for one in incidents if not one.alarms[0].asset_id} - {None}
    of_assets = _newest(session, Ticket.asset_id, Ticket.asset_id.in_(assets)) if assets else {}
    in_rooms = (Ticket.place_id.in_(bare), Ticket.asset_id.is_(None))
    of_places = _newest(session, Ticket.place_id, *in_rooms) if bare else {}
    found: dict[int, list[Row[Any]]] = {}
    for one in incidents:
        alarm = one.alarms[0]
        if alarm.asset_id:
            found[one.id] = of_assets.get(alarm.asset_id, [])
        elif alarm.place_id:
            found[one.id] = of_places.get(alarm.place_id, [])
        else:
            device = Incident.key.startswith(one.key.rpartition(":")[0], autoescape=True)
            same = select(*_SAID).where(Ticket.incident_id.in_(select(Incident.id).where(device)))
            found[one.id] = list(session.execute(same.order_by(Ticket.created.desc()).limit(_LAST)))
    return found


def _newest(
    session: Session, by: InstrumentedAttribute[int | None], *which: ColumnElement[bool]
) -> dict[int, list[Row[Any]]]:
    nth = func.row_number().over(partition_by=by, order_by=Ticket.created.desc()).label("nth")
    ranked = select(*_SAID, by.label("whose"), nth).where(*which).subquery()
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(select(ranked).where(ranked.c.nth <= _LAST).order_by(ranked.c.nth)):
        found[row.whose].append(row)
    return found
