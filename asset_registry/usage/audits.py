"""Audits by walking: what should be somewhere, what was seen there, what is missing, and who signed it.

What is expected is fixed when the audit begins; what moves meanwhile is seen, or it is not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.assets import Asset
from asset_registry.audit import hold, record
from asset_registry.db import Base
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.people import Principal
from asset_registry.snapshot import Snapshot
from asset_registry.status import set_status

HOW = ("scanned", "seen", "located")
"""Its label was scanned; somebody saw it; a fix said so."""
AWAY = ("loaned_out", "missing", "retired", "patient_owned")
"""Nobody expects what is held so."""


class AssetAudit(Base):
    """An audit. `rooms` are walked, `expected` the assets that should be there; signed once it is over."""

    __tablename__ = "asset_audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    rooms: Mapped[list[int]] = mapped_column(JSON)
    expected: Mapped[list[int]] = mapped_column(JSON)
    begun: Mapped[datetime]
    begun_by: Mapped[str]
    signed: Mapped[datetime | None] = mapped_column(index=True)
    signed_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


class AuditSight(Base):
    """An asset was seen during an audit, the last time in that room."""

    __tablename__ = "asset_audit_sight"
    __table_args__ = (UniqueConstraint("audit_id", "asset_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("asset_audit.id"), index=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    at: Mapped[datetime]
    who: Mapped[str]
    how: Mapped[str]


@dataclass(frozen=True)
class Result:
    """How an audit stands: assets by id."""

    found: list[KnownAsset]
    missing: list[KnownAsset]
    unexpected: list[KnownAsset]
    sights: Mapping[int, AuditSight]


def expected_in(snapshot: Snapshot, rooms: Iterable[KnownPlace], department: str = "") -> list[KnownAsset]:
    """What should be in these rooms, or belongs to a department, by its number."""
    ids = {room.id for room in rooms}
    found = []
    for asset in snapshot.assets.values():
        home = snapshot.room_of(asset.home_id) if asset.home_id is not None else None
        here = home is not None and home.id in ids
        if (here or (department and asset.department == department)) and asset.holding not in AWAY:
            found.append(asset)
    return sorted((asset for asset in found if asset.merged_into is None), key=lambda asset: asset.number)


def begin(
    session: Session, title: str, rooms: Sequence[int], expected: Sequence[int], who: Principal, now: datetime
) -> AssetAudit:
    """Begin an audit. Raises Invalid when nothing is expected."""
    if not title.strip():
        raise Invalid("an audit needs a name")
    if not expected:
        raise Invalid("nothing in the registry belongs there: choose other rooms or another department")
    row = AssetAudit(title=title.strip(), rooms=list(rooms), expected=list(expected), begun=now, begun_by=who.login)
    session.add(row)
    session.flush()
    record(session, now, who.login, "begin audit", ("audit", row.id), after={"expected": len(expected)})
    return row


def see(
    session: Session,
    audit_id: int,
    asset_ids: Iterable[int],
    place_id: int | None,
    how: str,
    who: Principal,
    now: datetime,
) -> None:
    """These were seen. Raises Missing, Conflict once it is signed."""
    row = _open(session, audit_id)
    if how not in HOW:
        raise Invalid(f"one sees in one of these ways: {', '.join(HOW)}")
    known = {sight.asset_id: sight for sight in sights_of(session, row.id)}
    for asset_id in asset_ids:
        if session.get(Asset, asset_id) is None:
            raise Missing(f"there is no asset {asset_id}")
        sight = known.get(asset_id) or AuditSight(audit_id=row.id, asset_id=asset_id)
        sight.place_id, sight.at, sight.who, sight.how = place_id, now, who.login, how
        known[asset_id] = sight
        session.add(sight)
    session.flush()


def unsee(session: Session, audit_id: int, asset_id: int) -> None:
    """It was a mistake. Raises Missing, Conflict once it is signed."""
    row = _open(session, audit_id)
    for sight in sights_of(session, row.id):
        if sight.asset_id == asset_id:
            session.delete(sight)


def sign(session: Session, audit_id: int, gone: Iterable[int], note: str, who: Principal, now: datetime) -> AssetAudit:
    """Sign it: it changes no more. `gone`: which of the missing ones are set missing in the registry.

    Raises Forbidden for a program, Missing, Conflict, Invalid for one that was seen or not expected.
    """
    if not who.is_person:
        raise Forbidden("a person signs, not a program")
    hold(session)
    row = _open(session, audit_id)
    seen = {sight.asset_id for sight in sights_of(session, row.id)}
    lost = list(dict.fromkeys(gone))
    for asset_id in lost:
        if asset_id in seen or asset_id not in row.expected:
            raise Invalid(f"asset {asset_id} is not missing in this audit")
        set_status(session, asset_id, {"holding": "missing"}, who, now, f"audit {row.id}: {row.title}")
    row.signed, row.signed_by, row.note = now, who.name, note.strip()
    counts = {"found": len(seen & set(row.expected)), "expected": len(row.expected), "set missing": len(lost)}
    record(session, now, who.login, "sign audit", ("audit", row.id), after={**counts, "note": row.note})
    session.flush()
    return row


def audits_of(session: Session) -> list[AssetAudit]:
    """All of them: the open ones first, the newest first."""
    chosen = select(AssetAudit).order_by(AssetAudit.signed.is_not(None), AssetAudit.id.desc())
    return list(session.scalars(chosen))


def audit_of(session: Session, audit_id: int) -> AssetAudit:
    """One. Raises Missing."""
    row = session.get(AssetAudit, audit_id)
    if row is None:
        raise Missing(f"there is no audit {audit_id}")
    return row


def sights_of(session: Session, audit_id: int) -> list[AuditSight]:
    """What was seen in it, the newest first."""
    chosen = select(AuditSight).where(AuditSight.audit_id == audit_id)
    return list(session.scalars(chosen.order_by(AuditSight.at.desc(), AuditSight.id.desc())))


def result_of(snapshot: Snapshot, row: AssetAudit, sights: Iterable[AuditSight]) -> Result:
    """Found, missing and unexpected; what is no longer in the registry is left out."""
    seen = {sight.asset_id: sight for sight in sights}
    expected = [snapshot.assets[asset] for asset in row.expected if asset in snapshot.assets]
    strange = [snapshot.assets[asset] for asset in seen if asset not in set(row.expected) and asset in snapshot.assets]
    return Result(
        [asset for asset in expected if asset.id in seen],
        [asset for asset in expected if asset.id not in seen],
        strange,
        seen,
    )


def _open(session: Session, audit_id: int) -> AssetAudit:
    row = session.get(AssetAudit, audit_id, with_for_update=True)
    if row is None:
        raise Missing(f"there is no audit {audit_id}")
    if row.signed is not None:
        raise Conflict("this audit was signed; begin another one")
    return row
