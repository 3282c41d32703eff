"""Assets: what is owned. Their status has four parts; `usable` is derived from them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base, noted

USE = ("idle", "in_use", "claimed")
HYGIENE = ("clean", "soiled", "reprocessing", "unknown")
CONDITION = ("ok", "reported", "in_repair", "quarantined", "sequestered", "awaiting_acceptance")
HOLDING = ("owned", "rented", "loaned_in", "loaned_out", "patient_owned", "missing", "retired")


class Asset(Base):
    """What is owned. `number` is the hospital's own ("P-117"); `name` is what people say ("Pump 117").

    `code` is the category's in the `nomenclature`, UMDNS or GMDN; `price` is "1250.00 EUR". `counterparty`: from or to
    whom it is rented or lent; `return_asked`: since when it is to be fetched. `custodian` has it in their keeping.
    `recall` is the reference of a recall that stands. `sequestered`: since when it is locked after a patient event.
    `custom` holds the fields of `custom_fields`. `merged_into`: it was entered twice, and that one was kept.
    """

    __tablename__ = "asset"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it; no label's number comes again

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    category: Mapped[str] = mapped_column(index=True)
    maker: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    serial: Mapped[str] = mapped_column(default="")
    udi_di: Mapped[str] = mapped_column(default="")
    udi_pi: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(default="")
    criticality: Mapped[str] = mapped_column(default="")
    mobile: Mapped[bool] = mapped_column(default=True)
    use: Mapped[str] = mapped_column(default="idle")
    hygiene: Mapped[str] = mapped_column(default="unknown")
    condition: Mapped[str] = mapped_column(default="ok")
    holding: Mapped[str] = mapped_column(default="owned")
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    claimed_until: Mapped[datetime | None]
    home_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    nomenclature: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    risk_class: Mapped[str] = mapped_column(default="")
    purchased: Mapped[date | None]
    price: Mapped[str] = mapped_column(default="")
    supplier: Mapped[str] = mapped_column(default="")
    warranty_until: Mapped[date | None]
    counterparty: Mapped[str] = mapped_column(default="")
    return_due: Mapped[date | None]
    return_asked: Mapped[datetime | None]
    custodian: Mapped[str] = mapped_column(default="")
    custody_since: Mapped[datetime | None]
    maintenance_due: Mapped[date | None]
    recall: Mapped[str] = mapped_column(default="")
    sequestered: Mapped[datetime | None]
    custom: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    created: Mapped[datetime]
    changed: Mapped[datetime]


@dataclass(frozen=True)
class Usability:
    """Whether an asset can be taken, and if not, why, in a person's words ("Soiled", "Claimed by S. Lind to 07:51")."""

    usable: bool
    why: str = ""


class Status(Protocol):
    """The four parts of an asset's status, and its claim; an `Asset` and a `KnownAsset` have them."""

    @property
    def use(self) -> str:
        """One of USE."""

    @property
    def hygiene(self) -> str:
        """One of HYGIENE."""

    @property
    def condition(self) -> str:
        """One of CONDITION."""

    @property
    def holding(self) -> str:
        """One of HOLDING."""

    @property
    def claimed_until(self) -> datetime | None:
        """When the claim is over."""

    @property
    def counterparty(self) -> str:
        """From or to whom it is rented or lent."""

    @property
    def return_asked(self) -> datetime | None:
        """Since when it is to be fetched."""

    @property
    def maintenance_due(self) -> date | None:
        """The last day on which it may be used without maintenance."""

    @property
    def recall(self) -> str:
        """The reference of a recall that stands."""


_HOLDING_WORDS = {
    "missing": "Missing",
    "retired": "Retired",
    "loaned_out": "Loaned out",
    "patient_owned": "Belongs to a patient",
}
_CONDITION_WORDS = {
    "reported": "Reported broken",
    "in_repair": "In repair",
    "quarantined": "Quarantined",
    "sequestered": "Sequestered",
    "awaiting_acceptance": "Awaiting acceptance",
}
_HYGIENE_WORDS = {"soiled": "Soiled", "reprocessing": "Being reprocessed"}


def is_claimed(asset: Status, now: datetime) -> bool:
    """Whether a claim is in force."""
    return asset.use == "claimed" and asset.claimed_until is not None and asset.claimed_until > now


def usable(asset: Status, now: datetime, claimer: str = "", zone: tzinfo = UTC) -> Usability:
    """Whether the asset can be taken now; the gravest reason when not.

    Hygiene unknown is usable with a `why`: a person looks first. `claimer` is the name to show, `zone` the reader's.
    """
    why = _blocked(asset, now.astimezone(zone).date())
    if not why and asset.use == "in_use":
        why = "In use"
    if not why and is_claimed(asset, now):
        until = f"{asset.claimed_until.astimezone(zone):%H:%M}" if asset.claimed_until else ""
        why = f"Claimed by {claimer} to {until}" if claimer else f"Claimed to {until}"
    why = why or _HYGIENE_WORDS.get(asset.hygiene, "")
    if why:
        return Usability(False, why)
    return Usability(True, "Not known to be clean" if asset.hygiene == "unknown" else "")


def _blocked(asset: Status, today: date) -> str:
    """What stands against it whoever has it; "" for nothing."""
    if asset.holding in _HOLDING_WORDS:
        return _HOLDING_WORDS[asset.holding]
    if asset.condition in _CONDITION_WORDS:
        return _CONDITION_WORDS[asset.condition]
    if asset.recall:
        return f"Recalled ({asset.recall})"
    if asset.return_asked is not None:
        return f"Going back to {asset.counterparty}" if asset.counterparty else "Going back"
    if asset.maintenance_due is not None and asset.maintenance_due < today:
        return f"Overdue for maintenance since {asset.maintenance_due.day} {asset.maintenance_due:%b %Y}"
    return ""


noted(Asset)
