"""The desk's durable state besides tickets: cursors and the leader's lease."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base


class Cursor(Base):
    """How far a consumer whose state lives in this database has read the spool."""

    __tablename__ = "cursor"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


class Lease(Base):
    """Who may do what only one process may do (alarms), until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
