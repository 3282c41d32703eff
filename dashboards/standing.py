"""What stands now, as the overview, the alarm list and the ticket page show it: incidents with their alarms."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from asset_registry.people import Person
from collector.reading import Value
from dashboards import words
from dashboards.charts import Bullet, bullet
from dashboards.context import Context
from service_desk.alarms.model import Alarm
from service_desk.incidents.model import Incident
from service_desk.rulebook import PRIORITIES
from service_desk.tickets.model import Ticket


@dataclass(frozen=True)
class Where:
    """A place or an asset as a link."""

    text: str
    href: str = ""
    name: str = ""


@dataclass(frozen=True)
class TicketNote:
    """The ticket of an incident, as far as a row shows it."""

    id: int
    number: str
    state: str
    assignee: str = ""


@dataclass(frozen=True)
class AlarmLine:
    """One alarm: what, where, and its newest value against the limit. `inhibited` says why it is silent, or ""."""

    id: int
    title: str
    metric: str
    priority: str
    active: bool
    waits: bool
    since: datetime
    cleared: datetime | None
    where: Where
    value: Value | None
    value_at: datetime | None
    limit: str
    bar: Bullet | None
    inhibited: str
    shelved_until: datetime | None
    why: str = ""

    @property
    def label(self) -> str:
        """What is measured, in words; a condition without a number as a statement: "Door open", "Not available"."""
        label = words.label(self.metric) if self.metric else self.title
        return f"Not {label[:1].lower()}{label[1:]}" if self.value is False else label

    @property
    def numeric(self) -> bool:
        """Whether its value is a number, not a yes or no."""
        return isinstance(self.value, int | float) and not isinstance(self.value, bool)


@dataclass
class Standing:
    """An incident as a row: its alarms, its ticket, who answered it."""

    id: int
    title: str
    priority: str
    since: datetime
    where: Where
    lines: list[AlarmLine] = field(default_factory=list)
    ticket: TicketNote | None = None
    who: str = ""
    who_at: datetime | None = None
    opener: int = 0

    @property
    def key(self) -> str:
        """What identifies the row on a page."""
        return f"incident-{self.id}" if self.id else f"alarm-{self.lines[0].id}"

    @property
    def waits(self) -> bool:
        """Whether somebody has still to acknowledge."""
        return any(line.waits for line in self.lines)

    @property
    def active(self) -> bool:
        """Whether any of its conditions still holds."""
        return any(line.active for line in self.lines)

    @property
    def inhibited(self) -> str:
        """Why all of it is silent, or ""."""
        reasons = [line.inhibited for line in self.lines]
        return reasons[0] if reasons and all(reasons) else ""

    @property
    def first(self) -> AlarmLine:
        """The alarm that speaks for the row: the one that opened the incident while it holds, else the gravest."""
        return min(
            self.lines,
            key=lambda line: (not line.active, line.id != self.opener, rank(line.priority), line.since),
        )


def rank(priority: str) -> int:
    """0 for the highest."""
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)


def inhibited(alarm: Alarm, now: datetime, clock: Callable[[datetime], str]) -> str:
    """Why an alarm is kept silent, in words; "" when it is not."""
    if alarm.out_of_service:
        return "out of service"
    if alarm.suppressed:
        return alarm.suppressed
    if alarm.shelved_until is not None and alarm.shelved_until > now:
        return f"shelved until {clock(alarm.shelved_until)}"
    return ""


def standing(session: Session, here: Context, ids: Collection[int] | None = None) -> list[Standing]:
    """Every incident that needs or may need a person: something holds, or nobody has acknowledged that it did.

    With `ids` those incidents, whatever their state. What still holds first, the worst before; of one priority those
    that nobody answered, then the oldest.
    """
    query = select(Alarm).order_by(Alarm.since)
    query = query.where(
        or_(Alarm.active, ~Alarm.acknowledged, Alarm.latched) if ids is None else Alarm.incident_id.in_(ids)
    )
    alarms = list(session.scalars(query))
    incidents = {row.id: row for row in _of(session, Incident, {alarm.incident_id for alarm in alarms})}
    grouped: dict[int, list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        grouped[alarm.incident_id if alarm.incident_id in incidents else -alarm.id].append(alarm)
    names = names_of(session, {alarm.acknowledged_by for alarm in alarms})
    tickets = _tickets(session, incidents)
    rows = [_row(here, incidents.get(key), members, tickets.get(key), names) for key, members in grouped.items()]
    return sorted(rows, key=lambda row: (not row.active, rank(row.priority), not row.waits, row.since))


def names_of(session: Session, logins: Iterable[str]) -> dict[str, str]:
    """The names of people by login; Wardkeeper itself is there too."""
    found = session.execute(select(Person.login, Person.name).where(Person.login.in_(set(logins))))
    return {"wardkeeper": "Wardkeeper", **dict(found.all())}


def where_of(here: Context, asset_id: int | None, place_id: int | None, device: str = "") -> Where:
    """The place if it is known, else the asset, else the device."""
    known = here.snapshots.current
    if place_id is not None and (place := known.places.get(place_id)) is not None:
        return Where(place.number, f"/rooms/{place.id}", place.name)
    if asset_id is not None and (asset := known.assets.get(asset_id)) is not None:
        return Where(asset.name, f"/assets/{asset.id}")
    if (talker := known.device(device)) is not None:
        return Where(talker.name or talker.native_id, f"/devices/{talker.id}")
    return Where(device or "unknown")


def _of(session: Session, kind: type[Incident], ids: Iterable[int | None]) -> list[Incident]:
    return list(session.scalars(select(kind).where(kind.id.in_({each for each in ids if each is not None}))))


def _tickets(session: Session, incidents: Collection[int]) -> dict[int, TicketNote]:
    query = (
        select(Ticket, Person.name)
        .outerjoin(Person, Person.id == Ticket.assignee_id)
        .where(Ticket.incident_id.in_(incidents))
    )
    return {
        ticket.incident_id: TicketNote(ticket.id, ticket.number, ticket.state, name or "")
        for ticket, name in session.execute(query)
        if ticket.incident_id is not None
    }


def _row(
    here: Context, incident: Incident | None, alarms: list[Alarm], ticket: TicketNote | None, names: dict[str, str]
) -> Standing:
    lines = [line_of(here, alarm) for alarm in alarms]
    answered = [alarm for alarm in alarms if alarm.acknowledged_at is not None and alarm.acknowledged]
    opener = _speaks(incident, alarms) if incident else 0
    last = max(answered, key=lambda alarm: alarm.acknowledged_at or alarm.since, default=None)
    active = [line.priority for line in lines if line.active] or [line.priority for line in lines]
    row = Standing(
        id=incident.id if incident else 0,
        title=incident.title if incident else alarms[0].title,
        priority=min(active, key=rank),
        since=min(line.since for line in lines),
        where=_common(here, incident, alarms),
        lines=lines,
        ticket=ticket,
        opener=opener,
    )
    if last is not None:
        row.who, row.who_at = names.get(last.acknowledged_by, last.acknowledged_by), last.acknowledged_at
    return row


def _speaks(incident: Incident, alarms: list[Alarm]) -> int:
    """The alarm that is its cause, or else the one that opened it (`service_desk.incidents.book`)."""
    opened = [alarm for alarm in alarms if incident.key.startswith(f"{alarm.rule_id}:{alarm.subject}:")]
    causing = [alarm for alarm in alarms if incident.cause in (alarm.subject, f"asset:{alarm.asset_id}")]
    if opened and (not causing or opened[0] in causing):
        return opened[0].id
    return causing[0].id if causing else 0


def _common(here: Context, incident: Incident | None, alarms: list[Alarm]) -> Where:
    source = incident or alarms[0]
    return where_of(here, source.asset_id, source.place_id, alarms[0].subject)


def line_of(here: Context, alarm: Alarm) -> AlarmLine:
    """One alarm with its newest value: that of a live condition moves on after the alarm was raised."""
    now = here.clock.now()
    heard = here.latest.get(alarm.subject, alarm.metric) if alarm.active else None
    value, at = (heard.value, heard.at) if heard is not None else (alarm.value, None)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    limited = number and (alarm.low is not None or alarm.high is not None)
    return AlarmLine(
        id=alarm.id,
        title=alarm.title,
        metric=alarm.metric,
        priority=alarm.priority,
        active=alarm.active,
        waits=not alarm.acknowledged,
        since=alarm.since,
        cleared=alarm.cleared,
        where=where_of(here, alarm.asset_id, alarm.place_id, alarm.subject),
        value=value,
        value_at=at,
        limit=alarm.normal or words.range_words(alarm.low, alarm.high),
        bar=bullet(float(value), alarm.low, alarm.high) if limited else None,
        inhibited=inhibited(alarm, now, lambda moment: words.local(moment, here.zone, now)),
        shelved_until=alarm.shelved_until,
        why=alarm.why,
    )
