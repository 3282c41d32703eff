"""What holds for every sink that keeps tickets in a foreign system. The systems are in `systems/`, see `there.py`."""

import asyncio
import importlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from collector.errors import Unreachable
from service_desk.incidents.model import Outbox
from service_desk.outbox import dead_letters
from service_desk.remote import doubts
from service_desk.words import NBSP
from tests.service_desk.sinks.telling import Telling
from tests.service_desk.sinks.there import CUT, LOST, Reply

pytestmark = pytest.mark.dialects("sqlite")

FRIDGE = "mqtt:zigbee2mqtt/fridge/F-07"
SYSTEMS = sorted(path.stem for path in (Path(__file__).parent / "systems").glob("*.py"))
PARTS = sorted(path.stem for path in Path("service_desk/sinks").glob("[a-z]*.py"))
OWN_TESTS = {"desk", "email", "webhook"}
"""Sinks that keep no ticket in a foreign system."""


def test_every_sink_of_a_foreign_system_is_in_the_suite():
    assert set(PARTS) - OWN_TESTS <= set(SYSTEMS)


EACH = {
    "test_an_incident_opens_one_ticket_with_its_evidence_and_its_chart",
    "test_what_is_refused_is_a_dead_letter_without_the_secret",
    "test_when_every_answer_is_lost_each_thing_is_there_once",
    "test_who_changed_the_ticket_meanwhile_is_respected",
    "test_who_took_it_over_there_is_known_here_and_closes_it",
}
"""What hangs most on the system. The rest is said of the plain one, and of all with --long."""
REAL = {"request_tracker"}
"""Real ones take their time: they have tests of their own, and the suite with --long."""


def pytest_generate_tests(metafunc):
    if "there" in metafunc.fixturenames:
        name = metafunc.function.__name__
        often = [system for system in SYSTEMS if system == "plain" or (name in EACH and system not in REAL)]
        marks = {system: () if system in often else pytest.mark.long for system in SYSTEMS}
        metafunc.parametrize("there", [pytest.param(each, marks=marks[each]) for each in SYSTEMS], indirect=True)


@pytest.fixture
def there(request):
    """The foreign system, empty."""
    there = importlib.import_module(f"tests.service_desk.sinks.systems.{request.param}").System()
    yield there
    there.stop()


@pytest.fixture
def telling(house, there):
    name = type(there).__module__
    own = importlib.import_module(name)
    module = own if hasattr(own, "build") else importlib.import_module(f"service_desk.sinks.{name.rpartition('.')[2]}")
    return Telling(house, there, module)


def notes_of(ticket):
    """Each note without the mark that it ends with."""
    return [note.rpartition("[wk-")[0].strip() for note in ticket.notes]


# ---------------------------------------------------------------- once


def test_an_incident_opens_one_ticket_with_its_evidence_and_its_chart(telling, there):
    telling.low()
    telling.tell()
    ticket = there.only
    assert ticket.title.replace(NBSP, " ") == "Pump 117 in an unknown room needs mains: battery 20 %"
    assert (ticket.state, ticket.priority, ticket.assignee) == ("open", "medium", "")
    assert ticket.key == telling.kept.key
    for words in ("Outside of normal", "As known at 2026-11-24", "2.4.1", "Nearest usable spare", "unknown"):
        assert words in ticket.text
    assert len(ticket.files) == there.takes_files
    for name, media_type, data in ticket.files:
        assert (name[:9], media_type) == ("chart-wk-", "image/svg+xml")
        assert data.startswith(b"<svg")
        assert data.endswith(b"</svg>")
    assert (telling.kept.number, telling.kept.evidence) == (ticket.number, None)
    assert telling.kept.url.startswith(there.url)


def test_the_same_ticket_follows_the_incident(telling, there):
    states = []
    for _ in telling.story():
        telling.tell()
        states.append(there.only.state)
    assert states == ["open", "open", "solved", "open"]
    _chart, normal, stays, back = notes_of(there.only)
    assert normal.startswith("All is back to normal after")
    assert stays.startswith("It stays normal.")
    assert back.startswith("It came back.")


def test_the_same_news_again_changes_nothing(telling, there):
    for _ in telling.story():
        telling.tell()
    before, seen = repr(there.only), len(there.requests)
    for what in telling.news:
        asyncio.run(telling.sink.sync(what))
    assert repr(there.only) == before
    assert not [request for request in there.requests[seen:] if there.writes(request) and request.method != "POST"]


def test_eight_at_once_make_one_ticket_that_says_each_thing_once(telling, there):
    telling.low()
    (opened,) = telling.news
    start = threading.Barrier(8)

    def work(_):
        sink = telling.sink_of()
        start.wait()
        while True:
            try:
                return asyncio.run(sink.sync(opened)).number
            except Unreachable:
                there_is_time.wait(0.01)

    there_is_time = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(work, range(8)))
    assert numbers == {there.only.number}
    assert len(there.only.notes) == 1


def test_what_turned_out_to_be_a_consequence_says_so_in_both_tickets_and_is_solved(telling, there):
    telling.low()
    telling.tell()
    pump = telling.news[0]
    telling.house.warm_fridge()
    merged = replace(pump, what="merged", parent=telling.news[-1].key)
    with pytest.raises(Unreachable, match="has not opened yet"):
        asyncio.run(telling.sink.sync(merged))
    telling.tell()
    for _ in range(2):
        asyncio.run(telling.sink.sync(merged))
    child, parent = there.tickets.values()
    assert (child.state, parent.state) == ("solved", "open")
    assert f"This is a consequence of ticket {parent.number}" in child.notes[-1]
    assert f"Ticket {child.number} is a consequence of this" in parent.notes[-1]
    assert (len(child.notes), len(parent.notes)) == (2, 2), "each with its chart"


# ---------------------------------------------------------------- what goes wrong


def test_an_outage_of_an_hour_is_told_once_afterwards(telling, there):
    there.stop()
    for _ in telling.story():
        telling.tell()
    telling.wait(3600, step=240)
    assert not telling.told
    assert "cannot be reached" in telling.house.all(Outbox)[0].error
    there.start()
    telling.wait(360, step=90)
    assert telling.told
    _chart, normal, back = notes_of(there.only)
    assert normal.startswith("All is back to normal")
    assert back.startswith("It came back.")
    assert there.only.state == "open"


def test_when_every_answer_is_lost_each_thing_is_there_once(telling, there):
    there.faults.extend([LOST] * 40)
    _told_in_the_end(telling, there)


@pytest.mark.parametrize("fault", [CUT, Reply(500)], ids=["request lost", "error"])
def test_when_every_request_is_lost_each_thing_is_there_once(telling, there, fault):
    """And its repetition comes through."""
    there.faults.extend([fault, _nothing] * 20)
    _told_in_the_end(telling, there)


def _told_in_the_end(telling, there):
    for _ in telling.story():
        for _ in range(20):
            telling.tell()
            if telling.kept.unconfirmed:
                _looked_up(telling, there)
            if telling.told:
                break
            telling.house.clock.advance(150)
        assert telling.told
    ticket = there.only
    assert (len(ticket.notes), len(ticket.files), ticket.state) == (4, there.takes_files, "open")
    assert len(set(ticket.notes)) == 4


def _looked_up(telling, there):
    """A person does what `search` cannot: it is there, or it is not."""
    now = telling.house.clock.now()
    with telling.house.database.write() as session:
        if there.tickets:
            doubts.is_there(session, telling.kept.id, there.only.number, "okafor", now)
        else:
            doubts.not_there(session, telling.kept.id, "okafor", now)


def test_a_ticket_whose_reply_was_lost_is_not_made_again_while_the_server_may_be_at_work_on_it(telling, there):
    telling.low()
    there.faults.append(CUT)
    telling.wait(60)
    there.index()
    assert there.tickets == {}
    telling.wait(120)
    assert len(there.tickets) == (0 if there.lags else 1), [row.error for row in telling.house.all(Outbox)]


def test_who_changed_the_ticket_meanwhile_is_respected(telling, there):
    telling.low()
    telling.tell()
    telling.normal()
    telling.quiet()
    number = there.only.number
    if there.compares:  # the person takes it between our look and our change
        there.faults.extend([_nothing, _nothing, lambda _: there.take(number, "M. Okafor")])
    else:
        there.take(number, "M. Okafor")
    telling.tell()
    assert there.only.state == "open"
    assert "kafor" in there.only.notes[-1]


def _nothing(_):
    pass


def test_a_server_that_is_asked_too_often_is_left_alone_for_as_long_as_it_says(telling, there):
    telling.low()
    there.faults.append(Reply(429, None, {"Retry-After": "30"}))
    telling.tell()
    asked = len(there.requests)
    telling.wait(25)
    assert len(there.requests) == asked
    telling.wait(10)
    assert telling.told
    assert there.only


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_stop_the_sink_say_so_and_are_tried_again_every_few_minutes(telling, there, status):
    telling.low()
    there.faults.extend([Reply(status, {"error": "no"})])
    telling.tell()
    trouble = telling.outbox.troubles["there"]
    assert trouble.barred
    assert str(status) in trouble.why
    assert "account" in trouble.why
    asked = len(there.requests)
    telling.wait(295, step=59)
    assert len(there.requests) == asked
    telling.wait(10)
    assert telling.told
    assert telling.outbox.troubles == {}


def test_what_is_refused_is_a_dead_letter_without_the_secret(telling, there):
    telling.low()
    there.faults.append(Reply(422, {"error": "no such queue", "you": _secrets(there)}))
    telling.tell()
    with telling.house.database.read() as session:
        (letter,) = dead_letters(session)
    assert "no such queue" in letter.refused
    assert not [secret for secret in _secrets(there) if secret in letter.refused]


def _secrets(there):
    return [value.get_secret_value() for value in there.settings().values() if hasattr(value, "get_secret_value")]


def test_a_redirect_is_not_followed(telling, there):
    telling.low()
    there.faults.append(Reply(302, None, {"Location": "http://127.0.0.1:9/"}))
    telling.tell()
    assert telling.outbox.troubles["there"].barred


def test_what_failed_in_part_is_told_in_part_again(telling, there):
    telling.low()
    there.faults.extend([_nothing, Reply(503, None, {"Retry-After": "1"})])
    telling.tell()
    assert telling.kept.number == there.only.number
    assert (there.only.files, telling.told) == ([], False)
    telling.wait(10)
    assert telling.told
    assert len(there.only.files) == there.takes_files


def test_where_files_are_not_taken_the_ticket_follows_its_incident_all_the_same(telling, there):
    telling.low()
    there.faults.extend([_nothing, Reply(415, {"error": "no SVG"})])
    telling.normal()
    telling.tell()
    assert telling.told
    assert (len(there.only.notes), there.only.files) == (2, [])
    assert "was not taken here" in there.only.notes[0]


# ---------------------------------------------------------------- what comes back


def test_who_took_it_over_there_is_known_here_and_closes_it(telling, there):
    telling.low()
    telling.tell()
    there.take(there.only.number, "M. Okafor")
    asyncio.run(telling.sink.refresh())
    assert (telling.kept.state, telling.kept.assignee) in (("open", "M. Okafor"), ("open", "okafor"))
    telling.normal()
    telling.quiet()
    telling.tell()
    assert there.only.state == "open"
    assert "kafor has this ticket" in there.only.notes[-1]


@pytest.mark.parametrize("state", ["solved", "closed"])
def test_one_that_was_closed_over_there_is_left_alone_until_it_comes_back(telling, there, state):
    telling.low()
    telling.tell()
    there.move(there.only.number, state)
    assert asyncio.run(telling.sink.refresh()) == 1
    assert telling.kept.state in (state, "solved")
    before = len(there.only.notes)
    telling.normal()
    telling.quiet()
    telling.tell()
    assert (len(there.only.notes), there.only.state == "open") == (before, False)
    if state == "solved":
        telling.low()
        telling.tell()
        assert there.only.state == "open"


def test_one_that_was_deleted_over_there_is_a_dead_letter_not_a_second_ticket(telling, there):
    telling.low()
    telling.tell()
    there.delete(there.only.number)
    telling.normal()
    telling.tell()
    with telling.house.database.read() as session:
        (letter,) = dead_letters(session)
    assert "is not there any more" in letter.refused
    assert there.tickets == {}


def test_the_cold_chain_waits_for_a_persons_decision_over_there_too(telling, there):
    telling.house.warm_fridge()
    telling.tell()
    telling.house.say(FRIDGE, "probe_temperature", 5.0)
    telling.house.after(400)
    telling.tell()
    assert there.only.state == "open"
    assert "somebody has to sign what becomes of it" in there.only.notes[-1]
