"""Whether what must be told is told: for the sign of life to a monitor outside (docs/watching.md)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service_desk.incidents.model import Outbox
from service_desk.notices.model import Notice
from service_desk.notices.worker import open_


def stuck(session: Session, now: datetime, late: timedelta) -> list[str]:
    """What does not go on, in words without names: a claim that nobody finishes, a high notice that nobody takes."""
    found = []
    claimed = Outbox.done.is_(None), Outbox.refused == "", Outbox.lease_until < now - late
    if session.scalar(select(func.count()).where(*claimed)):
        found.append("the outbox does not go on")
    if session.scalar(select(func.count()).where(*open_(), Notice.lease_until < now - late)):
        found.append("a channel does not go on")
    high = *open_(), Notice.priority == "high", Notice.due < now - late
    if waiting := session.scalar(select(func.count()).where(*high)):
        found.append(f"nobody could be told of {waiting} high {'notice' if waiting == 1 else 'notices'}")
    return found
