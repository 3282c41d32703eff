"""Escalation: when nobody acknowledges, the next is told; and the next. What is due stands in the database."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.people import Person
from service_desk import leases
from service_desk.alarms import book
from service_desk.alarms.model import Alarm
from service_desk.incidents.model import Incident
from service_desk.notices.model import Escalation, Policy, Schedule
from service_desk.notices.telling import Teller, Where

UNANSWERED = "unanswered"
NOBODY = "nobody is on call"


def fitting(session: Session, incident: Incident, where: Where) -> Policy | None:
    """The policy that counts for an incident: of those that fit the first one."""
    if "policies" not in session.info:  # a flood of incidents is one transaction
        enabled = select(Policy).where(Policy.enabled).order_by(Policy.rank, Policy.id)
        session.info["policies"] = session.scalars(enabled).all()
    policies: list[Policy] = session.info["policies"]
    for policy in policies:
        right = not policy.priorities or incident.priority in policy.priorities
        if right and policy.levels and where.within(policy.places, policy.departments):
            return policy
    return None


def start(
    session: Session, teller: Teller, incident: Incident, what: str, when: tuple[datetime, datetime], where: Where
) -> None:
    """Begin, unless it is under way by the same policy; a level without delay is told at once.

    `what` and `when` are of the transition: who was told of it for another reason is not told twice.
    """
    policy = fitting(session, incident, where)
    row = session.get(Escalation, incident.id) if policy and what != "opened" else None
    if policy is None or (row is not None and row.due is not None and row.policy_id == policy.id):
        return
    if row is None:
        row = Escalation(incident_id=incident.id)
        session.add(row)
    row.policy_id, row.started, row.level, row.turn, row.ended = policy.id, when[1], 0, 1, ""
    row.due = when[1] + _after(policy, 0)
    while row.due is not None and row.due <= when[1] and row.turn == 1:
        _tell_level(session, teller, row, policy, what, when)


def end(session: Session, incident_id: int, why: str) -> None:
    """Nobody else is told."""
    row = session.get(Escalation, incident_id)
    if row is not None and row.due is not None:
        row.due, row.ended = None, why


def waiting(session: Session, now: datetime) -> bool:
    """Whether a level is due."""
    return session.scalar(select(Escalation.incident_id).where(Escalation.due <= now).limit(1)) is not None


def advance(session: Session, teller: Teller, now: datetime) -> int:
    """Tell the levels that are due; say how many were told. Whoever acknowledged meanwhile has ended it."""
    leases.follow(session, book.LEASE)
    due = select(Escalation).where(Escalation.due <= now).order_by(Escalation.due).limit(100)
    told = 0
    for row in session.scalars(due.with_for_update(skip_locked=True)).all():
        policy = session.get_one(Policy, row.policy_id)
        if not unanswered(session, row.incident_id, now):
            row.due, row.ended = None, "answered"
        elif not policy.enabled or row.level >= len(policy.levels):
            row.due, row.ended = None, "the policy was changed"
        else:
            _tell_level(session, teller, row, policy, UNANSWERED, (row.due or now, now))
            told += 1
    return told


def unanswered(session: Session, incident_id: int, now: datetime) -> list[Alarm]:
    """The alarms that hold, are not silenced, and nobody has acknowledged."""
    waiting = select(Alarm).where(Alarm.incident_id == incident_id, Alarm.active, Alarm.acknowledged.is_(False))
    return [alarm for alarm in session.scalars(waiting) if not book.inhibition(alarm, now)]


def _tell_level(
    session: Session, teller: Teller, row: Escalation, policy: Policy, what: str, when: tuple[datetime, datetime]
) -> None:
    incident, number, now = session.get_one(Incident, row.incident_id), row.level + 1, when[1]
    people, why = targets(session, teller, policy, policy.levels[row.level], now)
    reached = [person.name for person in people if teller.tell(session, incident, person, what, when)]
    detail: dict[str, Any] = {"policy": policy.name, "level": number, "to": reached}
    if missed := [person.name for person in people if person.name not in reached]:
        detail["no way to"] = missed
    if why:
        detail["why"] = why
    if what == UNANSWERED or why:
        for alarm in unanswered(session, incident.id, now):
            book.note(session, alarm, now, "escalated", detail=detail)
    _move_on(row, policy, now)


def _move_on(row: Escalation, policy: Policy, now: datetime) -> None:
    """The next level, the first one again, or the end."""
    row.level += 1
    if row.level < len(policy.levels):
        row.due = row.started + _after(policy, row.level)
    elif policy.repeat_min > 0 and row.turn <= policy.repeats:
        row.turn, row.level = row.turn + 1, 0
        row.started = now + timedelta(minutes=policy.repeat_min)
        row.due = row.started + _after(policy, 0)
    else:
        row.due, row.ended = None, "everybody was told"


def _after(policy: Policy, level: int) -> timedelta:
    return timedelta(minutes=float(policy.levels[level]["after_min"]))


def targets(
    session: Session, teller: Teller, policy: Policy, level: dict[str, Any], now: datetime
) -> tuple[list[Person], str]:
    """Whom a level means now, and why it is somebody else: nobody is on call."""
    kind, who = str(level["kind"]), str(level["who"])
    if kind != "schedule":
        return _people(session, kind, who), ""
    schedule = session.get(Schedule, int(who)) if who.isdecimal() else None
    people = teller.on_call.now(session, schedule, now) if schedule else []
    if people:
        return people, ""
    return _people(session, policy.fallback.get("kind", ""), policy.fallback.get("who", "")), NOBODY


def _people(session: Session, kind: str, who: str) -> list[Person]:
    active = session.scalars(select(Person).where(Person.active).order_by(Person.id))
    if kind == "person":
        return [person for person in active if person.login == who]
    return [person for person in active if kind == "role" and who in person.roles]
