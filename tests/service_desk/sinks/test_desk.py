import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from service_desk.alarms import book
from service_desk.tickets import desk
from service_desk.tickets.model import Comment, Ticket

DOOR = "mqtt:zigbee2mqtt/4.12/door"
FRIDGE, PUMP = "mqtt:zigbee2mqtt/fridge/F-07", "mqtt:zigbee2mqtt/pump/P-117"


def _low_and_well_again(house):
    house.say(PUMP, "battery", 20.0)
    house.work()
    house.after(120)
    house.say(PUMP, "battery", 90.0)


def test_an_incident_whose_alarm_was_shelved_before_anybody_told_the_desk_holds_up_nothing(house):
    house.say(PUMP, "battery", 20.0)
    with house.database.write() as session:
        until = house.clock.now() + timedelta(hours=1)
        book.shelve(session, house.alarm.id, until, "okafor", "being moved", house.clock.now())
    house.after(1)
    house.say(PUMP, "battery", 90.0)
    house.after(1)
    house.say(PUMP, "battery", 20.0)
    assert house.alarm.incident_id is None
    house.after(600)
    assert house.told == ["opened", "cleared", "closed"]
    assert house.work() == 3
    assert house.ticket.state == "solved"


def test_an_incident_opens_one_ticket_that_says_what_is_wrong(house):
    house.warm_fridge()
    assert house.work() == 1
    ticket = house.ticket
    assert (ticket.number, ticket.kind, ticket.state, ticket.priority) == ("W-1001", "incident", "new", "high")
    assert ticket.title == "Vaccine fridge F-07 in 4.18 is at 8.9\N{NO-BREAK SPACE}°C"
    assert (ticket.asset_id, ticket.place_id) == (house.ids["F-07"], house.ids["4.18"])
    assert house.turns == [("wardkeeper", "opened this ticket")]
    assert json.loads(json.dumps(ticket.evidence))["v"] == 2
    assert (ticket.answer_due - ticket.created).total_seconds() == 15 * 60
    assert (ticket.repair_due - ticket.created).total_seconds() == 4 * 3600


def test_it_is_solved_when_all_stays_normal(house):
    _low_and_well_again(house)
    house.stays(PUMP, "battery", 90.0, 300)
    house.work()
    assert house.ticket.state == "solved"
    assert house.turns == [
        ("wardkeeper", "opened this ticket"),
        ("wardkeeper", "saw it return to normal"),
        ("wardkeeper", "saw that it stays normal"),
        ("wardkeeper", "solved it"),
    ]


def test_one_that_a_person_has_taken_is_theirs_to_solve(house):
    house.say(PUMP, "battery", 20.0)
    house.work()
    with house.database.write() as session:
        desk.take(session, house.ticket.id, house.ids["okafor"], house.clock.now())
    house.clock.advance(60)
    house.say(PUMP, "battery", 90.0)
    house.stays(PUMP, "battery", 90.0, 300)
    house.work()
    assert house.ticket.state == "open"
    assert house.turns[-1] == ("wardkeeper", "leaves it open")


def test_cold_chain_and_isolation_never_close_by_themselves(house):
    house.warm_fridge()
    house.say(DOOR, "door_open", True)
    house.after(61)
    house.say(FRIDGE, "probe_temperature", 5.0)
    house.say(DOOR, "door_open", False)
    house.clock.advance(400)
    house.say(DOOR, "door_open", False)
    house.stays(FRIDGE, "probe_temperature", 5.0, 1)
    house.work()
    tickets = house.all(Ticket)
    assert [ticket.state for ticket in tickets] == ["new", "new"]
    assert [incident.closed for incident in house.incidents] == [None, None]
    back = [turn.text for turn in house.all(Comment) if turn.did == "saw it return to normal"]
    assert all(text.endswith("has to sign what becomes of it.") for text in back)
    assert len(back) == 2


def test_the_same_ticket_is_reopened_when_it_comes_back(house):
    _low_and_well_again(house)
    house.stays(PUMP, "battery", 90.0, 300)
    house.work()
    house.clock.advance(1)
    house.say(PUMP, "battery", 20.0)
    house.work()
    assert house.ticket.state == "open"
    assert house.ticket.solved is None


def test_a_closed_ticket_is_left_alone(house):
    house.say(PUMP, "battery", 20.0)
    house.work()
    with house.database.write() as session:
        desk.set_state(session, house.ticket.id, "solved", "okafor", house.clock.now())
        desk.set_state(session, house.ticket.id, "closed", "okafor", house.clock.now())
    before = house.turns
    house.clock.advance(60)
    house.say(PUMP, "battery", 90.0)
    house.after(300)
    house.work()
    assert (house.ticket.state, house.turns) == ("closed", before)


def test_what_joins_is_said_also_when_it_began_earlier(house):
    house.say(DOOR, "door_open", True)
    house.clock.advance(10)
    house.say("mqtt:zigbee2mqtt/4.12/pressure", "differential_pressure", -0.4)
    house.after(30)
    house.after(20)
    house.work()
    assert house.turns == [("wardkeeper", "opened this ticket"), ("wardkeeper", "added what has the same cause")]
    said = house.all(Comment)[-1].text.replace("\N{NO-BREAK SPACE}", " ")
    assert said == "The door of 4.12 is held open. Outside of normal (at most 60 s) for 60 s."


def test_an_answer_given_before_the_ticket_was_there_is_on_it(house):
    house.say(PUMP, "battery", 20.0)
    with house.database.write() as session:
        book.acknowledge(session, house.alarm.id, "okafor", "On my way.", house.clock.now())
    house.clock.advance(3)
    house.work()
    assert ("okafor", "acknowledged") in house.turns
    assert house.ticket.answered is not None


def test_eight_at_once_make_exactly_one_ticket_with_one_first_turn(house):
    import asyncio

    from service_desk.incidents.book import news
    from service_desk.incidents.model import Outbox

    house.say(PUMP, "battery", 20.0)
    with house.database.read() as session:
        told = news(session, session.query(Outbox).one())
    with ThreadPoolExecutor(8) as pool:
        refs = list(pool.map(lambda _: asyncio.run(house.sink.sync(told)), range(8)))
    assert len({ref.number for ref in refs}) == 1, "which one is the first to be given out is the database's affair"
    assert house.turns == [("wardkeeper", "opened this ticket")]


def test_the_same_news_again_says_nothing_new(house):
    import asyncio

    from service_desk.incidents.book import news
    from service_desk.incidents.model import Outbox

    _low_and_well_again(house)
    house.stays(PUMP, "battery", 90.0, 300)
    house.work()
    before = house.turns
    with house.database.read() as session:
        told = [news(session, row) for row in session.query(Outbox).order_by(Outbox.id)]
    for what in told:
        asyncio.run(house.sink.sync(what))
    assert house.turns == before
