"""Incidents: alarms with one cause."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base


class Incident(Base):
    """`key` is what makes it once and only once: the alarm's rule, subject and onset.

    `reserved` says which of `service_desk.reserved.MATTERS` it is: that one only a person may close.
    """

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    priority: Mapped[str]
    reserved: Mapped[str] = mapped_column(default="")
    opened: Mapped[datetime] = mapped_column(index=True)
    closed: Mapped[datetime | None]
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))


class Outbox(Base):
    """What a ticket system has still to be told about an incident. Written in the transaction of the transition.

    `refused` is why it will not be tried again, `error` why it has not come through yet.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    sink: Mapped[str]
    what: Mapped[str]
    at: Mapped[datetime]
    created: Mapped[datetime]
    due: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    holder: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[datetime | None]
    refused: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
