"""People, their roles, sessions and API tokens."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base

ROLES = (
    "admin",
    "biomed",
    "facilities",
    "it_agent",
    "clinician",
    "equipment_cleaning",
    "pharmacy_lab",
    "infection_prevention",
    "requester",
    "vendor",
    "auditor",
)


class Person(Base):
    """Someone who can sign in. `password` is an argon2 hash, "" when only a one-time link or token admits them."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    password: Mapped[str] = mapped_column(default="")
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]


class SignInSession(Base):
    """A signed-in browser. Only the SHA-256 of the cookie is kept."""

    __tablename__ = "sign_in_session"

    digest: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    csrf: Mapped[str]
    created: Mapped[datetime]
    expires: Mapped[datetime]


class Token(Base):
    """An API token, or with `once` a one-time sign-in link. Only the SHA-256 is kept; `roles` narrow the person's own."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    once: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    used: Mapped[datetime | None]
    revoked: Mapped[bool] = mapped_column(default=False)
