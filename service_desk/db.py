"""The desk's durable state besides tickets, cursors and the leader's lease; numbers of rows to come."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

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


_MORE = 4
_MOST = 1024


class _Numbers:
    """Of one table, in one transaction."""

    def __init__(self) -> None:
        self.ready: list[int] = []
        self.next = 1


def number(session: Session, model: type[Base]) -> int:
    """The id of a row to come, so that a thousand of them are written at once. All of the transaction come from here.

    The more are asked for, the more are fetched at a time.
    """
    numbers: _Numbers = session.info.setdefault(("numbers", model), _Numbers())
    if not numbers.ready:
        numbers.ready = sorted(_fetched(session, model, numbers.next), reverse=True)
        numbers.next = min(numbers.next * _MORE, _MOST)
    return numbers.ready.pop()


def _fetched(session: Session, model: type[Base], count: int) -> Iterable[int]:
    table = model.__table__
    if session.get_bind().dialect.name == "postgresql":
        following = func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id"))
        return session.scalars(select(following).select_from(func.generate_series(1, count)))
    newest = session.scalar(select(func.max(table.c.id))) or 0  # its transaction has the database for itself
    return range(newest + 1, newest + 1 + count)
