"""What an incident consists of, on its ticket's page: its cause, its children, and what a person moved here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboards.context import Context
from dashboards.standing import Where, names_of, where_of
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.causes import BROKER
from service_desk.incidents.model import Incident
from service_desk.tickets.desk import OWN
from service_desk.tickets.model import Ticket

MOST = 40
"""Incidents that an alarm can be said to belong to, the newest."""


@dataclass(frozen=True)
class Kin:
    """Another incident, by its ticket when it has one."""

    id: int
    title: str
    number: str

    @property
    def href(self) -> str:
        """Its ticket, else its row in the list."""
        return f"/tickets/{self.number}" if self.number else f"/alarms#incident-{self.id}"

    @property
    def name(self) -> str:
        """In one line."""
        return f"{self.number} {self.title}".strip()


@dataclass(frozen=True)
class Moved:
    """A person moved an alarm here; `back` is where it was, None when that is closed."""

    alarm_id: int
    title: str
    who: str
    at: datetime
    back: Kin | None


@dataclass(frozen=True)
class Belonging:
    """`cause`: what the alarms have in common, None for one alone; `others`: where one of them could belong."""

    cause: Where | None
    parent: Kin | None
    children: tuple[Kin, ...]
    moved: Moved | None
    others: tuple[Kin, ...]


def belonging(session: Session, here: Context, incident_id: int) -> Belonging:
    """Of one incident."""
    incident = session.get_one(Incident, incident_id)
    parent = session.get(Incident, incident.parent_id) if incident.parent_id else None
    children = list(
        session.scalars(select(Incident).where(Incident.parent_id == incident_id).order_by(Incident.id).limit(MOST))
    )
    standing = select(Incident).where(Incident.closed.is_(None), Incident.id != incident_id)
    others = list(session.scalars(standing.order_by(Incident.opened.desc()).limit(MOST)))
    moved = _moved(session, incident_id)
    source = session.get(Incident, moved[0].detail["from"]) if moved and moved[0].detail.get("from") else None
    everyone = [one for one in (parent, source, *children, *others) if one is not None]
    kin = {one.id: one for one in _kin(session, everyone)}
    return Belonging(
        cause=cause_of(here, incident.cause),
        parent=kin[parent.id] if parent else None,
        children=tuple(kin[one.id] for one in children),
        moved=_told(session, moved, kin[source.id] if source and _open(source) else None),
        others=tuple(kin[one.id] for one in others),
    )


def cause_of(here: Context, node: str) -> Where | None:
    """A node of `service_desk.incidents.causes` as a link."""
    kind, _, rest = node.partition(":")
    if node == BROKER:
        return Where("the message broker", "/inputs")
    if kind == "asset" and rest.isdecimal():
        return where_of(here, int(rest), None)
    if kind == "place" and rest.isdecimal():
        return where_of(here, None, int(rest))
    return where_of(here, None, None, node) if node else None


def _open(incident: Incident) -> bool:
    """A child is closed, and yet an alarm can be given back to it by taking it out again."""
    return incident.closed is None


def _moved(session: Session, incident_id: int) -> tuple[Transition, Alarm] | None:
    """The newest move by a person of an alarm that is here."""
    query = (
        select(Transition, Alarm)
        .join(Alarm, Alarm.id == Transition.alarm_id)
        .where(Alarm.incident_id == incident_id, Transition.what == "moved", Transition.who != OWN)
        .order_by(Transition.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def _told(session: Session, moved: tuple[Transition, Alarm] | None, back: Kin | None) -> Moved | None:
    if moved is None:
        return None
    transition, alarm = moved
    who = names_of(session, [transition.who]).get(transition.who, transition.who)
    return Moved(alarm.id, alarm.title, who, transition.at, back)


def _kin(session: Session, incidents: list[Incident]) -> list[Kin]:
    ids = [one.id for one in incidents]
    found = session.execute(select(Ticket.incident_id, Ticket.number).where(Ticket.incident_id.in_(ids)))
    numbers = {row[0]: row[1] for row in found}
    return [Kin(one.id, one.title, numbers.get(one.id, "")) for one in incidents]
