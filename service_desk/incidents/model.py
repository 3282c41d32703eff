"""Incidents: alarms with one cause."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from asset_registry.db import Base


class Incident(Base):
    """`key` is what makes it once and only once: the alarm's rule, subject and onset.

    `reserved` says which of `service_desk.reserved.MATTERS` it is: that one only a person may close. `cause` is the
    node it is known by (`service_desk.incidents.causes`). One with a `parent_id` turned out to be a consequence of that
    one: it is closed, and its alarms are there.
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
    cause: Mapped[str] = mapped_column(default="", server_default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)


class Apart(Base):
    """A person said that a rule's alarm about a subject does not come from `cause`: never joined again by itself."""

    __tablename__ = "apart"
    __table_args__ = (UniqueConstraint("rule_id", "subject", "cause"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id"))
    subject: Mapped[str]
    cause: Mapped[str]
    at: Mapped[datetime]
    who: Mapped[str]
    why: Mapped[str] = mapped_column(default="")


class Outbox(Base):
    """What a ticket system has still to be told about an incident. Written in the transaction of the transition.

    `about` are the alarms that this is about, the first of them when they are many. `refused` is why it will not be
    tried again, `error` why it has not come through yet.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    sink: Mapped[str]
    what: Mapped[str]
    at: Mapped[datetime]
    about: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    created: Mapped[datetime]
    due: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    holder: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[datetime | None]
    refused: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    _incident: Mapped[Incident] = relationship(lazy="raise")  # it is written first
