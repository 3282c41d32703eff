"""The alarm book: an alarm's life, each step with a transition (ANSI/ISA-18.2-2009, 11 and 12.5).

What may follow what stands in `service_desk.alarms.life`; here it is written down.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Invalid, Missing
from service_desk import leases, reserved
from service_desk.alarms import life
from service_desk.alarms.life import Life
from service_desk.alarms.model import Alarm, Transition
from service_desk.db import number
from service_desk.incidents import book as incidents
from service_desk.incidents import picture
from service_desk.ports import Rule, Subject, Verdict
from service_desk.tickets import desk
from service_desk.tickets.desk import OWN

_OF_LIFE = tuple(field.name for field in fields(Life))

LONGEST_SHELF = timedelta(hours=24)
"""An alarm may be silenced for a shift or a day, never forever."""

_KNOWN = "alarms that were looked up"

LEASE = "alarms"
"""Of the process that judges; whoever writes in the book takes its row first, or two could wait for each other."""


@dataclass(frozen=True)
class Cause:
    """What raised an alarm: the rule, its id, and whom it judged."""

    rule_id: int
    rule: Rule
    subject: Subject


def life_of(alarm: Alarm) -> Life:
    """Of its row, what `service_desk.alarms.life` knows."""
    return Life(**{name: getattr(alarm, name) for name in _OF_LIFE})


ByDesign = Callable[[Alarm], str]
"""Why an alarm is suppressed by design, "" when it is not (`service_desk.alarms.suppression.Design.why`)."""


def _as_before(alarm: Alarm) -> str:
    return alarm.suppressed


def isa_name(alarm: Alarm, now: datetime) -> str:
    """Which of `life.ISA_NAMES` the alarm is in."""
    return life.state(life_of(alarm), now)


def inhibition(alarm: Alarm, now: datetime) -> str:
    """Why the alarm keeps silent: out_of_service, suppressed or shelved; "" when it does not."""
    return life.inhibition(life_of(alarm), now)


def _become(alarm: Alarm, after: Life) -> None:
    for name in _OF_LIFE:
        setattr(alarm, name, getattr(after, name))


def raise_(
    session: Session,
    cause: Cause,
    verdict: Verdict,
    now: datetime,
    custom: incidents.Custom,
    by_design: ByDesign = _as_before,
) -> Alarm:
    """The condition began. An inhibited alarm is written down, and opens its incident when it still holds later."""
    alarm = find(session, cause.rule_id, cause.subject.device)
    if alarm is None:
        identity = number(session, Alarm)
        alarm = Alarm(id=identity, rule_id=cause.rule_id, subject=cause.subject.device, **asdict(Life()))
        session.info.setdefault(_KNOWN, {})[cause.rule_id, cause.subject.device] = alarm
    else:
        _expire(session, alarm, now)
    alarm.title = cause.rule.title(cause.subject, verdict)
    alarm.metric, alarm.priority = cause.rule.metric, cause.subject.priority or cause.rule.priority
    alarm.why = cause.rule.why
    _become(alarm, life.raised(life_of(alarm), latch=cause.rule.latch))
    alarm.since, alarm.cleared = verdict.since, None
    alarm.acknowledged_by, alarm.acknowledged_at, alarm.note = "", None, ""
    alarm.value, alarm.low, alarm.high = verdict.value, verdict.low, verdict.high
    alarm.normal = cause.rule.normal()
    alarm.asset_id, alarm.place_id = cause.subject.asset_id, cause.subject.place_id
    session.add(alarm)
    before, design = alarm.suppressed, by_design(alarm)
    _become(alarm, life.suppressed(life_of(alarm), design, now))
    headline = cause.rule.headline(cause.subject, verdict)
    if inhibition(alarm, now):
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
    note(session, alarm, verdict.at, "raised", detail=detail, speaks=not inhibition(alarm, now))
    if design != before:
        note(session, alarm, verdict.at, "suppressed" if design else "unsuppressed", detail={"why": design or before})
    return alarm


def clear(
    session: Session, alarm: Alarm, verdict: Verdict, now: datetime, custom: incidents.Custom, why: str = ""
) -> None:
    """The condition ended. The alarm stays in sight until somebody has acknowledged it."""
    _expire(session, alarm, now)
    _become(alarm, life.cleared(life_of(alarm)))
    alarm.cleared = verdict.at
    detail: dict[str, Any] = {"value": verdict.value, "since": verdict.since.isoformat(), "title": alarm.title}
    note(session, alarm, verdict.at, "cleared", detail=detail | ({"why": why} if why else {}))
    incidents.cleared(session, alarm, verdict.at, now, custom)


def acknowledge(session: Session, alarm_id: int, who: str, note_text: str, now: datetime) -> Alarm:
    """A person has seen it: their note goes to the incident's ticket, which counts as answered. Twice is once."""
    alarm = _known(session, alarm_id, now)
    if alarm.acknowledged:
        return alarm
    _acknowledge(session, alarm, who, note_text, now)
    _answer(session, alarm.incident_id, who, note_text, now)
    return alarm


def acknowledge_incident(session: Session, incident_id: int, who: str, note_text: str, now: datetime) -> list[Alarm]:
    """All unanswered alarms of an incident at once; one turn on its ticket."""
    leases.follow(session, LEASE)
    for alarm in incidents.alarms_of(session, incident_id):
        _expire(session, alarm, now)
    alarms = [alarm for alarm in incidents.alarms_of(session, incident_id) if not alarm.acknowledged]
    for alarm in alarms:
        _acknowledge(session, alarm, who, note_text, now)
    if alarms:
        _answer(session, incident_id, who, note_text, now)
    return alarms


def _acknowledge(session: Session, alarm: Alarm, who: str, note_text: str, now: datetime) -> None:
    _become(alarm, life.acknowledged(life_of(alarm)))
    alarm.acknowledged_by, alarm.acknowledged_at, alarm.note = who, now, note_text
    note(session, alarm, now, "acknowledged", who, {"note": note_text})
    record(session, now, who, "acknowledge", ("alarm", alarm.id), after={"note": note_text})


def _answer(session: Session, incident_id: int | None, who: str, note_text: str, now: datetime) -> None:
    ticket = desk.of_incident(session, incident_id) if incident_id else None
    if ticket is not None:
        desk.write(session, ticket, who, note_text, now, did="acknowledged")


def reset(session: Session, alarm_id: int, who: str, now: datetime) -> Alarm:
    """Let a latched alarm go, once its condition has ended and it was acknowledged."""
    alarm = _known(session, alarm_id, now)
    if not life.resettable(life_of(alarm)):
        raise Conflict(f"{alarm.title}: acknowledge it, and wait until its condition has ended; then it can be reset")
    if alarm.latched:
        _become(alarm, life.reset(life_of(alarm)))
        note(session, alarm, now, "reset", who)
        record(session, now, who, "reset", ("alarm", alarm.id))
    return alarm


def shelve(session: Session, alarm_id: int, until: datetime, who: str, why: str, now: datetime) -> Alarm:
    """Silence an alarm for a time; at most LONGEST_SHELF, and with a reason."""
    alarm = _known(session, alarm_id, now)
    if not now < until <= now + LONGEST_SHELF:
        raise Invalid("Shelve an alarm until a time within the next 24 h.")
    if not why.strip():
        raise Invalid("Say why it is shelved: whoever looks for it reads that.")
    before = alarm.shelved_until
    _become(alarm, life.shelved(life_of(alarm), until))
    detail = {"until": until.isoformat(), "why": why}
    note(session, alarm, now, "shelved", who, detail)
    record(session, now, who, "shelve", ("alarm", alarm.id), {"until": before and before.isoformat()}, detail)
    return alarm


def unshelve(session: Session, alarm_id: int, who: str, now: datetime) -> Alarm:
    """Let a shelved alarm speak again; the consumer opens its incident when it still holds."""
    alarm = _known(session, alarm_id, now)
    if alarm.shelved_until is not None:
        _end(session, alarm, life.unshelved(life_of(alarm), now), (now, "unshelved"), who)
        record(session, now, who, "unshelve", ("alarm", alarm.id))
    return alarm


def suppress(session: Session, alarm: Alarm, why: str, at: datetime) -> None:
    """Suppress by design for this reason, or with an empty one let it speak again."""
    if why == alarm.suppressed:
        return
    _expire(session, alarm, at)
    before, after = alarm.suppressed, life.suppressed(life_of(alarm), why, at)
    if why:
        _become(alarm, after)
        note(session, alarm, at, "suppressed", detail={"why": why})
    else:
        _end(session, alarm, after, (at, "unsuppressed"), detail={"why": before})


def put_out_of_service(session: Session, alarm: Alarm, who: str, now: datetime, *, out: bool = True) -> None:
    """Out of service, or back in; who may is for `service_desk.alarms.service` to say."""
    if alarm.out_of_service == out:
        return
    _expire(session, alarm, now)
    after = life.serviced(life_of(alarm), now, out=out)
    if out:
        _become(alarm, after)
        note(session, alarm, now, "out of service", who)
    else:
        _end(session, alarm, after, (now, "in service"), who)


def speak_again(session: Session, at: datetime, now: datetime, custom: incidents.Custom) -> int:
    """Shelves that ran out end; alarms that hold and are no longer inhibited open their incident. Say how many."""
    spoken = 0
    ended = select(Alarm).where(Alarm.shelved_until.is_not(None), Alarm.shelved_until <= at)
    for alarm in session.scalars(ended).all():
        _expire(session, alarm, at)
    for alarm in session.scalars(select(Alarm).where(Alarm.active, Alarm.incident_id.is_(None))).all():
        if not inhibition(alarm, at):
            incidents.attach(session, alarm, _headline(session, alarm), at, now, custom)
            spoken += 1
    return spoken


def _expire(session: Session, alarm: Alarm, at: datetime) -> None:
    """A shelf that has run out ends before anything else happens."""
    if alarm.shelved_until is not None and alarm.shelved_until <= at:
        _end(session, alarm, life.unshelved(life_of(alarm), at), (alarm.shelved_until, "unshelved"))


def _end(
    session: Session,
    alarm: Alarm,
    after: Life,
    what: tuple[datetime, str],
    who: str = OWN,
    detail: dict[str, Any] | None = None,
) -> None:
    """An inhibition ends: who may have acknowledged it before said nothing about what it speaks of now."""
    at, word = what
    speaks = after.active and not life.inhibition(after, at)
    if not after.acknowledged:
        alarm.acknowledged_by, alarm.acknowledged_at, alarm.note = "", None, ""
    _become(alarm, after)
    note(session, alarm, at, word, who, detail, speaks=speaks)


def _headline(session: Session, alarm: Alarm) -> str:
    newest = select(Transition).where(Transition.alarm_id == alarm.id, Transition.what == "raised")
    raised = session.scalars(newest.order_by(Transition.id.desc()).limit(1)).first()
    return str(raised.detail["headline"]) if raised else alarm.title


def note(
    session: Session,
    alarm: Alarm,
    at: datetime,
    what: str,
    who: str = OWN,
    detail: dict[str, Any] | None = None,
    *,
    speaks: bool = False,
) -> None:
    """Write down what happened to an alarm."""
    session.add(Transition(alarm_id=alarm.id, at=at, what=what, who=who, detail=detail or {}, speaks=speaks))


def look_up(session: Session, wanted: Collection[tuple[int, Subject]]) -> None:
    """Ask at once for the alarms of many rules and subjects, and what else is needed, for this transaction."""
    known: dict[tuple[int, str], Alarm | None] = session.info.setdefault(_KNOWN, {})
    subjects = [subject for _, subject in wanted]
    query = select(Alarm).where(Alarm.subject.in_({subject.device for subject in subjects}))
    known.update({(alarm.rule_id, alarm.subject): alarm for alarm in session.scalars(query)})
    for rule_id, subject in wanted:
        known.setdefault((rule_id, subject.device), None)
    picture.look_up(session, {alarm.incident_id for alarm in known.values() if alarm and alarm.incident_id})
    reserved.look_up(session, {one.asset_id for one in subjects}, {one.place_id for one in subjects})


def find(session: Session, rule_id: int, subject: str) -> Alarm | None:
    """The alarm of a rule about a subject."""
    known: dict[tuple[int, str], Alarm | None] = session.info.get(_KNOWN, {})
    if (rule_id, subject) in known:
        return known[rule_id, subject]
    return session.scalars(select(Alarm).where(Alarm.rule_id == rule_id, Alarm.subject == subject)).first()


def _known(session: Session, alarm_id: int, now: datetime) -> Alarm:
    leases.follow(session, LEASE)
    alarm = session.get(Alarm, alarm_id, with_for_update=True, populate_existing=True)
    if alarm is None:
        raise Missing(f"There is no alarm {alarm_id}.")
    _expire(session, alarm, now)
    return alarm
