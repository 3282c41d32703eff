"""The figures of ISA-18.2 and EEMUA 191, from a book whose transitions the test wrote itself."""

import random
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert

from asset_registry.assets import Asset
from service_desk.alarms.model import Alarm, Transition
from service_desk.alarms.performance import Wanted, performance
from service_desk.rulebook import RuleRow
from service_desk.tickets import desk
from service_desk.tickets.model import Comment

DAY = timedelta(days=1)
pytestmark = pytest.mark.dialects("sqlite")


@pytest.fixture
def book(house):
    """`book.alarm(...)` is one alarm; `book.said(alarm, minutes before the end, what)`; `book.figures()` of a day."""
    return Book(house)


class Book:
    def __init__(self, house):
        self.house = house
        self.end = house.clock.now()
        self.start = self.end - DAY

    def rule(self, name, kind="rule.threshold"):
        with self.house.database.write() as session:
            row = RuleRow(name=name, kind=kind, config={}, changed=self.start)
            session.add(row)
            session.flush()
            return row.id

    def alarm(self, rule_id, subject, priority="low", place=None, asset=None, active=False, since=None):
        with self.house.database.write() as session:
            row = Alarm(rule_id=rule_id, subject=subject, title=f"{subject} is out", priority=priority, active=active)
            row.since, row.value = since or self.start, 1.0
            row.place_id, row.asset_id = self.house.ids.get(place), self.house.ids.get(asset)
            session.add(row)
            session.flush()
            return row.id

    def said(self, alarm, minute, what="raised", speaks=True):
        """`minute` after the start."""
        with self.house.database.write() as session:
            at = self.start + timedelta(minutes=minute)
            session.add(Transition(alarm_id=alarm, at=at, what=what, speaks=speaks and what == "raised", detail={}))

    def figures(self, **more):
        with self.house.database.read() as session:
            return performance(session, Wanted(self.start, self.end, **more))


def test_nothing_happened(book):
    quiet = book.figures()
    assert (quiet.alarms, quiet.average, quiet.peak, len(quiet.slots)) == (0, 0.0, 0, 144)
    assert (quiet.floods, quiet.actors, quiet.standing) == ([], [], [])
    assert (quiet.median_s, quiet.p95_s, quiet.tickets) == (None, None, 0)


def test_how_many_in_ten_minutes_for_each_who_answers(book):
    fridge = book.alarm(book.rule("F"), "f")
    for minute in (1, 2, 3, 15, 700):
        book.said(fridge, minute)
    figures = book.figures()
    assert (figures.alarms, figures.peak, figures.slots[:2], figures.slots[70]) == (5, 3, [3, 1], 1)
    assert figures.average == pytest.approx(5 / 144)
    assert book.figures(operators=2).average == pytest.approx(5 / 288)


def test_what_was_silenced_does_not_count(book):
    fridge = book.alarm(book.rule("F"), "f")
    book.said(fridge, 1, speaks=False)
    assert book.figures().alarms == 0


def test_a_flood_begins_with_more_than_ten_and_ends_with_fewer_than_five(book):
    door = book.alarm(book.rule("D"), "d")
    for slot, count in ((6, 10), (12, 11), (13, 7), (14, 5), (15, 4)):
        for nth in range(count):
            book.said(door, 10 * slot + nth / 2)
    (flood,) = book.figures().floods
    assert (flood.start, flood.end) == (book.start + timedelta(hours=2), book.start + timedelta(minutes=150))
    assert (flood.alarms, flood.peak) == (23, 11)
    assert book.figures().flooded == pytest.approx(3 / 144)
    assert book.figures(operators=2).floods == []


def test_who_speaks_most_and_how_badly(book):
    doors, battery = book.rule("Doors"), book.rule("Battery")
    restless, calm, pump = book.alarm(doors, "d1"), book.alarm(doors, "d2"), book.alarm(battery, "p")
    for minute in (5, 5.3, 5.6, 90):
        book.said(restless, minute)
    book.said(restless, 90.5, "cleared")
    for minute in (300, 400):
        book.said(calm, minute)
    book.said(pump, 500)
    figures = book.figures()
    assert [(each.name, each.alarms, round(each.share, 2)) for each in figures.rules] == [
        ("Doors", 6, 0.86),
        ("Battery", 1, 0.14),
    ]
    worst = figures.actors[0]
    assert (worst.subject, worst.alarms, worst.chattering, worst.fleeting) == ("d1", 4, 1, 1)
    assert (figures.chattering, figures.fleeting, figures.worst_share) == (1, 1, 1.0)


def test_how_long_until_somebody_answers(book):
    rule = book.rule("F")
    for nth, minutes in enumerate((1, 2, 3, 20, None)):
        alarm = book.alarm(rule, f"f{nth}", priority=("high" if nth == 0 else "low"))
        book.said(alarm, 100)
        if minutes is not None:
            book.said(alarm, 100 + minutes, "acknowledged")
    figures = book.figures()
    assert (figures.median_s, figures.unanswered) == (150.0, 1)
    assert figures.p95_s == pytest.approx(60 * 17.45)
    assert figures.priorities == {"high": 1, "medium": 0, "low": 4}


def test_what_has_held_for_a_day_stands(book):
    rule = book.rule("F")
    book.alarm(rule, "old", active=True, since=book.end - 2 * DAY)
    book.alarm(rule, "new", active=True, since=book.end - timedelta(hours=23))
    with book.house.database.write() as session:
        session.get(Alarm, book.alarm(rule, "known", active=True, since=book.start)).suppressed = "in repair"
    assert [alarm.subject for alarm in book.figures().standing] == ["old"]


def test_how_many_tickets_led_to_an_action(book):
    house = book.house
    with house.database.write() as session:
        at = book.start + timedelta(hours=1)
        taken, written, left, seen = (
            desk.open_ticket(session, desk.Wish(f"T{nth}", kind="incident"), desk.OWN, at) for nth in range(4)
        )
        desk.open_ticket(session, desk.Wish("asked for"), "lind", at)
        desk.take(session, taken.id, house.ids["okafor"], at)
        desk.comment(session, written.id, "brandt", "Door closed.", at)
        session.add(Comment(ticket_id=left.id, at=at, who=desk.OWN, did="opened this ticket"))
        desk.write(session, seen, "brandt", "", at, did="acknowledged")
    assert (book.figures().tickets, book.figures().acted) == (4, 2)


def test_silences_that_were_over_before_anybody_answered(book):
    silent = book.alarm(book.rule("Silent", "rule.silence"), "s")
    for minute in (10, 30):
        book.said(silent, minute)
    book.said(silent, 14, "cleared")
    book.said(silent, 31, "acknowledged")
    book.said(silent, 40, "cleared")
    figures = book.figures()
    assert (figures.silences, figures.brief_silences, figures.device_days) == (2, 1, 6.0)


def test_of_one_building_or_department(book):
    with book.house.database.write() as session:
        session.get(Asset, book.house.ids["P-117"]).department = "Level 4"
    rule = book.rule("F")
    book.said(book.alarm(rule, "here", place="4.12"), 1)
    book.said(book.alarm(rule, "nowhere", asset="P-117"), 1)
    assert book.figures().alarms == 2
    assert [each.subject for each in book.figures(place_id=book.house.ids["building"]).actors] == ["here"]
    assert [each.subject for each in book.figures(department="Level 4").actors] == ["nowhere"]
    assert book.figures(department="Level 5").alarms == 0


@pytest.mark.long
@pytest.mark.dialects("sqlite", "postgresql")
def test_a_hundred_thousand_transitions_take_two_seconds_at_most(book):
    chance, rule = random.Random(7), book.rule("F")
    alarms = [book.alarm(rule, f"s{nth}") for nth in range(500)]
    rows = []
    for nth in range(33_334):
        at, alarm = book.start + timedelta(seconds=chance.random() * 86_000), chance.choice(alarms)
        for what, after in (("raised", 0), ("acknowledged", 90), ("cleared", 200)):
            point = {"points": [[1_700_000_000_000 + n, 8.9] for n in range(20)]} if what == "raised" else {}
            row = {"alarm_id": alarm, "what": what, "at": at + timedelta(seconds=after), "who": "wardkeeper"}
            rows.append(row | {"speaks": what == "raised", "detail": point | {"nth": nth}})
    with book.house.database.write() as session:
        session.execute(insert(Transition), rows)
    begun = time.perf_counter()
    assert book.figures().alarms == 33_334
    took = time.perf_counter() - begun
    print(f"{took:.2f} s")
    assert took < 2
