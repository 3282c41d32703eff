"""Assets: what is owned. Their status has four parts; `usable` is derived from them."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base

USE = ("idle", "in_use", "claimed")
HYGIENE = ("clean", "soiled", "reprocessing", "unknown")
CONDITION = ("ok", "reported", "in_repair", "quarantined", "sequestered", "awaiting_acceptance")
HOLDING = ("owned", "rented", "loaned_in", "loaned_out", "patient_owned", "missing", "retired")


class Asset(Base):
    """What is owned. `number` is the hospital's own ("P-117"); `name` is what people say ("Pump 117")."""

    __tablename__ = "asset"

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
    if asset.holding in _HOLDING_WORDS:
        return Usability(False, _HOLDING_WORDS[asset.holding])
    if asset.condition in _CONDITION_WORDS:
        return Usability(False, _CONDITION_WORDS[asset.condition])
    if asset.use == "in_use":
        return Usability(False, "In use")
    if is_claimed(asset, now):
        until = f"{asset.claimed_until.astimezone(zone):%H:%M}" if asset.claimed_until else ""
        return Usability(False, f"Claimed by {claimer} to {until}" if claimer else f"Claimed to {until}")
    if asset.hygiene in _HYGIENE_WORDS:
        return Usability(False, _HYGIENE_WORDS[asset.hygiene])
    return Usability(True, "Not known to be clean" if asset.hygiene == "unknown" else "")
