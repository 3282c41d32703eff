"""The alarm book: an alarm's life, each step with a transition (ANSI/ISA-18.2-2009, 11 and 12.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Invalid, Missing
from service_desk import leases
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents import book as incidents
from service_desk.ports import Rule, Subject, Verdict
from service_desk.tickets import desk

LONGEST_SHELF = timedelta(hours=24)
"""An alarm may be silenced for a shift or a day, never forever."""

LEASE = "alarms"
"""Of the process that judges; whoever writes in the book takes its row first, or two could wait for each other."""

ISA_NAMES = {
    "normal": "Normal",
    "unacknowledged": "Unacknowledged alarm",
    "acknowledged": "Acknowledged alarm",
    "returned": "Returned to normal, unacknowledged",
    "latched_unacknowledged": "Latched, unacknowledged",
    "latched_acknowledged": "Latched, acknowledged",
    "shelved": "Shelved",
    "suppressed": "Suppressed by design",
    "out_of_service": "Out of service",
}
"""The nine states of ISA-18.2, by the names used here."""


@dataclass(frozen=True)
class Cause:
    """What raised an alarm: the rule, its id, and whom it judged."""

    rule_id: int
    rule: Rule
    subject: Subject


def isa_name(alarm: Alarm, now: datetime) -> str:
    """Which of ISA_NAMES the alarm is in."""
    if why := inhibition(alarm, now):
        return why
    if alarm.active:
        return "acknowledged" if alarm.acknowledged else "unacknowledged"
    if alarm.latched:
        return "latched_acknowledged" if alarm.acknowledged else "latched_unacknowledged"
    return "normal" if alarm.acknowledged else "returned"


def inhibition(alarm: Alarm, now: datetime) -> str:
    """Why the alarm keeps silent: out_of_service, suppressed or shelved; "" when it does not."""
    if alarm.out_of_service:
        return "out_of_service"
    if alarm.suppressed:
        return "suppressed"
    return "shelved" if alarm.shelved_until is not None and alarm.shelved_until > now else ""


def raise_(session: Session, cause: Cause, verdict: Verdict, now: datetime, custom: incidents.Custom) -> Alarm:
    """The condition began. An inhibited alarm is written down, and opens its incident when it still holds later."""
    alarm = find(session, cause.rule_id, cause.subject.device)
    if alarm is None:
        alarm = Alarm(rule_id=cause.rule_id, subject=cause.subject.device)
        session.add(alarm)
    alarm.title = cause.rule.title(cause.subject, verdict)
    alarm.metric, alarm.priority = cause.rule.metric, cause.subject.priority or cause.rule.priority
    alarm.active, alarm.acknowledged, alarm.latched = True, False, cause.rule.latch
    alarm.since, alarm.cleared = verdict.since, None
    alarm.acknowledged_by, alarm.acknowledged_at, alarm.note = "", None, ""
    alarm.value, alarm.low, alarm.high = verdict.value, verdict.low, verdict.high
    alarm.normal = cause.rule.normal()
    alarm.asset_id, alarm.place_id = cause.subject.asset_id, cause.subject.place_id
    session.flush()
    inhibited = inhibition(alarm, now)
    headline = cause.rule.headline(cause.subject, verdict)
    if inhibited:
        alarm.incident_id = None
    else:
        incidents.attach(session, alarm, headline, verdict.at, now, custom)
    detail = {
        "value": verdict.value,
        "since": verdict.since.isoformat(),
        "points": msgspec.to_builtins(verdict.points),
        "title": alarm.title,
        "headline": headline,
        "incident": alarm.incident_id,
    }
    note(session, alarm, verdict.at, "raised", detail=detail)
    return alarm


def clear(
    session: Session, alarm: Alarm, verdict: Verdict, now: datetime, custom: incidents.Custom, why: str = ""
) -> None:
    """The condition ended. The alarm stays in sight until somebody has acknowledged it."""
    alarm.active, alarm.cleared = False, verdict.at
    detail: dict[str, Any] = {"value": verdict.value, "since": verdict.since.isoformat(), "title": alarm.title}
    note(session, alarm, verdict.at, "cleared", detail=detail | ({"why": why} if why else {}))
    session.flush()
    incidents.cleared(session, alarm, verdict.at, now, custom)


def acknowledge(session: Session, alarm_id: int, who: str, note_text: str, now: datetime) -> Alarm:
    """A person has seen it: their note goes to the incident's ticket, which counts as answered. Twice is once."""
    alarm = _known(session, alarm_id)
    if alarm.acknowledged:
        return alarm
    _acknowledge(session, alarm, who, note_text, now)
    _answer(session, alarm.incident_id, who, note_text, now)
    return alarm


def acknowledge_incident(session: Session, incident_id: int, who: str, note_text: str, now: datetime) -> list[Alarm]:
    """All unanswered alarms of an incident at once; one turn on its ticket."""
    leases.follow(session, LEASE)
    alarms = [alarm for alarm in incidents.alarms_of(session, incident_id) if not alarm.acknowledged]
    for alarm in alarms:
        _acknowledge(session, alarm, who, note_text, now)
    if alarms:
        _answer(session, incident_id, who, note_text, now)
    return alarms


def _acknowledge(session: Session, alarm: Alarm, who: str, note_text: str, now: datetime) -> None:
    alarm.acknowledged, alarm.acknowledged_by, alarm.acknowledged_at, alarm.note = True, who, now, note_text
    note(session, alarm, now, "acknowledged", who, {"note": note_text})
    record(session, now, who, "acknowledge", ("alarm", alarm.id), after={"note": note_text})


def _answer(session: Session, incident_id: int | None, who: str, note_text: str, now: datetime) -> None:
    ticket = desk.of_incident(session, incident_id) if incident_id else None
    if ticket is not None:
        desk.write(session, ticket, who, note_text, now, did="acknowledged")


def reset(session: Session, alarm_id: int, who: str, now: datetime) -> Alarm:
    """Let a latched alarm go, once its condition has ended and it was acknowledged."""
    alarm = _known(session, alarm_id)
    if alarm.active or not alarm.acknowledged:
        raise Conflict(f"{alarm.title}: acknowledge it, and wait until its condition has ended; then it can be reset")
    if alarm.latched:
        alarm.latched = False
        note(session, alarm, now, "reset", who)
        record(session, now, who, "reset", ("alarm", alarm.id))
    return alarm


def shelve(session: Session, alarm_id: int, until: datetime, who: str, why: str, now: datetime) -> Alarm:
    """Silence an alarm for a time; at most LONGEST_SHELF, and with a reason."""
    alarm = _known(session, alarm_id)
    if not now < until <= now + LONGEST_SHELF:
        raise Invalid("Shelve an alarm until a time within the next 24 h.")
    before = alarm.shelved_until
    alarm.shelved_until = until
    detail = {"until": until.isoformat(), "why": why}
    note(session, alarm, now, "shelved", who, detail)
    record(session, now, who, "shelve", ("alarm", alarm.id), {"until": before and before.isoformat()}, detail)
    return alarm


def unshelve(session: Session, alarm_id: int, who: str, now: datetime) -> Alarm:
    """Let a shelved alarm speak again; the consumer opens its incident when it still holds."""
    alarm = _known(session, alarm_id)
    if alarm.shelved_until is not None:
        alarm.shelved_until = None
        note(session, alarm, now, "unshelved", who)
        record(session, now, who, "unshelve", ("alarm", alarm.id))
    return alarm


def suppress(session: Session, alarm_id: int, why: str, who: str, now: datetime) -> Alarm:
    """Suppress by design (a generator test), or with an empty `why` end it."""
    alarm = _known(session, alarm_id)
    before, alarm.suppressed = alarm.suppressed, why
    what = "suppressed" if why else "unsuppressed"
    note(session, alarm, now, what, who, {"why": why})
    record(session, now, who, what, ("alarm", alarm.id), {"why": before}, {"why": why})
    return alarm


def take_out_of_service(session: Session, alarm_id: int, who: str, now: datetime, *, out: bool = True) -> Alarm:
    """Out of service for maintenance of what it watches, or back in."""
    alarm = _known(session, alarm_id)
    before, alarm.out_of_service = alarm.out_of_service, out
    what = "out of service" if out else "in service"
    note(session, alarm, now, what, who)
    record(session, now, who, what, ("alarm", alarm.id), {"out": before}, {"out": out})
    return alarm


def speak_again(session: Session, at: datetime, now: datetime, custom: incidents.Custom) -> int:
    """Shelves that ran out end; alarms that hold and are no longer inhibited open their incident. Say how many."""
    spoken = 0
    ended = select(Alarm).where(Alarm.shelved_until.is_not(None), Alarm.shelved_until <= at)
    for alarm in session.scalars(ended).all():
        note(session, alarm, alarm.shelved_until or at, "unshelved")
        alarm.shelved_until = None
    for alarm in session.scalars(select(Alarm).where(Alarm.active, Alarm.incident_id.is_(None))).all():
        if not inhibition(alarm, at):
            incidents.attach(session, alarm, _headline(session, alarm), at, now, custom)
            spoken += 1
    return spoken


def _headline(session: Session, alarm: Alarm) -> str:
    newest = select(Transition).where(Transition.alarm_id == alarm.id, Transition.what == "raised")
    raised = session.scalars(newest.order_by(Transition.id.desc()).limit(1)).first()
    return str(raised.detail["headline"]) if raised else alarm.title


def note(
    session: Session,
    alarm: Alarm,
    at: datetime,
    what: str,
    who: str = "wardkeeper",
    detail: dict[str, Any] | None = None,
) -> None:
    """Write down what happened to an alarm."""
    session.add(Transition(alarm_id=alarm.id, at=at, what=what, who=who, detail=detail or {}))


def find(session: Session, rule_id: int, subject: str) -> Alarm | None:
    """The alarm of a rule about a subject."""
    return session.scalars(select(Alarm).where(Alarm.rule_id == rule_id, Alarm.subject == subject)).first()


def _known(session: Session, alarm_id: int) -> Alarm:
    leases.follow(session, LEASE)
    alarm = session.get(Alarm, alarm_id, with_for_update=True, populate_existing=True)
    if alarm is None:
        raise Missing(f"There is no alarm {alarm_id}.")
    return alarm
