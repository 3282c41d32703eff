"""What has to be decided about a reserved incident before its ticket may close, as the ticket page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from asset_registry.people import Principal
from dashboards.signing import has_password
from service_desk import reserved
from service_desk.incidents.model import Incident
from service_desk.reserved import MATTERS, Disposition


@dataclass(frozen=True)
class Decision:
    """`due` when a decision is still wanted; `may` when this visitor may sign it, `asks` with a password."""

    words: str
    roles: str
    options: Sequence[str]
    signed: Sequence[Disposition]
    broken: Disposition | None
    due: bool
    may: bool
    asks: bool


def decision_of(session: Session, incident_id: int | None, visitor: Principal) -> Decision | None:
    """None when nothing is reserved."""
    incident = session.get(Incident, incident_id) if incident_id is not None else None
    if incident is None or not incident.reserved:
        return None
    matter, signed = MATTERS[incident.reserved], reserved.decisions(session, incident.id)
    return Decision(
        words=matter.words,
        roles=reserved.spelled(matter.roles),
        options=matter.decisions,
        signed=signed,
        broken=reserved.broken_at(signed),
        due=bool(reserved.undecided(session, incident)),
        may=visitor.is_person and visitor.may(*matter.roles),
        asks=has_password(session, visitor.person_id),
    )
