"""Alarms: condition, acknowledgement, latch and inhibitions; the ISA-18.2 name is derived."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from asset_registry.db import Base
from service_desk.incidents.model import Incident


class Alarm(Base):
    """One rule about one subject (a device's native id, or `place:7`). One row for as long as the rule lives.

    `since` is the onset of the condition, `value` the one that raised it, `normal` what is normal in words ("2–8 °C"),
    `why` the reason of its priority.
    """

    __tablename__ = "alarm"
    __table_args__ = (UniqueConstraint("rule_id", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id"))
    subject: Mapped[str] = mapped_column(index=True)
    metric: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    priority: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(index=True)
    acknowledged: Mapped[bool] = mapped_column(default=True)
    latched: Mapped[bool] = mapped_column(default=False)
    shelved_until: Mapped[datetime | None]
    suppressed: Mapped[str] = mapped_column(default="")
    out_of_service: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]
    cleared: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    acknowledged_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    value: Mapped[Any] = mapped_column(JSON)
    low: Mapped[float | None]
    high: Mapped[float | None]
    normal: Mapped[str] = mapped_column(default="")
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    _incident: Mapped[Incident | None] = relationship(lazy="raise")  # it is written first


class Transition(Base):
    """What happened to an alarm, when: raised, cleared, acknowledged, shelved, … Append-only.

    `speaks`: it calls a person: it was raised, or holds when what silenced it ends.
    """

    __tablename__ = "transition"
    __table_args__ = (Index("ix_transition_alarm_at", "alarm_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarm.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    what: Mapped[str]
    who: Mapped[str] = mapped_column(default="wardkeeper")
    speaks: Mapped[bool] = mapped_column(default=False)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    _alarm: Mapped[Alarm] = relationship(lazy="raise")  # it is written first
