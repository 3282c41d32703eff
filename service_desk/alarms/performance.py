"""How well alarms serve those who answer them: ANSI/ISA-18.2-2016, 16 and EEMUA 191, from the book's transitions.

An alarm counts when it speaks: when it is raised, or still holds as what silenced it ends. What was suppressed by
design, shelved or out of service does not count.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.bindings import Device
from collector.points import ms_of
from service_desk.alarms.book import inhibition
from service_desk.alarms.model import Alarm, Transition
from service_desk.alarms.suppression import inside
from service_desk.rulebook import PRIORITIES, RuleRow
from service_desk.tickets.desk import OWN
from service_desk.tickets.model import Comment, Ticket

SLOT = timedelta(minutes=10)
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
"""More than ten in ten minutes for one operator begin a flood, fewer than five end it (ISA-18.2, 16.5)."""
STANDS = timedelta(hours=24)
CHATTERS, WITHIN = 3, timedelta(minutes=1)
"""So often within a minute an alarm chatters; one that is over within a minute was fleeting."""
ACTORS = 10
TARGET = {"low": 0.80, "medium": 0.15, "high": 0.05}
"""The shares by priority that ISA-18.2, 16.5 and EEMUA 191 recommend."""
SILENCE = "rule.silence"

Moments = NDArray[np.int64]


@dataclass(frozen=True)
class Wanted:
    """Which alarms: of which time, for how many operators, of a place with all in it, of a department."""

    start: datetime
    end: datetime
    operators: int = 1
    place_id: int | None = None
    department: str = ""


@dataclass(frozen=True)
class Flood:
    """When more spoke than anybody can answer, and how many."""

    start: datetime
    end: datetime
    alarms: int
    peak: int


@dataclass(frozen=True)
class Actor:
    """A rule, or one rule about one subject: how often it spoke, and which part of all that is."""

    rule_id: int
    alarm_id: int
    name: str
    subject: str
    title: str
    alarms: int
    share: float
    chattering: int
    fleeting: int


@dataclass(frozen=True)
class Performance:
    """All figures. Times are seconds; None: nothing to say it from. `slots`: alarms by ten minutes, oldest first."""

    alarms: int
    slots: Sequence[int]
    average: float
    peak: int
    over: float
    floods: Sequence[Flood]
    flooded: float
    rules: Sequence[Actor]
    actors: Sequence[Actor]
    worst_share: float
    standing: Sequence[Alarm]
    chattering: int
    fleeting: int
    priorities: dict[str, int]
    median_s: float | None
    p95_s: float | None
    unanswered: int
    tickets: int
    acted: int
    silences: int
    brief_silences: int
    device_days: float


class _Known(NamedTuple):
    """Of an alarm and its rule."""

    rule_id: int
    rule: str
    kind: str
    subject: str
    title: str
    priority: str


@dataclass(frozen=True)
class _Spoken:
    """One that spoke: by alarm, when; when it was over and answered, if it was before it spoke again."""

    alarm: int
    at: int
    cleared: int | None = None
    answered: int | None = None


def performance(session: Session, wanted: Wanted) -> Performance:
    """The figures of `start <= at < end`."""
    meant = _meant(wanted)
    known = _known(session, meant)
    spoken = _spoken(session, wanted, known)
    moments = np.sort(np.fromiter((each.at for each in spoken), np.int64, len(spoken)))
    slots = _slots(moments, wanted)
    floods = _floods(slots, wanted)
    chattering, fleeting = _chattering(spoken), _fleeting(spoken)
    actors = _actors(spoken, known, chattering, fleeting)
    answers = [each.answered - each.at for each in spoken if each.answered is not None]
    tickets, acted = _tickets(session, wanted)
    silent = [each for each in spoken if known[each.alarm].kind == SILENCE]
    days = (wanted.end - wanted.start) / timedelta(days=1)
    return Performance(
        alarms=len(spoken),
        slots=slots,
        average=len(spoken) / len(slots) / wanted.operators,
        peak=-(-max(slots) // wanted.operators),
        over=sum(count > FLOOD_BEGINS * wanted.operators for count in slots) / len(slots),
        floods=floods,
        flooded=sum(((each.end - each.start) / SLOT for each in floods), 0.0) / len(slots),
        rules=_rules(actors),
        actors=actors,
        worst_share=sum(each.share for each in actors[:ACTORS]),
        standing=_standing(session, wanted, meant),
        chattering=len(chattering),
        fleeting=sum(fleeting.values()),
        priorities={name: sum(known[each.alarm].priority == name for each in spoken) for name in PRIORITIES},
        median_s=float(np.median(answers)) / 1000 if answers else None,
        p95_s=float(np.percentile(answers, 95)) / 1000 if answers else None,
        unanswered=len(spoken) - len(answers),
        tickets=tickets,
        acted=acted,
        silences=len(silent),
        brief_silences=sum(each.cleared is not None and each.answered is None for each in silent),
        device_days=days * (session.scalar(select(func.count()).select_from(Device)) or 0),
    )


def _meant(wanted: Wanted) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.place_id is not None:
        conditions.append(Alarm.place_id.in_(inside(wanted.place_id)))
    if wanted.department:
        conditions.append(Alarm.asset_id.in_(select(Asset.id).where(Asset.department == wanted.department)))
    return and_(*conditions)


def _known(session: Session, meant: ColumnElement[bool]) -> dict[int, _Known]:
    named = select(Alarm.id, Alarm.rule_id, RuleRow.name, RuleRow.kind, Alarm.subject, Alarm.title, Alarm.priority)
    rows = session.execute(named.join(RuleRow, RuleRow.id == Alarm.rule_id).where(meant))
    return {row[0]: _Known(*row[1:]) for row in rows}


def _spoken(session: Session, wanted: Wanted, known: Iterable[int]) -> list[_Spoken]:
    """In the order of alarms and times."""
    rows = session.execute(
        select(Transition.alarm_id, Transition.at, Transition.what, Transition.speaks)
        .where(Transition.at >= wanted.start, Transition.at < wanted.end)
        .where(or_(Transition.speaks, Transition.what.in_(("cleared", "acknowledged"))))
        .order_by(Transition.alarm_id, Transition.at, Transition.id)
    )
    ours = set(known)
    found: list[_Spoken] = []
    last: tuple[int, int] | None = None
    ends: dict[str, int] = {}
    for alarm, at, what, speaks in rows:
        if alarm not in ours:
            continue
        if last is not None and (speaks or alarm != last[0]):
            found.append(_Spoken(*last, ends.get("cleared"), ends.get("acknowledged")))
            last, ends = None, {}
        if speaks:
            last = alarm, ms_of(at)
        elif last is not None:
            ends.setdefault(what, ms_of(at))
    return [*found, _Spoken(*last, ends.get("cleared"), ends.get("acknowledged"))] if last is not None else found


def _slots(moments: Moments, wanted: Wanted) -> list[int]:
    """How many spoke in each ten minutes of the clock, the last of which may still run."""
    width = SLOT // timedelta(milliseconds=1)
    first = ms_of(wanted.start)
    count = max(1, -(-(ms_of(wanted.end) - first) // width))
    return [int(n) for n in np.bincount((moments - first) // width, minlength=count)[:count]]


def _floods(slots: Sequence[int], wanted: Wanted) -> list[Flood]:
    found: list[Flood] = []
    begun: int | None = None
    for index, count in enumerate([*slots, 0]):
        if begun is None and count > FLOOD_BEGINS * wanted.operators:
            begun = index
        elif begun is not None and count < FLOOD_ENDS * wanted.operators:
            during = slots[begun:index]
            found.append(Flood(wanted.start + begun * SLOT, wanted.start + index * SLOT, sum(during), max(during)))
            begun = None
    return found


def _chattering(spoken: Sequence[_Spoken]) -> Counter[int]:
    """By alarm, how often it spoke CHATTERS times within WITHIN."""
    within = WITHIN // timedelta(milliseconds=1)
    later = spoken[CHATTERS - 1 :]
    return Counter(
        one.alarm
        for one, other in zip(spoken, later, strict=False)
        if one.alarm == other.alarm and other.at - one.at <= within
    )


def _fleeting(spoken: Sequence[_Spoken]) -> Counter[int]:
    within = WITHIN // timedelta(milliseconds=1)
    return Counter(
        each.alarm
        for each in spoken
        if each.cleared is not None and each.answered is None and each.cleared - each.at <= within
    )


def _actors(
    spoken: Sequence[_Spoken], known: Mapping[int, _Known], chattering: Counter[int], fleeting: Counter[int]
) -> list[Actor]:
    counted = Counter(each.alarm for each in spoken)
    return [
        Actor(
            rule_id=known[alarm].rule_id,
            alarm_id=alarm,
            name=known[alarm].rule,
            subject=known[alarm].subject,
            title=known[alarm].title,
            alarms=count,
            share=count / len(spoken),
            chattering=chattering[alarm],
            fleeting=fleeting[alarm],
        )
        for alarm, count in counted.most_common()
    ]


def _rules(actors: Sequence[Actor]) -> list[Actor]:
    """The same by rule alone."""
    by: dict[int, list[Actor]] = {}
    for each in actors:
        by.setdefault(each.rule_id, []).append(each)
    summed = [
        Actor(
            rule_id=rule_id,
            alarm_id=0,
            name=group[0].name,
            subject="",
            title="",
            alarms=sum(each.alarms for each in group),
            share=sum(each.share for each in group),
            chattering=sum(bool(each.chattering) for each in group),
            fleeting=sum(each.fleeting for each in group),
        )
        for rule_id, group in by.items()
    ]
    return sorted(summed, key=lambda each: -each.alarms)


def _standing(session: Session, wanted: Wanted, meant: ColumnElement[bool]) -> list[Alarm]:
    """What has held for a day and still does, though nobody silenced it."""
    old = select(Alarm).where(meant, Alarm.active, Alarm.since <= wanted.end - STANDS).order_by(Alarm.since)
    return [alarm for alarm in session.scalars(old) if not inhibition(alarm, wanted.end)]


def _tickets(session: Session, wanted: Wanted) -> tuple[int, int]:
    """Tickets that opened themselves, and those of them that a person took or wrote in."""
    mine = [Ticket.kind == "incident", Ticket.created >= wanted.start, Ticket.created < wanted.end]
    if wanted.place_id is not None:
        mine.append(Ticket.place_id.in_(inside(wanted.place_id)))
    if wanted.department:
        mine.append(Ticket.asset_id.in_(select(Asset.id).where(Asset.department == wanted.department)))
    wrote = exists().where(Comment.ticket_id == Ticket.id, Comment.who != OWN, Comment.did != "acknowledged")
    acted = or_(Ticket.assignee_id.is_not(None), wrote)
    tickets = session.scalar(select(func.count()).select_from(Ticket).where(*mine)) or 0
    return tickets, session.scalar(select(func.count()).select_from(Ticket).where(*mine, acted)) or 0
