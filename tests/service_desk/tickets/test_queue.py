from datetime import timedelta

import pytest

from service_desk.tickets import desk
from service_desk.tickets.desk import Wish
from service_desk.tickets.model import Ticket
from service_desk.tickets.queue import Wanted, detail, queue


@pytest.fixture
def four(house):
    """W-1001 low, W-1002 high about F-07, W-1003 medium and solved, W-1004 high and okafor's."""
    now = house.clock.now()
    with house.database.write() as session:
        for title, priority, asset in (
            ("A lamp flickers", "low", None),
            ("Alarm lamp is dark", "high", house.ids["F-07"]),
            ("A bed squeaks", "medium", None),
            ("No 100% oxygen", "high", None),
        ):
            wish = Wish(title, priority, asset_id=asset, place_id=house.ids["4.18"] if asset else None)
            desk.create_request(session, wish, "", "brandt", now)
            now += timedelta(seconds=1)
        desk.set_state(session, 3, "solved", "okafor", now)
        desk.take(session, 4, house.ids["okafor"], now)
    return house


def numbers(house, **wanted):
    with house.database.read() as session:
        return [row.ticket.number for row in queue(session, Wanted(**wanted))]


def test_the_gravest_first_then_what_was_promised_first(four):
    assert numbers(four) == ["W-1002", "W-1004", "W-1001"]


@pytest.mark.parametrize(
    "wanted, found",
    [
        ({"states": ("solved",)}, ["W-1003"]),
        ({"states": ()}, ["W-1002", "W-1004", "W-1003", "W-1001"]),
        ({"priorities": ("low", "medium")}, ["W-1001"]),
        ({"unassigned": True}, ["W-1002", "W-1001"]),
        ({"text": "LAMP"}, ["W-1002", "W-1001"]),
        ({"text": "lamp f-07"}, ["W-1002"]),
        ({"text": "4.18"}, ["W-1002"]),
        ({"text": "w-1004"}, ["W-1004"]),
        ({"text": "%"}, ["W-1004"]),
        ({"text": "nothing"}, []),
        ({"limit": 1, "offset": 1}, ["W-1004"]),
    ],
)
def test_filters(four, wanted, found):
    assert numbers(four, **wanted) == found


def test_the_letters_of_every_language_have_two_cases(house):
    with house.database.write() as session:
        desk.create_request(session, Wish("Über dem Bett tropft ÉTAGE 4", "low"), "", "brandt", house.clock.now())
    for text in ("über", "ÜBER", "étage", "BETT"):
        assert numbers(house, text=text) == ["W-1001"]


def test_what_nobody_promised_comes_last(four):
    with four.database.write() as session:
        session.get(Ticket, 2).repair_due = None
    assert numbers(four) == ["W-1004", "W-1002", "W-1001"]


def test_mine_and_those_of_an_asset_or_a_place(four):
    assert numbers(four, mine=four.ids["okafor"]) == ["W-1004"]
    assert numbers(four, asset_id=four.ids["F-07"]) == ["W-1002"]
    assert numbers(four, place_id=four.ids["4.18"]) == ["W-1002"]


def test_a_row_has_the_words_and_knows_when_it_is_late(four):
    with four.database.read() as session:
        row = queue(session, Wanted(text="F-07"))[0]
    assert (row.asset, row.place, row.place_name, row.assignee) == ("Fridge F-07", "4.18", "Medication", "")
    assert not row.late(row.ticket.answer_due)
    assert row.late(row.ticket.answer_due + timedelta(seconds=1))


def test_a_ticket_with_its_conversation_and_who_spoke(four):
    with four.database.read() as session:
        found = detail(session, "W-1004")
        assert detail(session, "W-9") is None
    assert found.row.assignee == "M. Okafor"
    assert [(turn.name, turn.comment.did) for turn in found.turns] == [
        ("A. Brandt", "opened this request"),
        ("M. Okafor", "took it"),
    ]
