"""Sixteen workers of the desk, killed with -9 at any moment and told everything again: one ticket an incident."""

import random
import time
from multiprocessing import get_context

import pytest
from sqlalchemy import func, select, update

from service_desk.incidents.model import Incident, Outbox
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Comment, Ticket
from tests.service_desk.desk_process import main

RULES = "rules: [{name: Leak, metric: leak, equals: true}]"


def killed_and_told_again(house, url, incidents, kills, redeliveries):
    with house.database.write() as session:
        import_yaml(session, RULES, who="okafor", now=house.clock.now())
    house.hear([house.reading(f"leak-{number}", "leak", True) for number in range(incidents)])
    chance, again, processes = random.Random(kills), 0, get_context("forkserver")
    processes.set_forkserver_preload([main.__module__])
    while kills or again < redeliveries:
        working = processes.Event()
        process = processes.Process(target=main, args=(url, working))
        process.start()
        assert working.wait(60)
        until = time.monotonic() + chance.uniform(0, 2)  # no event to wait for: any moment may be the one that hurts
        while time.monotonic() < until:
            with house.database.write() as session:
                told = update(Outbox).where(Outbox.done.is_not(None))
                again += session.execute(told.values(done=None, lease_until=None)).rowcount
            time.sleep(chance.uniform(0, 0.2))
        process.kill()
        process.join()
        kills = max(0, kills - 1)
    with house.database.write() as session:  # what the dead had claimed is free again
        session.execute(update(Outbox).values(lease_until=None))
    house.work()
    with house.database.read() as session:
        assert session.scalar(select(func.count(Incident.id))) == incidents
        assert session.scalar(select(func.count(Outbox.id)).where(Outbox.done.is_(None))) == 0
        of = session.scalars(select(Ticket.incident_id)).all()
        opened = session.scalars(select(Comment.ticket_id).where(Comment.did == "opened this ticket")).all()
    assert len(of) == len(set(of)) == incidents
    assert len(opened) == len(set(opened)) == incidents


@pytest.mark.dialects("sqlite")
def test_two_kills(house, database_url):
    killed_and_told_again(house, database_url, 20, 2, 40)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_kills_and_a_hundred_thousand_redeliveries(house, database_url):
    killed_and_told_again(house, database_url, 500, 100, 100_000)
