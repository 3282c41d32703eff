"""Escalation policies: kept, checked, ordered."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Person
from asset_registry.roles import ROLES
from service_desk.notices.model import Escalation, Policy, Schedule

LONGEST_MIN = 24 * 60
"""Minutes that a level may wait."""
MOST = 10


def all_of(session: Session) -> list[Policy]:
    """Every policy, in the order in which they are asked."""
    return list(session.scalars(select(Policy).order_by(Policy.rank, Policy.id)))


def save(session: Session, policy: Policy, who: str, now: datetime) -> Policy:
    """Keep a new policy, or what changed of one. Raises Invalid or Conflict."""
    policy.name = policy.name.strip()
    if not policy.name:
        raise Invalid("Give the policy a name.")
    with session.no_autoflush:
        other = session.scalar(select(Policy).where(Policy.name == policy.name))
        if other is not None and other is not policy:
            raise Conflict(f"There is a policy called {policy.name} already.")
        _check(session, policy)
    policy.changed = now
    session.add(policy)
    session.flush()
    after = {"name": policy.name, "levels": policy.levels, "enabled": policy.enabled}
    record(session, now, who, "save", ("escalation_policy", policy.id), after=after)
    return policy


def remove(session: Session, policy_id: int, who: str, now: datetime) -> None:
    """Forget a policy; what it had begun ends. Raises Missing."""
    policy = session.get(Policy, policy_id)
    if policy is None:
        raise Missing(f"There is no policy {policy_id}.")
    session.execute(delete(Escalation).where(Escalation.policy_id == policy_id))
    record(
        session, now, who, "remove", ("escalation_policy", policy_id), {"name": policy.name, "levels": policy.levels}
    )
    session.delete(policy)


def _check(session: Session, policy: Policy) -> None:
    if not 0 < len(policy.levels) <= MOST:
        raise Invalid(f"A policy has at least one level and at most {MOST}.")
    before = -1
    for level in policy.levels:
        after = level["after_min"]
        if not before < after <= LONGEST_MIN:
            raise Invalid(f"Each level comes later than the one before, and within {LONGEST_MIN // 60} h.")
        before = after
        _check_target(session, str(level["kind"]), str(level["who"]))
    if policy.fallback:
        _check_target(session, policy.fallback["kind"], policy.fallback["who"])


def _check_target(session: Session, kind: str, who: str) -> None:
    if kind == "person":
        if session.scalar(select(Person.id).where(Person.login == who, Person.active)) is None:
            raise Invalid(f'There is nobody with the login "{who}".')
    elif kind == "role":
        if who not in ROLES:
            raise Invalid(f'There is no role "{who}".')
    elif kind != "schedule" or not who.isdecimal() or session.get(Schedule, int(who)) is None:
        raise Invalid("There is no such schedule.")
