"""Against the real one; what holds for every ticket system says test_suite.py of it too."""

import asyncio
import random
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from collector.errors import Refused, Unreachable
from service_desk.incidents.model import Incident
from service_desk.ports import AlarmNews, IncidentNews
from service_desk.remote.errors import Barred
from service_desk.remote.ports import Draft, Note
from service_desk.sinks.request_tracker import Config, RequestTracker, build
from service_desk.surroundings import Surroundings
from tests.service_desk.sinks.systems.request_tracker import System
from tests.service_desk.sinks.there import CUT, LOST

pytestmark = pytest.mark.dialects("sqlite")
KEY = "wk-0123456789abcdef"


@pytest.fixture(scope="module")
def there():
    there = System()
    yield there
    there.stop()


def tracker(there, **changes):
    return RequestTracker(Config.model_validate({**there.settings(), **changes}))


def test_an_account_is_a_token_or_a_user_with_a_password():
    with pytest.raises(ValidationError, match="needs a token"):
        Config(url="https://rt.linden.example", user="wardkeeper")


def test_without_a_field_of_its_own_the_key_stands_in_the_subject(there):
    rt = tracker(there, key_field="", token=None, user="root", password=SecretStr("password"))

    async def work():
        key = f"wk-{random.getrandbits(64):016x}"
        assert await rt.find(key) is None
        made = await rt.create(Draft(key, "Fridge F-07 is warm", "8.9 °C", "", "high"))
        assert await rt.find(key) == made
        seen = await rt.look(made.number)
        assert (seen.state, seen.assignee) == ("open", "")
        mark = "wk-0123456789ab"
        await rt.add(made.number, Note(mark, "All is well."))
        assert await rt.said(made.number, mark)
        assert not await rt.said(made.number, "wk-00000000000")

    asyncio.run(work())


def test_a_field_that_the_queue_has_not_is_said_before_the_first_ticket(there):
    with pytest.raises(Barred, match="Queue General has no custom field nowhere"):
        asyncio.run(tracker(there, key_field="nowhere").find(KEY))


def test_a_status_that_does_not_exist_is_said_though_rt_answers_200(there):
    rt = tracker(there, solved_status="nonsense")

    async def work():
        made = await rt.create(Draft(KEY, "Fridge F-07 is warm", "8.9 °C", "", "high"))
        await rt.change(await rt.look(made.number), state="solved")

    with pytest.raises(Refused, match="isn't a valid status"):
        asyncio.run(work())


@pytest.mark.parametrize(
    "syncs, keys", [(12, 2), pytest.param(2000, 200, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]
)
def test_replies_that_are_lost_double_nothing_and_lose_nothing(database, clock, syncs, keys):
    """Every third write: its answer is lost, or it never arrives; the news come again as an outbox repeats them."""
    there, dice = System(), random.Random(7)
    config = Config.model_validate(there.settings())
    around = Surroundings("rt", database, clock, lambda *_: {}, there.site)
    ids = _incidents(database, clock, keys)
    for each in range(syncs):
        there.faults.clear()
        there.faults.extend(dice.choice([LOST, CUT, _nothing, _nothing, _nothing, _nothing]) for _ in range(4))
        _until_told(build(config, around), _news(ids, each, clock.now()), clock)
    assert len(there.tickets) == keys
    expected = {f"K-{number}": _notes(syncs, keys, number) for number in range(keys)}
    found = {ticket.title: len(ticket.notes) for ticket in there.tickets.values()}
    assert found == expected
    for ticket in there.tickets.values():
        assert len(set(ticket.notes)) == len(ticket.notes)
    there.stop()


def _nothing(_):
    pass


def _incidents(database, clock, keys):
    with database.write() as session:
        made = [Incident(key=f"k{n}", title=f"K-{n}", priority="low", opened=clock.now()) for n in range(keys)]
        session.add_all(made)
        session.flush()
        return [incident.id for incident in made]


def _news(ids, each, now):
    """Opened, then cleared and come back in turns; each news of an incident at its own time."""
    number, turn = each % len(ids), each // len(ids)
    what = "opened" if turn == 0 else ("cleared", "returned")[turn % 2 - 1]
    alarm = AlarmNews(1, "Warm", "temperature", "s", True, now, now, None, 9.0, None, 8.0, "")
    at = now - timedelta(seconds=1)
    return IncidentNews(ids[number], f"k{number}", what, at, f"K-{number}", "low", now, None, None, None, (alarm,))


def _notes(syncs, keys, number):
    return len(range(number, syncs, keys)) - 1


def _until_told(sink, news, clock):
    for _ in range(50):
        try:
            return asyncio.run(sink.sync(news))
        except Unreachable:
            clock.advance(100)
    raise AssertionError("never told")
