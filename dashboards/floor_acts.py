"""What the page of a scanned asset tells: the clock of a sequestered one, the next spare, whose report it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.audit import Audit
from asset_registry.find import find_assets
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.people import Principal
from asset_registry.status import CLAIM_MINUTES
from asset_registry.working_days import Deadline, deadline
from dashboards.context import Context
from service_desk.tickets import desk
from service_desk.tickets.model import Comment, Ticket


@dataclass(frozen=True)
class Spare:
    """Another one that can be taken, and where it is."""

    asset: KnownAsset
    room: KnownPlace | None
    metres: float | None


def clock_of(here: Context, it: KnownAsset) -> Deadline | None:
    """By when what happened is to be reported; None when it is not sequestered."""
    if it.condition != "sequestered":
        return None
    start = (it.sequestered or it.changed).astimezone(here.zone).date()
    return deadline(start, here.clock.now().astimezone(here.zone).date(), here.holidays)


def spare_of(here: Context, it: KnownAsset, place: KnownPlace | None) -> Spare | None:
    """The nearest usable one of the same category, one in doubt when there is no other."""
    now = here.snapshots.current
    near = place.id if place is not None else it.home_id
    found = find_assets(now, here.latest, it.category, near, here.clock.now(), here.zone)
    same = [hit for hit in [*found.usable, *found.doubtful] if hit.asset.category == it.category]
    return Spare(same[0].asset, same[0].room, same[0].distance_m) if same else None


def reported_by(session: Session, asset_id: int, visitor: Principal, now: datetime) -> bool:
    """Whether this person reported it broken a moment ago, and may still take that back."""
    said = select(Audit).where(Audit.object_kind == "asset", Audit.object_id == str(asset_id))
    said = said.where(Audit.at >= now - timedelta(minutes=CLAIM_MINUTES)).order_by(Audit.id.desc())
    line = next((line for line in session.scalars(said) if (line.after or {}).get("condition") == "reported"), None)
    return line is not None and line.who == visitor.login


def solve_own(session: Session, asset_id: int, title: str, visitor: Principal, now: datetime, text: str) -> None:
    """Solve the open request of that title about the asset, when this person opened it."""
    about = select(Ticket).where(Ticket.asset_id == asset_id, Ticket.title == title)
    about = about.where(Ticket.state.in_(("new", "open", "waiting"))).order_by(Ticket.id.desc())
    for ticket in session.scalars(about):
        if opener(session, ticket) == visitor.login:
            desk.set_state(session, ticket.id, "solved", visitor.login, now, text)


def opener(session: Session, ticket: Ticket) -> str:
    """Who opened a request."""
    first = select(Comment.who).where(Comment.ticket_id == ticket.id).order_by(Comment.id).limit(1)
    return session.scalar(first) or ""
