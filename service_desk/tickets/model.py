"""Tickets of the built-in desk: incidents that opened themselves, and requests of people."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base

STATES = ("new", "open", "waiting", "solved", "closed")


class Ticket(Base):
    """`number` is "W-2296". `evidence` is frozen when the ticket opens (see `service_desk.tickets.evidence`)."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), unique=True)
    title: Mapped[str]
    priority: Mapped[str]
    state: Mapped[str] = mapped_column(default="new", index=True)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answer_due: Mapped[datetime | None]
    answered: Mapped[datetime | None]
    repair_due: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(index=True)
    changed: Mapped[datetime]
    solved: Mapped[datetime | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Comment(Base):
    """One turn of a ticket's conversation. `who` is a login, or "wardkeeper" when it speaks itself."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str]
    did: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
