"""Rules live, versioned and audited, in the database; YAML is their import, export and replay form."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base

PRIORITIES = ("high", "medium", "low")


class RuleRow(Base):
    """A rule: its `kind` is a part (`rule.threshold`), `config` what that part's Config accepts."""

    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    changed: Mapped[datetime]


class RuleState(Base):
    """What a rule remembers about one subject between readings and across restarts."""

    __tablename__ = "rule_state"

    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    due: Mapped[datetime | None] = mapped_column(index=True)
