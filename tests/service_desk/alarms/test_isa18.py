"""The alarm book agrees with the states and transitions of ANSI/ISA-18.2, whatever happens in whatever order."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from asset_registry.db import Base, Database
from asset_registry.errors import Conflict, Forbidden
from asset_registry.people import Principal
from collector.clock import ManualClock
from service_desk.alarms import book, service, suppression
from service_desk.alarms.life import ISA_NAMES
from service_desk.incidents.book import Custom
from service_desk.ports import Subject, Verdict
from service_desk.rulebook import RuleRow
from service_desk.rules.threshold import Config, build

NORMAL, UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED = "normal", "unacknowledged", "acknowledged", "returned"
LATCHED, LATCHED_ACKNOWLEDGED = "latched_unacknowledged", "latched_acknowledged"

NEXT = {
    (NORMAL, "raise"): UNACKNOWLEDGED,
    (RETURNED, "raise"): UNACKNOWLEDGED,
    (LATCHED, "raise"): UNACKNOWLEDGED,
    (LATCHED_ACKNOWLEDGED, "raise"): UNACKNOWLEDGED,
    (UNACKNOWLEDGED, "acknowledge"): ACKNOWLEDGED,
    (RETURNED, "acknowledge"): NORMAL,
    (LATCHED, "acknowledge"): LATCHED_ACKNOWLEDGED,
    (LATCHED_ACKNOWLEDGED, "reset"): NORMAL,
}
"""The six states of an alarm that speaks, and what leads from one to another; what is not here changes nothing."""
CLEARS = {UNACKNOWLEDGED: RETURNED, ACKNOWLEDGED: NORMAL}
CLEARS_LATCHED = {UNACKNOWLEDGED: LATCHED, ACKNOWLEDGED: LATCHED_ACKNOWLEDGED}
NO_RESET = {UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, LATCHED}
HEARD_AGAIN = {
    NORMAL: NORMAL,
    RETURNED: NORMAL,
    UNACKNOWLEDGED: UNACKNOWLEDGED,
    ACKNOWLEDGED: UNACKNOWLEDGED,
    LATCHED: LATCHED,
    LATCHED_ACKNOWLEDGED: LATCHED,
}
"""In which of the six a silenced alarm comes back."""
SILENT = ("out_of_service", "suppressed", "shelved")
"""The other three; of several the first is its name."""


class Model:
    """One alarm as the standard has it: which of the six states, and what silences it until when."""

    def __init__(self, latch):
        self.latch = latch
        self.state = NORMAL
        self.until = {}
        self.windows = []

    @property
    def name(self):
        return next((name for name in SILENT if name in self.until), self.state)

    @property
    def holds(self):
        return self.state in (UNACKNOWLEDGED, ACKNOWLEDGED)

    def happens(self, event):
        self.state = NEXT.get((self.state, event), self.state)

    def clears(self):
        self.state = (CLEARS_LATCHED if self.latch else CLEARS)[self.state]

    def silence(self, why, until):
        self.until[why] = until

    def ends(self, why):
        if self.until.pop(why, None) is not None and not self.until:
            self.state = HEARD_AGAIN[self.state]

    def passes(self, now):
        """What ends by now ends, then what begins by now begins."""
        open_ = any(start <= now < end for start, end in self.windows)
        ended = {why for why, until in self.until.items() if until is not None and until <= now}
        if "suppressed" in self.until and not open_:
            ended.add("suppressed")
        self.until = {why: until for why, until in self.until.items() if why not in ended}
        if ended and not self.until:
            self.state = HEARD_AGAIN[self.state]
        if open_:
            self.until["suppressed"] = None


SOON = st.integers(1, 30).map(lambda minutes: timedelta(minutes=minutes))
ASKS, APPROVES = (Principal(number, f"p{number}", f"P. {number}", frozenset({"biomed"})) for number in (1, 2))


class Life(RuleBasedStateMachine):
    """Everything that can happen to one alarm, in the book and in the model; windows are on the place it is in."""

    engine = None

    def __init__(self):
        super().__init__()
        self.session = Session(self.engine, expire_on_commit=False)
        self.clock = ManualClock()
        self.custom = Custom()
        now = self.clock.now()
        row = RuleRow(name="Battery", kind="rule.threshold", config={}, changed=now)
        self.session.add(row)
        self.session.flush()
        self.rule_id, self.silenced, self.asked = row.id, None, None
        self.model = None

    def teardown(self):
        self.session.rollback()
        self.session.close()

    @initialize(latch=st.booleans())
    def has_been_before(self, latch):
        """A row of the book is made by the first alarm; it is over."""
        self.model = Model(latch)
        config = Config(metric="battery", below=30, latch=latch, title="{device}")
        self.cause = book.Cause(self.rule_id, build(config), Subject("ble:1"))
        self.alarm = book.raise_(self.session, self.cause, self.verdict(True), self.now, self.custom)
        book.clear(self.session, self.alarm, self.verdict(False), self.now, self.custom)
        book.acknowledge(self.session, self.alarm.id, "okafor", "", self.now)
        book.reset(self.session, self.alarm.id, "okafor", self.now)

    @property
    def now(self):
        return self.clock.now()

    def verdict(self, raised):
        return Verdict(raised, self.now, self.now, 20.0 if raised else 90.0)

    def settle(self):
        """What the consumer does every second."""
        service.review(self.session, self.now)
        suppression.Design(self.session, self.now, suppression.Silent()).apply()
        book.speak_again(self.session, self.now, self.now, self.custom)
        self.model.passes(self.now)

    @precondition(lambda self: not self.model.holds)
    @rule()
    def is_raised(self):
        self.clock.advance(0.001)  # no two conditions of one subject begin at once
        self.settle()
        design = suppression.Design(self.session, self.now, suppression.Silent())
        book.raise_(self.session, self.cause, self.verdict(True), self.now, self.custom, design.why)
        self.model.happens("raise")
        assert (self.alarm.incident_id is None) == bool(self.model.until), "what is silent opens no incident"

    @precondition(lambda self: self.model.holds)
    @rule()
    def is_cleared(self):
        book.clear(self.session, self.alarm, self.verdict(False), self.now, self.custom)
        self.model.clears()

    @rule()
    def is_acknowledged(self):
        book.acknowledge(self.session, self.alarm.id, "okafor", "Seen.", self.now)
        self.model.happens("acknowledge")

    @rule()
    def is_reset(self):
        if self.model.state in NO_RESET:
            with pytest.raises(Conflict):
                book.reset(self.session, self.alarm.id, "okafor", self.now)
        else:
            book.reset(self.session, self.alarm.id, "okafor", self.now)
            self.model.happens("reset")

    @rule(length=SOON)
    def is_shelved(self, length):
        book.shelve(self.session, self.alarm.id, self.now + length, "okafor", "on its way", self.now)
        self.model.until["shelved"] = self.now + length

    @rule()
    def is_unshelved(self):
        book.unshelve(self.session, self.alarm.id, "okafor", self.now)
        self.model.ends("shelved")
        self.settle()

    @rule(ahead=st.integers(0, 20), length=SOON)
    def a_window_is_planned(self, ahead, length):
        start = self.now + timedelta(minutes=ahead)
        plan = suppression.Plan("generator test", start, start + length, rule_id=self.rule_id)
        window = suppression.plan(self.session, plan, "okafor", self.now)
        self.model.windows.append((start, start + length))
        self.silenced = window.id
        self.settle()

    @precondition(lambda self: self.silenced and self.model.windows[-1][1] > self.now)
    @rule()
    def the_last_window_is_ended(self):
        suppression.end(self.session, self.silenced, "okafor", self.now)
        self.model.windows[-1] = (self.model.windows[-1][0], self.now)
        self.settle()

    @precondition(lambda self: not self.asked)
    @rule(length=SOON, who=st.sampled_from([ASKS, APPROVES]))
    def is_taken_out_of_service(self, length, who):
        """Nobody approves what they asked for."""
        request = service.ask(self.session, self.alarm.id, self.now + length, "sensor sent in", ASKS, self.now)
        if who is ASKS:
            with pytest.raises(Forbidden):
                service.decide(self.session, request.id, who, self.now, approve=True)
            service.put_back(self.session, request.id, who, self.now)
        else:
            service.decide(self.session, request.id, who, self.now, approve=True)
            self.model.until["out_of_service"], self.asked = self.now + length, request.id

    @precondition(lambda self: self.asked)
    @rule()
    def is_put_back(self):
        service.put_back(self.session, self.asked, APPROVES, self.now)
        self.model.ends("out_of_service")
        self.asked = None
        self.settle()

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes):
        self.clock.advance(60 * minutes)
        self.settle()
        if "out_of_service" not in self.model.until:
            self.asked = None

    @invariant()
    def the_book_says_what_the_standard_says(self):
        if self.model is None:
            return
        self.session.flush()
        assert book.isa_name(self.alarm, self.now) == self.model.name
        if self.model.holds and not self.model.until:
            assert self.alarm.incident_id is not None, "what holds and is not silent has an incident"


@pytest.fixture
def agree(tmp_path):
    """`agree(40)`: so many random sequences on SQLite, each undone when it is over."""
    database = Database(f"sqlite:///{tmp_path / 'book.db'}")
    Base.metadata.create_all(database.engine)

    def run(sequences):
        machine = type("OnSqlite", (Life,), {"engine": database.engine})
        given = settings(max_examples=sequences, stateful_step_count=20, deadline=None)
        run_state_machine_as_test(machine, settings=given)

    yield run
    database.close()


def test_random_sequences_of_events(agree):
    agree(40)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_random_sequences_of_events(agree):
    agree(10_000)


def test_the_model_knows_all_nine_states():
    assert {*NEXT.values(), *CLEARS_LATCHED.values(), *CLEARS.values(), *SILENT} == set(ISA_NAMES)
