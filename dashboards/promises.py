"""What a ticket promises (answer by, repair by) as a quiet bar with words."""

from dataclasses import dataclass
from datetime import datetime

from service_desk.tickets.model import Ticket
from service_desk.words import duration


@dataclass(frozen=True)
class Promise:
    """`part` 0 to 1 of the time is used; `state` is done, open or late."""

    title: str
    part: float
    state: str
    words: str


def promises_of(ticket: Ticket, now: datetime) -> list[Promise]:
    """Answer and repair, as far as they are promised."""
    found = []
    for name, due, done in (
        ("Answer", ticket.answer_due, ticket.answered or ticket.solved),
        ("Repair", ticket.repair_due, ticket.solved),
    ):
        if due is not None:
            found.append(_promise(f"{name} within {duration(due - ticket.created)}", ticket.created, due, done, now))
    return found


def pressing(ticket: Ticket, now: datetime) -> Promise | None:
    """The promise to look at first: one that is broken, else the last one; None without any."""
    found = promises_of(ticket, now)
    open_late = [promise for promise in found if promise.state == "late" and promise.words.startswith("late")]
    if open_late and open_late[0].title.startswith("Answer"):
        return Promise(open_late[0].title, 1.0, "late", f"answer {open_late[0].words}")
    return open_late[0] if open_late else found[-1] if found else None


def _promise(title: str, start: datetime, due: datetime, done: datetime | None, now: datetime) -> Promise:
    end = done or now
    part = min(1.0, max(0.0, (end - start) / (due - start))) if due > start else 1.0
    if done is not None:
        late = done > due
        words = f"done in {duration(done - start)}" + (f", {duration(done - due)} late" if late else "")
        return Promise(title, part, "late" if late else "done", words)
    if now > due:
        return Promise(title, part, "late", f"late by {duration(now - due)}")
    return Promise(title, part, "open", f"{duration(due - now)} left")
