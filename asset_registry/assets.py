"""Assets: what is owned. Their status has four parts; `usable` is derived from them."""

from dataclasses import dataclass
from datetime import datetime

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
