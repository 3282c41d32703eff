"""How far the registry's own consumers have read the spool."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.db import Base


class RegistryCursor(Base):
    """One row a consumer. The position may trail what was consumed: their work is idempotent."""

    __tablename__ = "registry_cursor"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


def cursor(session: Session, name: str) -> int:
    """The position that consumer `name` has kept, 0 at first."""
    row = session.get(RegistryCursor, name)
    return row.position if row else 0


def keep_cursor(session: Session, name: str, position: int) -> None:
    """Remember the position in the caller's transaction."""
    session.merge(RegistryCursor(name=name, position=position))
