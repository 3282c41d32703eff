"""What the ticket systems have to hear goes into the outbox, in the transaction of what happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from collector.points import ms_of
from service_desk.incidents.model import Incident, Outbox
from service_desk.incidents.news import MOST_TOLD

GATHER = timedelta(seconds=10)


def tell(
    session: Session,
    incident: Incident,
    what: str,
    when: tuple[datetime, datetime],
    sinks: Sequence[str],
    about: int = 0,
    *,
    together: bool = False,
) -> None:
    """Put into the outbox what the ticket systems have to hear. `when`: as of what time, and what time it is now.

    With `together` they hear of it with what follows within GATHER.
    """
    at, now = when
    for sink in sinks:
        if together and (row := _waiting(session, incident, sink, what)) is not None:
            if len(row.about) < MOST_TOLD:
                row.about, row.at = [*row.about, about], max(row.at, at)
            continue
        key = f"{sink}:{incident.key}:{what}:{about}:{ms_of(at)}"
        # an incident opens once, so that needs no question
        if what == "opened" or session.scalar(select(Outbox.id).where(Outbox.key == key)) is None:
            due = now + GATHER if together else now
            row = Outbox(key=key, incident_id=incident.id, sink=sink, what=what, at=at, created=now, due=due)
            row.about = [about] if about else []
            session.add(row)


def _waiting(session: Session, incident: Incident, sink: str, what: str) -> Outbox | None:
    """The row that nobody has begun to tell; found once a transaction."""
    key = "waiting", incident.id, sink, what
    if key not in session.info:
        query = select(Outbox).where(Outbox.incident_id == incident.id, Outbox.sink == sink, Outbox.what == what)
        query = query.where(Outbox.done.is_(None), Outbox.attempts == 0).order_by(Outbox.id.desc()).limit(1)
        row = session.scalars(query.with_for_update()).first()
        if row is None:
            return None
        session.info[key] = row
    found: Outbox = session.info[key]
    return found
