"""Notices and their escalation: what a person wants to hear, by which ways, what was told, who is on call."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base


class Way(Base):
    """One address of a person in one channel; the lowest `rank` is tried first."""

    __tablename__ = "notice_way"
    __table_args__ = (UniqueConstraint("person_id", "channel", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str]
    address: Mapped[str]
    rank: Mapped[int]


class Wish(Base):
    """What a person wants to hear of: from which priority ("" nothing), of which places and departments ([]: all).

    `quiet_from` and `quiet_until` are times of the house's clock ("22:00"), "" none; `over`: also that it is over.
    """

    __tablename__ = "notice_wish"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    priority: Mapped[str] = mapped_column(default="")
    places: Mapped[list[int]] = mapped_column(JSON, default=list)
    departments: Mapped[list[str]] = mapped_column(JSON, default=list)
    quiet_from: Mapped[str] = mapped_column(default="")
    quiet_until: Mapped[str] = mapped_column(default="")
    over: Mapped[bool] = mapped_column(default=False)
    changed: Mapped[datetime]


class Notice(Base):
    """What one person is told of one transition by one channel. `key` makes it once and only once.

    `about` is the key without channel and address. It is open until it was `handed` to the channel, `passed_on` to the
    person's next way, or ended with a reason in `failed`. `trouble` says why the last try failed.
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_channel_due", "channel", "due"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    about: Mapped[str] = mapped_column(index=True)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str]
    address: Mapped[str]
    what: Mapped[str]
    priority: Mapped[str]
    title: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    created: Mapped[datetime] = mapped_column(index=True)
    due: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    holder: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(default="")
    handed: Mapped[datetime | None]
    delivered: Mapped[bool] = mapped_column(default=False)
    reference: Mapped[str] = mapped_column(default="")
    passed_on: Mapped[datetime | None]
    failed: Mapped[str] = mapped_column(default="")


class Policy(Base):
    """Who is told when nobody answers. Of those that fit an incident the one with the lowest `rank` counts.

    `levels`, in order: {"after_min": 0, "kind": "person" | "role" | "schedule", "who": login, role or schedule's id}.
    After the last it begins anew in `repeat_min` minutes, `repeats` times. `fallback` is who is told when nobody is on
    call: {"kind", "who"} of a person or a role.
    """

    __tablename__ = "escalation_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    rank: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    priorities: Mapped[list[str]] = mapped_column(JSON, default=list)
    places: Mapped[list[int]] = mapped_column(JSON, default=list)
    departments: Mapped[list[str]] = mapped_column(JSON, default=list)
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    repeat_min: Mapped[int] = mapped_column(default=0)
    repeats: Mapped[int] = mapped_column(default=0)
    fallback: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    changed: Mapped[datetime]


class Escalation(Base):
    """How far the policy has gone with an incident: `level` is told next, at `due`; None: it has ended."""

    __tablename__ = "escalation"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("escalation_policy.id"))
    started: Mapped[datetime]
    level: Mapped[int] = mapped_column(default=0)
    turn: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime | None] = mapped_column(index=True)
    ended: Mapped[str] = mapped_column(default="")


class Schedule(Base):
    """Who is on call: an iCalendar text, brought by hand or fetched from `url`; `trouble` says why it could not be."""

    __tablename__ = "on_call_schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    fetched: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(default="")
    changed: Mapped[datetime]
