import pytest
from sqlalchemy import select

from asset_registry.audit import history
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Person
from service_desk.tickets import desk
from service_desk.tickets.desk import MOVES, Wish
from service_desk.tickets.model import STATES, Comment, Ticket


@pytest.fixture
def request_of(house):
    """A function that opens a request and gives its id."""

    def opened(title="A bed squeaks", **about):
        with house.database.write() as session:
            wish = Wish(title, **about)
            return desk.create_request(session, wish, "Since today.", "brandt", house.clock.now()).id

    return opened


def test_a_request_has_a_number_a_first_turn_and_promises(house, request_of):
    request_of(priority="low")
    ticket = house.ticket
    assert (ticket.number, ticket.kind, ticket.state) == ("W-1001", "request", "new")
    assert (ticket.answer_due - ticket.created).days == 1
    assert (ticket.repair_due - ticket.created).days == 7
    assert ticket.answered is None
    (turn,) = house.all(Comment)
    assert (turn.who, turn.did, turn.text) == ("brandt", "opened this request", "Since today.")


def test_numbers_count_on(house, request_of):
    request_of()
    request_of()
    assert [ticket.number for ticket in house.all(Ticket)] == ["W-1001", "W-1002"]


@pytest.mark.parametrize(
    "wish", [Wish(""), Wish("  "), Wish("x" * 201), Wish("Lamp", priority="urgent")], ids=lambda wish: wish.title[:5]
)
def test_a_request_that_makes_no_sense_is_refused(house, wish):
    with pytest.raises(Invalid), house.database.write() as session:
        desk.create_request(session, wish, "", "brandt", house.clock.now())


def test_the_first_word_of_somebody_else_answers_it(house, request_of):
    ticket = request_of()
    now = house.clock.advance(60)
    with house.database.write() as session:
        desk.comment(session, ticket, "okafor", " Coming. ", now)
    assert house.ticket.answered == house.ticket.changed == now
    assert house.all(Comment)[-1].text == "Coming."


def test_an_empty_word_is_refused(house, request_of):
    with pytest.raises(Invalid), house.database.write() as session:
        desk.comment(session, request_of(), "okafor", "  ", house.clock.now())


def test_taking_a_ticket_opens_it_and_giving_it_back_says_so(house, request_of):
    ticket = request_of()
    with house.database.write() as session:
        desk.take(session, ticket, house.ids["okafor"], house.clock.now())
        desk.assign(session, ticket, house.ids["brandt"], "okafor", house.clock.now())
        desk.assign(session, ticket, None, "brandt", house.clock.now())
    assert (house.ticket.state, house.ticket.assignee_id) == ("open", None)
    dids = [turn.did for turn in house.all(Comment)][1:]
    assert dids == ["took it", "assigned it to A. Brandt", "gave it back to the queue"]


def test_only_an_active_person_can_have_it(house, request_of):
    ticket = request_of()
    with house.database.write() as session:
        session.get(Person, house.ids["brandt"]).active = False
    for nobody in (house.ids["brandt"], 999):
        with pytest.raises(Missing), house.database.write() as session:
            desk.assign(session, ticket, nobody, "okafor", house.clock.now())


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_a_ticket_moves_only_along_the_ways_there_are(house, request_of, before, after):
    ticket = request_of()
    with house.database.write() as session:
        session.get(Ticket, ticket).state = before
    allowed = after == before or after in MOVES[before]
    try:
        with house.database.write() as session:
            desk.set_state(session, ticket, after, "okafor", house.clock.now())
    except Conflict:
        assert not allowed
        assert house.ticket.state == before
    else:
        assert allowed
        assert house.ticket.state == after


def test_solving_and_opening_again_keep_the_time(house, request_of):
    ticket = request_of()
    with house.database.write() as session:
        desk.set_state(session, ticket, "solved", "okafor", house.clock.now(), "Oiled.")
    assert house.ticket.solved == house.clock.now()
    with house.database.write() as session:
        desk.set_state(session, ticket, "open", "brandt", house.clock.now())
    assert house.ticket.solved is None
    assert [turn.did for turn in house.all(Comment)][1:] == ["solved it", "reopened it"]


def test_an_unknown_state_or_ticket_is_refused(house, request_of):
    with pytest.raises(Invalid), house.database.write() as session:
        desk.set_state(session, request_of(), "done", "okafor", house.clock.now())
    with pytest.raises(Missing), house.database.write() as session:
        desk.set_state(session, 999, "open", "okafor", house.clock.now())


def test_everything_is_in_the_audit_log(house, request_of):
    ticket = request_of()
    now = house.clock.now()
    with house.database.write() as session:
        desk.take(session, ticket, house.ids["okafor"], now)
        desk.comment(session, ticket, "okafor", "Here.", now)
        desk.set_state(session, ticket, "solved", "okafor", now)
        session.flush()
        actions = [line.action for line in history(session, "ticket", ticket)]
    assert actions == ["state", "comment", "assign", "open"]


def test_a_ticket_is_found_by_its_number(house, request_of):
    ticket = request_of()
    with house.database.read() as session:
        assert desk.by_number(session, "W-1001").id == ticket
        assert desk.by_number(session, "W-9") is None
        assert session.scalars(select(Ticket)).one().evidence is None
