"""What a ticket promises, as words: time left, done in time, late."""

from datetime import UTC, datetime, timedelta

from dashboards.promises import pressing, promises_of
from service_desk.tickets.model import Ticket

OPENED = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def ticket(**fields):
    due = {"answer_due": OPENED + timedelta(minutes=15), "repair_due": OPENED + timedelta(hours=4)}
    return Ticket(created=OPENED, **{**due, **fields})


def at(minutes):
    return OPENED + timedelta(minutes=minutes)


def test_time_left():
    answer, repair = promises_of(ticket(), at(5))
    assert (answer.title, answer.words, answer.state) == ("Answer within 15\u00a0min", "10\u00a0min left", "open")
    assert repair.words == "3\u00a0h 55\u00a0min left"
    assert round(answer.part, 2) == 0.33


def test_done_in_time_and_too_late():
    answer, repair = promises_of(ticket(answered=at(2), solved=at(300)), at(600))
    assert (answer.words, answer.state) == ("done in 2\u00a0min", "done")
    assert (repair.words, repair.state, repair.part) == ("done in 5\u00a0h, 60\u00a0min late", "late", 1.0)


def test_what_was_solved_needs_no_answer_any_more():
    answer, _ = promises_of(ticket(solved=at(10)), at(60))
    assert (answer.state, answer.words) == ("done", "done in 10\u00a0min")


def test_the_broken_promise_is_looked_at_first():
    assert pressing(ticket(), at(5)).title.startswith("Repair")
    assert pressing(ticket(), at(20)).words == "answer late by 5\u00a0min"
    assert pressing(ticket(answered=at(1)), at(20)).title.startswith("Repair")
    assert pressing(ticket(answered=at(1)), at(300)).words == "late by 60\u00a0min"
    assert pressing(Ticket(created=OPENED), at(5)) is None
