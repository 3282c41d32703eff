"""Hands notices to one channel. Each channel has a worker, so that one that is down holds up no other.

Shaped like the outbox (service_desk/outbox.py): a claim under a lease, the call outside of any transaction, and what
came of it in another. What waits for one person goes as one message. After some failures, or some time, a person's next
way is tried instead.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import Session

from asset_registry.db import Database
from collector.clock import Clock
from collector.errors import ConfigError, Refused, Unreachable
from collector.ports import Intake
from collector.reading import Reading
from service_desk.incidents.model import Incident
from service_desk.notices import choices
from service_desk.notices.model import Notice
from service_desk.notices.ports import Channel, Gone, Message, Receipt, Unsure
from service_desk.notices.telling import Teller
from service_desk.notices.wording import Wording
from service_desk.rulebook import PRIORITIES

TRIES = 3
"""So often a way is tried before the person's next one is."""
PATIENCE = {"high": timedelta(seconds=15), "medium": timedelta(minutes=2), "low": timedelta(minutes=10)}
"""So long it may take, by priority, before the person's next way is tried: a high one is out within 30 s."""
GIVE_UP = timedelta(hours=1)
"""Without a next way a notice is tried for so long; one that only tests a way, once."""
TEST_EVERY = timedelta(hours=1)
TEST_AGAIN = timedelta(minutes=1)
"""How soon a channel that is dead is tested again."""

_LEASE = timedelta(minutes=2)
_SHORTEST, _LONGEST = 1.0, 60.0
_FAR = timedelta(minutes=5)
_AT_ONCE = 50


class ChannelState(msgspec.Struct, frozen=True):
    """How a channel is: `words` of its last test, made at `tested`; `up` is None before the first one."""

    name: str
    kind: str
    up: bool | None = None
    tested: datetime | None = None
    words: str = ""


class _Claim(NamedTuple):
    ids: tuple[int, ...]
    lease_until: datetime
    message: Message


@dataclass(frozen=True)
class House:
    """What all workers share. `holder` names this process, the same after a restart; `jitter` gives 0 to 1."""

    database: Database
    clock: Clock
    teller: Teller
    wording: Wording
    intake: Intake | None = None
    holder: str = ""
    lease: timedelta = _LEASE
    jitter: Callable[[], float] = field(default=random.random)


class NoticeWorker:
    """Works for the channel `name`. `run` is a target for the supervisor."""

    def __init__(self, name: str, channel: Channel, house: House) -> None:
        self._name = name
        self._channel = channel
        self._house = house
        self._wake = threading.Event()
        self._next_test = house.clock.now()
        self.state = ChannelState(name, house.teller.channels[name].kind)

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`."""
        self._let_go()
        try:
            while not stop.is_set():
                self._wake.clear()
                while not stop.is_set() and self.work():
                    pass
                self.test_when_due()
                self._house.clock.wait(self._wake, 0.5)
        finally:
            self._channel.close()

    def work(self) -> bool:
        """Hand over what waits for one person; False when nothing is due."""
        claim = self._claim()
        if claim is None:
            return False
        try:
            receipt = self._channel.hand(claim.message)
        except Unsure as trouble:
            self._failed(claim, str(trouble), sure=False)
        except Unreachable as trouble:
            self._failed(claim, str(trouble))
            self._next_test = min(self._next_test, (self.state.tested or self._next_test) + TEST_AGAIN)
        except Gone as trouble:
            self._forget(claim)
            self._failed(claim, f"{trouble}; it was taken off your ways", final=True)
        except (Refused, ConfigError) as trouble:
            self._failed(claim, str(trouble) or type(trouble).__name__, final=True)
        else:
            self._handed(claim, receipt)
        return True

    # ---------------------------------------------------------------- whether the channel lives

    def test_when_due(self) -> None:
        """Test the channel now and then, and say by a reading how it is: a rule can raise an alarm."""
        now = self._house.clock.now()
        if self._next_test - TEST_EVERY <= now < self._next_test:
            return
        try:
            up, words = True, self._channel.test(now)
        except (Unreachable, Refused, ConfigError) as trouble:
            up, words = False, str(trouble) or type(trouble).__name__
        now = self._house.clock.now()
        self.state = msgspec.structs.replace(self.state, up=up, tested=now, words=words)
        self._next_test = now + (TEST_EVERY if up else TEST_AGAIN)
        if self._house.intake is not None:
            self._house.intake.offer([Reading(f"channel:{self._name}", "available", up, now, now)], None)

    # ---------------------------------------------------------------- rows

    def _let_go(self) -> None:
        """Claims of the life before this one: nobody works on them any more."""
        if self._house.holder:
            mine = update(Notice).where(Notice.channel == self._name, Notice.holder == self._house.holder, *open_())
            with self._house.database.write() as session:
                session.execute(mine.values(lease_until=None))

    def _claim(self) -> _Claim | None:
        now = self._house.clock.now()
        query = (
            select(Notice)
            .where(
                Notice.channel == self._name,
                *open_(),
                or_(Notice.due <= now, (Notice.attempts > 0) & (Notice.due > now + _FAR)),  # of a clock that was wrong
                or_(Notice.lease_until.is_(None), Notice.lease_until <= now, Notice.lease_until > now + _FAR),
            )
            .order_by(_gravest_first(), Notice.id)
        )
        with self._house.database.read() as session:  # most of the time there is nothing: no write lock for that
            if session.scalars(query.limit(1)).first() is None:
                return None
        with self._house.database.write() as session:
            first = session.scalars(query.limit(1).with_for_update(skip_locked=True)).first()
            if first is None:
                return None
            same = Notice.person_id == first.person_id, Notice.address == first.address
            alike = Notice.what == "test" if first.what == "test" else Notice.what != "test"
            rows = session.scalars(query.where(*same, alike).limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
            rows = [row for row in rows if not _withdrawn(session, row)]
            for row in rows:
                row.lease_until, row.holder = now + self._house.lease, self._house.holder
                row.attempts += 1
            rows.sort(key=lambda row: row.id)
            if not rows:
                return None
            message = self._house.wording.message(rows, now)
            return _Claim(tuple(row.id for row in rows), now + self._house.lease, message)

    def _handed(self, claim: _Claim, receipt: Receipt) -> None:
        with self._house.database.write() as session:
            for row in _rows(session, claim):
                row.lease_until, row.trouble = None, ""
                row.handed, row.delivered, row.reference = self._house.clock.now(), receipt.delivered, receipt.reference

    def _forget(self, claim: _Claim) -> None:
        """Nobody has this address any more: it is nobody's way."""
        with self._house.database.write() as session:
            choices.forget(session, self._house.teller, self._name, claim.message.address, self._house.clock.now())

    def _failed(self, claim: _Claim, why: str, *, sure: bool = True, final: bool = False) -> None:
        """The next way, or later again: twice as long each time, and not all at once."""
        now = self._house.clock.now()
        hopeless = final or not sure or self.state.up is False
        with self._house.database.write() as session:
            for row in _rows(session, claim):
                row.lease_until, row.trouble = None, why if sure else f"it may have arrived: {why}"
                tired = hopeless or row.attempts >= TRIES or now - row.created >= PATIENCE[row.priority]
                passed = tired and row.passed_on is None and self._house.teller.pass_on(session, row, now)
                over = final or row.what == "test" or now - row.created >= GIVE_UP or (not sure and row.attempts > 1)
                if over or row.passed_on is not None or passed:
                    row.failed = row.trouble
                else:
                    longest = _LONGEST if row.priority != "high" else _LONGEST / 6
                    pause = min(longest, _SHORTEST * 2.0 ** min(row.attempts - 1, 16))
                    row.due = now + timedelta(seconds=pause * (0.5 + self._house.jitter() / 2))


def open_() -> tuple[ColumnElement[bool], ...]:
    """What makes a notice one that has still to be handed over."""
    return Notice.handed.is_(None), Notice.passed_on.is_(None), Notice.failed == ""


def overdue(session: Session, now: datetime) -> list[Notice]:
    """What its channel has not taken in time, whatever the reason: stuck in a call, or no longer in the settings."""
    late = or_(*(Notice.priority.__eq__(each) & (Notice.created <= now - PATIENCE[each]) for each in PRIORITIES))
    waits = select(Notice).where(*open_(), Notice.due <= now, Notice.what != "test", late)
    return list(session.scalars(waits.order_by(Notice.id).limit(_AT_ONCE)))


def _gravest_first() -> ColumnElement[int]:
    return case({name: rank for rank, name in enumerate(PRIORITIES)}, value=Notice.priority)


def _withdrawn(session: Session, row: Notice) -> bool:
    """What is over by now wakes nobody."""
    incident = session.get(Incident, row.incident_id) if row.incident_id else None
    over = incident is not None and incident.closed is not None and incident.parent_id is None
    if not over or row.what == "closed":
        return False
    row.failed = "it was over before it could be told"
    return True


def _rows(session: Session, claim: _Claim) -> list[Notice]:
    """The rows of a claim that it still holds."""
    mine = select(Notice).where(Notice.id.in_(claim.ids), Notice.lease_until == claim.lease_until)
    return list(session.scalars(mine.order_by(Notice.id).with_for_update()))
