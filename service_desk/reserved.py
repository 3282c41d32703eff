"""What never closes by itself: the cold chain, isolation and protective pressure, medical gas.

An incident says of itself which of these it is (`Incident.reserved`), from its first alarm on. It and its ticket close
only after an authorised person has signed what becomes of it: printed name, time and meaning (21 CFR 11.50).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from asset_registry import signing
from asset_registry.assets import Asset
from asset_registry.audit import hold, record
from asset_registry.cold_chain import records as cold
from asset_registry.db import Base, only_added
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import Principal
from asset_registry.places import Place
from asset_registry.signing import digest
from collector.metrics import family_of
from service_desk.alarms.model import Alarm
from service_desk.incidents.model import Incident
from service_desk.tickets.model import Ticket


@dataclass(frozen=True)
class Reserved:
    """What a house reserves beside the metrics of the cold chain and of medical gas."""

    cold_categories: tuple[str, ...] = ("vaccine fridge", "vaccine freezer", "blood fridge", "plasma freezer")
    isolation_room_types: tuple[str, ...] = (
        "aii_room",
        "aii_anteroom",
        "isolation_room",
        "pe_anteroom",
        "protective_environment_room",
    )


@dataclass(frozen=True)
class Matter:
    """One of the reserved: what it is in words, who decides, and what can become of it."""

    words: str
    roles: tuple[str, ...]
    decisions: tuple[str, ...]
    over: tuple[str, ...]
    """Decisions that can only be taken when nothing is out of range any more."""


MATTERS: Mapping[str, Matter] = {
    "cold_chain": Matter(
        "the cold chain",
        cold.SIGNERS["disposition"],
        ("product released", "product discarded", "product returned", "product quarantined"),
        ("product released",),
    ),
    "isolation": Matter(
        "isolation",
        ("infection_prevention", "facilities"),
        ("room released", "room taken out of use"),
        ("room released",),
    ),
    "medical_gas": Matter(
        "medical gas",
        ("facilities", "pharmacy_lab"),
        ("supply released", "supply taken out of use"),
        ("supply released",),
    ),
}

MEANING = "decided what becomes of it"
DUE = "Before this can be closed somebody has to sign what becomes of it."
_COLD = {"product released": "released", "product discarded": "discarded", "product returned": "returned"}


class Disposition(Base):
    """One signed decision about an incident. `digest` covers it and the digest of the one before."""

    __tablename__ = "disposition"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    at: Mapped[datetime]
    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    meaning: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    digest: Mapped[str]


def matter_of(session: Session, alarm: Alarm, house: Reserved) -> str:
    """Which of MATTERS an alarm belongs to, "" for none."""
    family = family_of(alarm.metric)
    if family in ("cold_chain", "medical_gas"):
        return family
    if family in ("device_health", "location"):
        return ""  # a battery of a sensor says nothing of what it watches
    if alarm.asset_id:
        return "cold_chain" if _kind(session, Asset.category, alarm.asset_id) in house.cold_categories else ""
    room = alarm.place_id if family in ("hvac", "door") else None
    return "isolation" if room and _kind(session, Place.room_type, room) in house.isolation_room_types else ""


def look_up(session: Session, assets: Iterable[int | None], places: Iterable[int | None]) -> None:
    """Ask at once of what kind they are, for this transaction."""
    for kind, ids in ((Asset.category, assets), (Place.room_type, places)):
        if wanted := {one for one in ids if one is not None}:
            _kinds(session, kind).update(_asked(session, kind, wanted))


def _kind(session: Session, kind: InstrumentedAttribute[str], identity: int) -> str:
    known = _kinds(session, kind)
    if identity not in known:
        known.update(_asked(session, kind, {identity}))
    return known.get(identity, "")


def _kinds(session: Session, kind: InstrumentedAttribute[str]) -> dict[int, str]:
    known: dict[int, str] = session.info.setdefault(("kinds", kind.key), {})
    return known


def _asked(session: Session, kind: InstrumentedAttribute[str], wanted: Collection[int]) -> dict[int, str]:
    identity = kind.class_.id
    return {row[0]: row[1] for row in session.execute(select(identity, kind).where(identity.in_(wanted)))}


def decide(
    session: Session, incident_id: int, decision: str, reason: str, actor: Principal, now: datetime
) -> Disposition:
    """Sign what becomes of it. Raises Missing, Forbidden, Invalid, Conflict."""
    hold(session)
    incident = session.get(Incident, incident_id)
    if incident is None or not incident.reserved:
        raise Missing(f"There is nothing to decide about incident {incident_id}.")
    matter = MATTERS[incident.reserved]
    if not actor.is_person or not actor.may(*matter.roles):
        raise Forbidden(f"This is {matter.words}: it is decided by {spelled(matter.roles)}.")
    if decision not in matter.decisions:
        raise Invalid(f"Decide one of: {', '.join(matter.decisions)}.")
    if not reason.strip():
        raise Invalid("Say what the decision rests on.")
    if decision in matter.over and _holds(session, incident_id):
        raise Conflict("It is not back to normal yet: nothing can be released.")
    before = decisions(session, incident_id)
    row = Disposition(
        incident_id=incident_id,
        at=now,
        login=actor.login,
        name=actor.name,
        role=next((role for role in matter.roles if role in actor.roles), "admin"),
        meaning=MEANING,
        decision=decision,
        reason=reason.strip(),
    )
    row.digest = _digest(row, before[0].digest if before else "")
    session.add(row)
    record(session, now, actor.login, "decide", ("incident", incident_id), after={"decision": decision})
    asset_id = incident.asset_id
    if decision in _COLD and asset_id is not None and session.get(cold.ColdStore, asset_id) is not None:
        content = {"decision": _COLD[decision], "incident": incident_id}
        cold.sign(session, asset_id, "disposition", content, actor, now, reason)
    session.flush()
    return row


def decisions(session: Session, incident_id: int) -> list[Disposition]:
    """What was decided about an incident, newest first."""
    chosen = select(Disposition).where(Disposition.incident_id == incident_id)
    return list(session.scalars(chosen.order_by(Disposition.id.desc())))


def broken_at(rows: Sequence[Disposition]) -> Disposition | None:
    """The oldest decision that is not as it was signed; `rows` newest first."""
    return signing.broken_at(rows, _digest)


def undecided(session: Session, incident: Incident) -> str:
    """What must be decided before it may close, in words; "" when nothing must.

    A decision counts until a condition begins anew. One that was signed at the cold store itself counts too.
    """
    if not incident.reserved or incident.id not in undecided_ids(session, incident.id):
        return ""
    return MATTERS[incident.reserved].words


def undecided_ids(session: Session, *only: int) -> set[int]:
    """Which incidents that are open, or of `only`, still want a decision."""
    which = Incident.id.in_(only) if only else Incident.closed.is_(None)
    return set(session.scalars(select(Incident.id).where(which, _wants_decision())))


def waiting(session: Session) -> list[str]:
    """The numbers of tickets that are over and only wait for a decision, the oldest first."""
    holds = select(Alarm.id).where(Alarm.incident_id == Incident.id, Alarm.active).exists()
    over = select(Ticket.number).join(Incident, Ticket.incident_id == Incident.id)
    return list(session.scalars(over.where(Incident.closed.is_(None), ~holds, _wants_decision()).order_by(Incident.id)))


def _wants_decision() -> ColumnElement[bool]:
    begun = select(func.max(Alarm.since)).where(Alarm.incident_id == Incident.id).correlate(Incident)
    onset = func.coalesce(begun.scalar_subquery(), Incident.opened)
    mine = select(Disposition.id).where(Disposition.incident_id == Incident.id, Disposition.at >= onset)
    store = cold.ColdRecord.asset_id == Incident.asset_id, cold.ColdRecord.kind == "disposition"
    there = select(cold.ColdRecord.id).where(*store, cold.ColdRecord.at >= onset)
    decided = mine.correlate(Incident).exists(), there.correlate(Incident).exists()
    return and_(Incident.reserved != "", ~decided[0], or_(Incident.reserved != "cold_chain", ~decided[1]))


def keep_open(session: Session, incident_id: int | None, number: str) -> None:
    """Raises Conflict when this ticket may not be solved or closed yet, by a person neither."""
    incident = session.get(Incident, incident_id) if incident_id is not None else None
    if incident is not None and (words := undecided(session, incident)):
        roles = spelled(MATTERS[incident.reserved].roles)
        raise Conflict(f"{number} is about {words}: {roles} first signs what becomes of it.")


def spelled(roles: Sequence[str]) -> str:
    """Roles in words: infection prevention or facilities."""
    return " or ".join(role.replace("_", " ") for role in roles)


def _holds(session: Session, incident_id: int) -> bool:
    return session.scalar(select(Alarm.id).where(Alarm.incident_id == incident_id, Alarm.active).limit(1)) is not None


def _digest(row: Disposition, before: str) -> str:
    who = [row.login, row.name, row.role]
    return digest([before, row.incident_id, row.at.isoformat(), *who, row.meaning, row.decision, row.reason])


only_added(Disposition, "signed decisions are only ever added")
