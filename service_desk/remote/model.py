"""What is known of an incident's ticket in a foreign system, and what it was told."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base


class RemoteTicket(Base):
    """One incident in one sink. `number` is "" until there is a ticket.

    `told` are the steps that are done; `trying` is one that was begun at `tried` and of which nobody knows whether it
    happened, "" when there is none. `unconfirmed`: only a person can say (`service_desk.remote.doubts`).
    `state` and `assignee` are how it stood there at `checked`; `priority` is what we set it to.
    `evidence` is kept, frozen, until all of it was told.
    """

    __tablename__ = "remote_ticket"
    __table_args__ = (UniqueConstraint("incident_id", "sink"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    sink: Mapped[str] = mapped_column(index=True)
    key: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    assignee: Mapped[str] = mapped_column(default="")
    priority: Mapped[str] = mapped_column(default="")
    told: Mapped[list[str]] = mapped_column(JSON, default=list)
    trying: Mapped[str] = mapped_column(default="")
    tried: Mapped[datetime | None]
    unconfirmed: Mapped[bool] = mapped_column(default=False)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    checked: Mapped[datetime | None]
    changed: Mapped[datetime | None]
