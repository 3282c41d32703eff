"""From the spool to the alarm book: cursor, rule states, alarms, incidents, outbox: one transaction a batch."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from asset_registry.db import Database
from collector.clock import Clock, from_a_wrong_clock
from collector.errors import Unreachable
from collector.reading import Item
from service_desk import leases, rulebook
from service_desk.alarms import book, service
from service_desk.alarms.judge import OLDEST, Judge, Judgement, Key
from service_desk.alarms.model import Alarm
from service_desk.alarms.suppression import Design, Silent
from service_desk.db import Cursor
from service_desk.incidents import book as incidents
from service_desk.incidents.picture import Memory
from service_desk.ports import Verdict
from service_desk.rulebook import RuleState
from service_desk.subjects import Subjects

_SETTLE_EVERY = timedelta(seconds=1)
_KEEP_CURSOR_EVERY = timedelta(seconds=5)
_LENGTH = timedelta(seconds=30)


def _nothing() -> None:
    """Nobody wants to be told."""


@dataclass(frozen=True)
class Practice:
    """How a house judges: what is too old for an alarm, how incidents are kept, what it never wants to hear of.

    `lease` is how long a leader may be silent.
    """

    oldest: timedelta = OLDEST
    custom: incidents.Custom = field(default_factory=incidents.Custom)
    silent: Silent = field(default_factory=Silent)
    lease: timedelta = _LENGTH


class AlarmConsumer:
    """A `collector.ports.Consumer`; the only one that judges, by a lease. Thread-safe.

    `consume` raises Unreachable while another process leads. Run `watch` in a thread of its own: it lets delays end by
    the clock. `told` is called after a commit that may have left something in the outbox.
    """

    name = book.LEASE

    def __init__(
        self,
        database: Database,
        subjects: Subjects,
        clock: Clock,
        holder: str,
        practice: Practice | None = None,
        told: Callable[[], None] = _nothing,
    ) -> None:
        """`holder` names this process in the lease: the same after a restart, so that it leads again at once."""
        self._database = database
        self._subjects = subjects
        self._clock = clock
        self._holder = holder
        self._practice = practice or Practice()
        self._told = told
        self._lock = threading.Lock()
        self._judge = Judge({}, subjects.of)
        self._standing = Memory()
        self._stored: set[Key] = set()
        self._rules: tuple[tuple[int, int], ...] | None = None
        self._position: int | None = None
        self._confirmed = 0
        self._lost = False
        self._kept = self._settled = self._led = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self.refused: dict[str, str] = {}

    def position(self) -> int:
        """What has been consumed. After a crash it may be a little less: items that concern no rule come again."""
        with self._lock:
            if self._position is None or self._lost:
                with self._database.read() as session:
                    row = session.get(Cursor, self.name)
                    self._position = self._confirmed = row.position if row else 0
                self._lost = False
            return self._position

    def consume(self, items: Iterable[Item], position: int) -> None:
        """Judge a batch and remember `position`, or neither. The same batch again changes nothing."""
        batch = items if isinstance(items, Collection) else list(items)
        with self._lock:
            now = self._clock.now()
            kept = timedelta(0) <= now - self._kept < _KEEP_CURSOR_EVERY
            if self._sure(now) and not self._lost and not self._judge.concerned(batch) and kept:
                self._judge.overhear(batch)
                self._position = position
                return
            heard = max((item.received for item in batch), default=None)
            self._transact(batch, position, now, heard)

    def watch(self, stop: threading.Event, caught_up: Callable[[], bool], every_s: float = 1.0) -> None:
        """`tick` until `stop`, whenever everything in the spool was consumed: what is unread may yet end a delay."""
        while not stop.is_set():
            if caught_up():
                self.tick()
            self._clock.wait(stop, every_s)

    def tick(self) -> None:
        """The spool is empty and time has passed: delays that ended, shelves, quiet incidents, changed rules."""
        with self._lock:
            now = self._clock.now()
            if from_a_wrong_clock(self._settled, now):
                self._settled = now
            waiting = self._judge.due is not None and self._judge.due <= now
            if waiting or not self._sure(now) or now - self._settled >= _SETTLE_EVERY:
                self._transact((), self._position, now, now, idle=True)

    def release(self) -> None:
        """Stop judging: another process may take over at once."""
        with self._lock, self._database.write() as session:
            self._rules = None
            leases.release(session, self.name, self._holder, self._clock.now())

    def _sure(self, now: datetime) -> bool:
        """Whether memory is what the database has: loaded, and nobody else can have led since."""
        return self._rules is not None and timedelta(0) <= now - self._led < self._practice.lease

    def _transact(
        self,
        batch: Iterable[Item],
        position: int | None,
        now: datetime,
        heard: datetime | None,
        *,
        idle: bool = False,
    ) -> None:
        self._subjects.check()
        rules, self._rules = (self._rules if self._sure(now) else None), None  # unsure until the commit
        with self._database.write() as session:
            self._check_kept(session)
            missed = leases.unheld(session, self.name, now, self._practice.lease) if rules is None else timedelta(0)
            leases.hold(session, self.name, self._holder, now, self._practice.lease)
            self._standing.recall(session)
            fingerprint = rulebook.fingerprint(session)
            if fingerprint != rules:
                self._load(session, now, missed, None if rules is None else self._judge.heard)
            judgements = list(self._judge.hear(batch))
            if idle:
                judgements += self._judge.wait(now)
            if judgements:
                book.look_up(session, [(one.rule_id, one.subject) for one in judgements])
                design = Design(session, heard or now, self._practice.silent)
                for judgement in judgements:
                    self._apply(session, judgement, now, design)
            settle = heard is not None and (bool(judgements) or heard - self._settled >= _SETTLE_EVERY)
            if settle and heard is not None:
                self._settle(session, heard, now)
            self._keep(session, position)
            self._standing.keep(session)
        self._rules, self._led, self._kept = fingerprint, now, now
        self._stored = set(self._judge.states)
        self._judge.changed.clear()
        self._settled = max(self._settled, heard) if settle and heard is not None else self._settled
        self._position = position
        self._confirmed = self._confirmed if position is None else max(self._confirmed, position)
        if judgements or settle:
            self._told()

    def _check_kept(self, session: Session) -> None:
        """Raises Unreachable when the database does not have what it had confirmed: a replica took over.

        What was lost is then consumed again, from where the database is.
        """
        cursor = session.get(Cursor, self.name, populate_existing=True)
        self._lost = self._lost or (cursor.position if cursor else 0) < self._confirmed
        if self._lost:
            raise Unreachable("the database has lost what it had confirmed; what came since is judged again")

    def _load(self, session: Session, now: datetime, missed: timedelta, heard: Mapping[str, datetime] | None) -> None:
        """Rules and what they remember; alarms that nothing holds any more end."""
        loaded, self.refused = rulebook.load(session)
        rules = {entry.id: entry.rule for entry in loaded}
        states: dict[Key, dict[str, object]] = {}
        for row in session.scalars(select(RuleState)).all():
            if row.rule_id in rules:
                states[row.rule_id, row.subject] = row.state
            else:
                session.delete(row)
        self._judge = Judge(rules, self._subjects.of, states, self._practice.oldest, missed, heard)
        self._stored = set(states)
        for alarm in session.scalars(select(Alarm).where(Alarm.active)).all():
            state = states.get((alarm.rule_id, alarm.subject))
            if state is None or not rules[alarm.rule_id].active(state):
                verdict = Verdict(False, now, alarm.since, alarm.value)
                book.clear(session, alarm, verdict, now, self._practice.custom, "the rule was changed or switched off")

    def _apply(self, session: Session, judgement: Judgement, now: datetime, design: Design) -> None:
        custom, verdict = self._practice.custom, judgement.verdict
        if verdict.raised:
            cause = book.Cause(judgement.rule_id, judgement.rule, judgement.subject)
            book.raise_(session, cause, verdict, now, custom, design.why)
            return
        alarm = book.find(session, judgement.rule_id, judgement.subject.device)
        if alarm is not None and alarm.active:
            book.clear(session, alarm, verdict, now, custom, judgement.why)

    def _settle(self, session: Session, at: datetime, now: datetime) -> None:
        session.flush()
        service.review(session, at)
        Design(session, at, self._practice.silent).apply()
        book.speak_again(session, at, now, self._practice.custom)
        session.flush()
        incidents.close_quiet(session, at, now, self._practice.custom)

    def _keep(self, session: Session, position: int | None) -> None:
        new: list[dict[str, object]] = []
        changed: list[dict[str, object]] = []
        for rule_id, subject in sorted(self._judge.changed):
            key, state = (rule_id, subject), self._judge.states.get((rule_id, subject))
            if state is None:
                gone = RuleState.rule_id == rule_id, RuleState.subject == subject
                session.execute(delete(RuleState).where(*gone))
                continue
            row = {"rule_id": rule_id, "subject": subject, "state": state, "due": self._judge.rules[rule_id].due(state)}
            (changed if key in self._stored else new).append(row)
        if new:
            session.execute(insert(RuleState), new)
        if changed:
            session.execute(update(RuleState), changed)
        if position is None:
            return
        cursor = session.get(Cursor, self.name)
        if cursor is None:
            session.add(Cursor(name=self.name, position=position))
        else:
            cursor.position = max(cursor.position, position)
