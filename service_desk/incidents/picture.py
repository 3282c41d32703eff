"""What stands, read once a transaction: a thousand alarms at once ask the database for it once."""

from collections.abc import Collection, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.causes import About, Causes, Standing, Unaware
from service_desk.incidents.model import Apart, Incident

_KEY = "incidents that stand"


def about_of(alarm: Alarm) -> About:
    """The alarm as far as its cause goes."""
    return About(alarm.rule_id, alarm.subject, alarm.asset_id, alarm.place_id, alarm.metric, alarm.since)


def standing(session: Session, causes: Causes | Unaware) -> Standing:
    """The picture of this transaction; whoever changes what stands keeps it in step."""
    found = session.info.get(_KEY)
    if not isinstance(found, Standing):
        found = session.info[_KEY] = _load(session, causes)
    return found


class Memory:
    """Carries the picture from one transaction of the judge to the next, while nobody else has written in the book.

    Every change in the book is a transition, so the newest one tells.
    """

    def __init__(self) -> None:
        self._found: Standing | None = None
        self._newest: int | None = None

    def recall(self, session: Session) -> None:
        """At the beginning, with the lease in hand."""
        if self._found is not None and self._newest == _newest(session):
            session.info[_KEY] = self._found
        self._found = None  # until this transaction has ended well

    def keep(self, session: Session) -> None:
        """At the end. When the commit fails after all, the newest transition is another one."""
        session.flush()
        self._found, self._newest = session.info.get(_KEY), _newest(session)


def _newest(session: Session) -> int | None:
    return session.scalar(select(func.max(Transition.id)))


def incident_of(session: Session, incident_id: int) -> Incident:
    """The incident, asked for once a transaction."""
    key = _KEY, incident_id
    found = session.info.get(key)
    if not isinstance(found, Incident):
        found = session.info[key] = session.get_one(Incident, incident_id)
    return found


def hold(session: Session, incidents: Iterable[Incident]) -> None:
    """These are at hand: `incident_of` need not ask for them."""
    session.info.update({(_KEY, incident.id): incident for incident in incidents})


def look_up(session: Session, incident_ids: Collection[int]) -> None:
    """Have them at hand."""
    if incident_ids:
        hold(session, session.scalars(select(Incident).where(Incident.id.in_(incident_ids))))


def forget(session: Session) -> None:
    """It was changed by hand: read it anew."""
    session.info.pop(_KEY, None)


def _load(session: Session, causes: Causes | Unaware) -> Standing:
    found = Standing()
    for incident_id, cause in session.execute(
        select(Incident.id, Incident.cause).where(Incident.closed.is_(None)).order_by(Incident.opened, Incident.id)
    ):
        found.known[cause][incident_id] = None
        found.holding[incident_id] = {}
    holding = select(Alarm).where(Alarm.active, Alarm.incident_id.is_not(None)).order_by(Alarm.since, Alarm.id)
    columns = (Alarm.id, Alarm.incident_id, Alarm.rule_id, Alarm.subject, Alarm.asset_id, Alarm.place_id, Alarm.metric)
    for row in session.execute(holding.with_only_columns(*columns, Alarm.since)):
        if row.incident_id not in found.holding:
            continue  # it was raised just now, and its last incident is closed
        about = About(row.rule_id, row.subject, row.asset_id, row.place_id, row.metric, row.since)
        first = not found.holding[row.incident_id]
        found.put(row.id, row.incident_id, about, causes.above(about) if first else ())
    for rule_id, subject, cause in session.execute(select(Apart.rule_id, Apart.subject, Apart.cause)):
        found.apart.setdefault((rule_id, subject), set()).add(cause)
    return found
