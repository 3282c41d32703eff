import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.errors import Missing
from collector.errors import Refused, Unreachable
from service_desk.incidents.model import Outbox
from service_desk.outbox import OutboxWorker, dead_letters, try_again, waiting
from service_desk.ports import TicketRef
from service_desk.remote.errors import Barred
from service_desk.tickets.model import Ticket

PUMP = "mqtt:zigbee2mqtt/pump/P-117"


class Sink:
    """A ticket system that keeps one ticket a key, and fails as told: each of `fails` once."""

    def __init__(self, *fails):
        self.fails, self.told, self.tickets = list(fails), [], {}

    async def sync(self, incident):
        self.told.append(incident.what)
        if self.fails:
            raise self.fails.pop(0)
        number = self.tickets.setdefault(incident.key, f"T-{len(self.tickets) + 1}")
        return TicketRef(number)


def worker(house, sink, jitter=1.0):
    return OutboxWorker(house.database, {"desk": sink}, house.clock, jitter=lambda: jitter)


def test_each_thing_is_told_once_and_in_order(house):
    for value in (20.0, 90.0):
        house.say(PUMP, "battery", value)
        house.after(60)
    house.stays(PUMP, "battery", 90.0, 300)
    sink = Sink()
    assert house.work({"desk": sink}) == 3
    assert house.work({"desk": sink}) == 0
    assert sink.told == ["opened", "cleared", "closed"]


def test_who_cannot_be_reached_is_tried_again_later_and_later(house):
    house.say(PUMP, "battery", 20.0)
    sink = Sink(*(Unreachable("down") for _ in range(4)))
    work = worker(house, sink)
    pauses = []
    while sink.fails:
        assert asyncio.run(work.work())
        (row,) = house.all(Outbox)
        pauses.append((row.due - house.clock.now()).total_seconds())
        assert not asyncio.run(work.work())
        house.clock.advance(pauses[-1])
    assert pauses == [1, 2, 4, 8]
    assert asyncio.run(work.work())
    assert house.all(Outbox)[0].done == house.clock.now()


def test_jitter_spreads_the_tries(house):
    house.say(PUMP, "battery", 20.0)
    asyncio.run(worker(house, Sink(Unreachable("down")), jitter=0.0).work())
    assert (house.all(Outbox)[0].due - house.clock.now()).total_seconds() == 0.5


def test_later_news_waits_for_earlier(house):
    house.say(PUMP, "battery", 20.0)
    house.after(1)
    house.say(PUMP, "battery", 90.0)
    sink = Sink(Unreachable("down"))
    house.work({"desk": sink})
    assert sink.told == ["opened"]


def test_what_is_refused_is_a_dead_letter_until_somebody_tries_again(house):
    house.say(PUMP, "battery", 20.0)
    house.work({"desk": Sink(Refused("no such queue"))})
    with house.database.write() as session:
        (letter,) = dead_letters(session)
        assert letter.refused == "no such queue"
        assert waiting(session) == []
        try_again(session, letter.id, "okafor", house.clock.now())
        with pytest.raises(Missing):
            try_again(session, letter.id, "okafor", house.clock.now())
    sink = Sink()
    house.work({"desk": sink})
    assert sink.told == ["opened"]


def test_a_worker_that_dies_after_the_call_leaves_a_row_that_finds_its_ticket_again(house):
    class Dies(BaseException):
        pass

    house.say(PUMP, "battery", 20.0)
    sink = Sink()

    class DyingSink:
        async def sync(self, incident):
            await sink.sync(incident)
            raise Dies

    with pytest.raises(Dies):
        asyncio.run(worker(house, DyingSink()).work())
    assert house.work({"desk": sink}) == 0
    house.clock.advance(121)
    assert house.work({"desk": sink}) == 1
    assert sink.tickets == {house.incidents[0].key: "T-1"}


def test_a_sink_that_is_not_configured_keeps_its_news(house):
    house.say(PUMP, "battery", 20.0)
    assert house.work({"other": Sink()}) == 0
    with house.database.read() as session:
        assert len(waiting(session)) == 1


def test_eight_workers_tell_one_thing_once(house):
    house.say(PUMP, "battery", 20.0)
    sink, start = Sink(), threading.Barrier(8)

    def work(_):
        start.wait()
        return asyncio.run(worker(house, sink).work())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1
    assert sink.told == ["opened"]


def test_eight_workers_open_exactly_one_ticket_an_incident(house):
    text = "rules: [{name: Leak, metric: leak, equals: true}]"
    with house.database.write() as session:
        from service_desk.rulebook import import_yaml

        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.hear([house.reading(f"leak-{number}", "leak", True) for number in range(12)])
    sink = house.sink

    def work(_):
        done = 0
        while asyncio.run(worker(house, sink).work()):
            done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) >= 1  # the first may have told all
    numbers = [ticket.number for ticket in house.all(Ticket)]
    assert sorted(numbers) == [f"W-{number}" for number in range(1001, 1013)]
    assert len({ticket.incident_id for ticket in house.all(Ticket)}) == 12


def test_it_runs_until_told_to_stop_and_wakes_for_what_is_new(house):
    told = threading.Event()

    class Told(Sink):
        async def sync(self, incident):
            told.set()
            return await super().sync(incident)

    stop, work = threading.Event(), worker(house, Told())
    thread = threading.Thread(target=work.run, args=(stop,))
    thread.start()
    house.say(PUMP, "battery", 20.0)
    work.wake()
    assert told.wait(10)
    stop.set()
    work.wake()
    thread.join(10)
    assert not thread.is_alive()


def test_a_lease_that_ran_out_is_not_given_back_twice(house):
    """A worker so slow that another took over must not shorten the other's lease."""
    house.say(PUMP, "battery", 20.0)
    slow = worker(house, Sink())
    first = slow._claim()
    house.clock.advance(121)
    second = slow._claim()
    slow._again(first, Unreachable("down"))
    (row,) = house.all(Outbox)
    assert row.lease_until == second.lease_until == house.clock.now() + timedelta(minutes=2)


def test_what_was_put_off_by_a_clock_that_was_wrong_is_told_when_it_was_set_back(house):
    house.say(PUMP, "battery", 20.0)
    sink = Sink(Unreachable("down"))
    assert asyncio.run(worker(house, sink).work())
    house.clock.advance(-365 * 86_400)
    assert asyncio.run(worker(house, sink).work())
    assert house.all(Outbox)[0].done == house.clock.now()


def test_a_lease_of_a_clock_that_was_wrong_has_run_out(house):
    house.say(PUMP, "battery", 20.0)
    worker(house, Sink())._claim()  # and its process dies
    house.clock.advance(-365 * 86_400)
    assert asyncio.run(worker(house, Sink()).work())


def test_what_a_worker_had_claimed_when_it_died_it_claims_again_at_once(house):
    house.say(PUMP, "battery", 20.0)

    def born(holder):
        again = OutboxWorker(house.database, {"desk": Sink()}, house.clock, holder=holder)
        again._let_go()
        return again

    assert born("here")._claim() is not None
    assert born("there")._claim() is None
    assert born("here")._claim() is not None


class Intake:
    """Where the outbox says how its ticket systems are."""

    def __init__(self):
        self.said = []

    def offer(self, items, durable):
        self.said += [(one.device, one.metric, one.value) for one in items]
        return True


def test_a_ticket_system_that_takes_nothing_says_so_once_and_once_that_it_does_again(house):
    for value in (20.0, 90.0):
        house.say(PUMP, "battery", value)
        house.after(60)
    intake = Intake()
    sink = Sink(Barred("rt says 401"), Barred("rt says 401"), Unreachable("down"))
    work = OutboxWorker(house.database, {"rt": sink}, house.clock, jitter=lambda: 1.0, intake=intake)
    with house.database.write() as session:
        for row in session.scalars(select(Outbox)):
            row.sink = "rt"
    for _ in range(6):
        while asyncio.run(work.work()):
            pass
        house.clock.advance(Barred.EVERY_S)
    assert sink.fails == []
    assert intake.said == [("sink:rt", "available", False), ("sink:rt", "available", True)]


def test_a_ticket_that_is_refused_for_its_own_sake_says_nothing_against_the_system(house):
    house.say(PUMP, "battery", 20.0)
    intake = Intake()
    work = OutboxWorker(house.database, {"desk": Sink(Refused("no such queue"))}, house.clock, intake=intake)
    assert asyncio.run(work.work())
    assert intake.said == [("sink:desk", "available", True)]
