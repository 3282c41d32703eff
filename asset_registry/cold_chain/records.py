"""What people set up and signed about cold stores. Signed records are only ever added, each chained to the one before.

A signature is the printed name of who signed, when, and what it means (21 CFR 11.50); a change says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry import signing
from asset_registry.assets import Asset
from asset_registry.audit import hold
from asset_registry.cold_chain.judging import Probe
from asset_registry.db import Base, only_added
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.hvac import Range
from asset_registry.people import Principal
from asset_registry.signing import digest

Kind = Literal["setup", "probe", "review", "quarantine", "disposition"]

MEANINGS: Mapping[Kind, str] = {
    "setup": "responsible for what is kept in this store",
    "probe": "checked the certificate of this probe",
    "review": "reviewed the lowest and the highest temperature",
    "quarantine": "put the content into quarantine",
    "disposition": "decided what becomes of the content",
}
"""What a signature under a record means, by its kind."""

SIGNERS: Mapping[Kind, tuple[str, ...]] = {
    "setup": ("pharmacy_lab", "biomed"),
    "probe": ("biomed", "pharmacy_lab"),
    "review": ("pharmacy_lab", "clinician"),
    "quarantine": ("pharmacy_lab", "clinician", "biomed", "facilities"),
    "disposition": ("pharmacy_lab",),
}
"""Who may sign what; an admin holds every role."""

DECISIONS = ("released", "discarded", "returned")


class ColdStore(Base):
    """An asset that keeps things cold. `low` and `high` in °C replace the product's where its label says otherwise."""

    __tablename__ = "cold_store"

    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), primary_key=True)
    product: Mapped[str]
    low: Mapped[float | None]
    high: Mapped[float | None]
    buffered: Mapped[bool] = mapped_column(default=False)
    accuracy_c: Mapped[float | None]
    certificate: Mapped[str] = mapped_column(default="")
    valid_until: Mapped[date | None]
    since: Mapped[datetime]

    @property
    def probe(self) -> Probe:
        """What is known of its probe."""
        return Probe(self.buffered, self.accuracy_c, self.certificate, self.valid_until)

    def wanted(self, usual: Range) -> Range:
        """Between which °C it must be: its own limits, else its product's."""
        return usual if self.low is None and self.high is None else Range(self.low, self.high)


class ColdRecord(Base):
    """One signed act. `digest` covers it and the digest before it, so that what is changed behind our back shows."""

    __tablename__ = "cold_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    login: Mapped[str]
    name: Mapped[str]
    meaning: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str]


@dataclass(frozen=True)
class Setup:
    """What a store keeps. Limits of its own need both the reason and at least one side."""

    product: str
    low: float | None = None
    high: float | None = None


def set_up(
    session: Session, asset_id: int, wanted: Setup, actor: Principal, now: datetime, reason: str = ""
) -> ColdStore:
    """Make the asset a cold store, or change what it keeps; a change, and limits of its own, need a reason.

    Raises Invalid, Forbidden, Missing. The caller has checked that there is such a product.
    """
    hold(session)
    if session.get(Asset, asset_id) is None:
        raise Missing(f"there is no asset {asset_id}")
    store = session.get(ColdStore, asset_id)
    own = (wanted.low, wanted.high) != (None, None)
    if own and wanted.low is not None and wanted.high is not None and wanted.low > wanted.high:
        raise Invalid("the lower limit is above the higher one")
    if (own or store is not None) and not reason.strip():
        raise Invalid("say why the limits are changed" if own else "say why it is changed")
    if store is None:
        store = ColdStore(asset_id=asset_id, since=now, buffered=False, certificate="")
        session.add(store)
    store.product, store.low, store.high = wanted.product, wanted.low, wanted.high
    content = {"product": wanted.product, "low": wanted.low, "high": wanted.high}
    sign(session, asset_id, "setup", content, actor, now, reason)
    return store


def set_probe(
    session: Session, asset_id: int, probe: Probe, actor: Principal, now: datetime, reason: str = ""
) -> ColdStore:
    """Keep what is known of its probe and its certificate. Raises Invalid, Forbidden, Missing."""
    store = _store(session, asset_id)
    if probe.accuracy_c is not None and not 0 < probe.accuracy_c <= 5:
        raise Invalid("the accuracy of a probe is between 0 and 5 °C, 0.5 for most")
    if bool(probe.certificate.strip()) != (probe.valid_until is not None):
        raise Invalid("a certificate has both a number and the day it expires")
    store.buffered, store.accuracy_c = probe.buffered, probe.accuracy_c
    store.certificate, store.valid_until = probe.certificate.strip(), probe.valid_until
    content = {
        "buffered": probe.buffered,
        "accuracy_c": probe.accuracy_c,
        "certificate": store.certificate,
        "valid_until": probe.valid_until.isoformat() if probe.valid_until else None,
    }
    sign(session, asset_id, "probe", content, actor, now, reason)
    return store


def quarantine(session: Session, asset_id: int, actor: Principal, now: datetime, reason: str) -> ColdRecord:
    """Nothing in it is used and nothing thrown away until somebody decides. Raises Conflict, Invalid, Forbidden."""
    _store(session, asset_id)
    if quarantined(records_of(session, asset_id)) is not None:
        raise Conflict("its content is in quarantine already")
    if not reason.strip():
        raise Invalid("say why the content goes into quarantine")
    return sign(session, asset_id, "quarantine", {}, actor, now, reason)


def decide(
    session: Session,
    asset_id: int,
    decision: str,
    excursion: Mapping[str, Any],
    actor: Principal,
    now: datetime,
    reason: str,
) -> ColdRecord:
    """What becomes of the content after an excursion; it ends a quarantine. Raises Invalid, Forbidden, Missing."""
    _store(session, asset_id)
    if decision not in DECISIONS:
        raise Invalid(f"the content is {', '.join(DECISIONS[:-1])} or {DECISIONS[-1]}, not {decision!r}")
    if not reason.strip():
        raise Invalid("say what the decision rests on: the maker's answer, stability data, a pharmacist's judgement")
    return sign(session, asset_id, "disposition", {**excursion, "decision": decision}, actor, now, reason)


def sign(
    session: Session,
    asset_id: int,
    kind: Kind,
    content: Mapping[str, Any],
    actor: Principal,
    now: datetime,
    reason: str = "",
) -> ColdRecord:
    """Add a signed record. Raises Forbidden for who may not sign this."""
    hold(session)
    if not actor.is_person or not actor.may(*SIGNERS[kind]):
        roles = " or ".join(role.replace("_", " ") for role in SIGNERS[kind])
        raise Forbidden(f"this is signed by {roles}")
    before = records_of(session, asset_id)
    row = ColdRecord(
        asset_id=asset_id,
        at=now,
        kind=kind,
        login=actor.login,
        name=actor.name,
        meaning=MEANINGS[kind],
        reason=reason.strip(),
        content=dict(content),
    )
    row.digest = _digest(row, before[0].digest if before else "")
    session.add(row)
    session.flush()
    return row


def records_of(session: Session, asset_id: int) -> list[ColdRecord]:
    """What was signed about a store, newest first."""
    chosen = select(ColdRecord).where(ColdRecord.asset_id == asset_id)
    return list(session.scalars(chosen.order_by(ColdRecord.id.desc())))


def broken_at(records: Sequence[ColdRecord]) -> ColdRecord | None:
    """The oldest record that is not as it was signed; None when all are. `records` newest first."""
    return signing.broken_at(records, _digest)


def quarantined(records: Sequence[ColdRecord]) -> ColdRecord | None:
    """The quarantine that no decision has ended yet. `records` newest first."""
    last = next((row for row in records if row.kind in ("quarantine", "disposition")), None)
    return last if last is not None and last.kind == "quarantine" else None


def _store(session: Session, asset_id: int) -> ColdStore:
    hold(session)
    store = session.get(ColdStore, asset_id)
    if store is None:
        raise Missing(f"asset {asset_id} is no cold store; say first what it keeps")
    return store


def _digest(row: ColdRecord, before: str) -> str:
    signed = [
        before,
        row.asset_id,
        row.at.isoformat(),
        row.kind,
        row.login,
        row.name,
        row.meaning,
        row.reason,
        row.content,
    ]
    return digest(signed)


only_added(ColdRecord, "signed records are only ever added")
