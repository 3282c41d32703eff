"""Leases: what only one process may do at a time (judge alarms)."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from collector.errors import Unreachable
from service_desk.db import Lease


def hold(session: Session, name: str, holder: str, now: datetime, length: timedelta) -> None:
    """Take or renew a lease in the caller's transaction, which it fences. Raises Unreachable while another holds it."""
    row = session.get(Lease, name, with_for_update=True, populate_existing=True)
    if row is None:
        session.add(Lease(name=name, holder=holder, until=now + length))
        try:
            session.flush()
        except IntegrityError as error:  # on PostgreSQL there was no row to wait for
            raise Unreachable(f"lease {name!r} was just taken by another process; this one waits") from error
        return
    if row.holder != holder and row.until > now:
        raise Unreachable(f"lease {name!r} is held by {row.holder} until {row.until:%H:%M:%S} UTC; this process waits")
    row.holder, row.until = holder, now + length


def follow(session: Session, name: str) -> None:
    """Wait until the holder's transaction has ended, and let it wait for ours. SQLite's transactions do so anyway."""
    session.get(Lease, name, with_for_update=True)


def release(session: Session, name: str, holder: str, now: datetime) -> None:
    """Let another have it at once."""
    row = session.get(Lease, name, with_for_update=True, populate_existing=True)
    if row is not None and row.holder == holder:
        row.until = now


def unheld(session: Session, name: str, now: datetime, length: timedelta) -> timedelta:
    """How long nobody has held it, at the most; nothing when nobody ever did. `length` is how long it is held for."""
    row = session.get(Lease, name)
    return max(now - row.until + length, timedelta(0)) if row else timedelta(0)
