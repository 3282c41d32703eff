"""What an alert of other monitoring is about."""

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base


class Alert(Base):
    """One alert, for as long as it is heard of: `device` is its name in readings, `firing` what was said last."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    words: Mapped[str]
    labels: Mapped[dict[str, str]] = mapped_column(JSON)
    asset: Mapped[str]
    room: Mapped[str]
    about: Mapped[str]
    priority: Mapped[str]
    firing: Mapped[bool]
    heard: Mapped[datetime] = mapped_column(index=True)
