"""People, their roles, sessions and API tokens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.audit import hold, record
from asset_registry.db import Base, noted
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.roles import ROLES


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
    """An API token, or with `once` a one-time sign-in link. Only the SHA-256 is kept; `roles` narrow the person's."""

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


@dataclass(frozen=True)
class Principal:
    """Who is asking, and as what. Roles are what the person has now, narrowed by the token if one was used."""

    person_id: int
    login: str
    name: str
    roles: frozenset[str]

    def may(self, *roles: str) -> bool:
        """Whether one of `roles` is held. An admin holds every role."""
        return "admin" in self.roles or not self.roles.isdisjoint(roles)

    @property
    def is_person(self) -> bool:
        """Whether someone stands behind it, and not a program."""
        return self.person_id > 0


TELEMETRY = Principal(0, "wardkeeper", "Wardkeeper", frozenset())
"""Acts for what devices say and for what follows from a place."""


def principal_of(person: Person, narrowed: Collection[str] = ()) -> Principal:
    """The person as they may act now; `narrowed` are a token's roles, of which only those count that the person has."""
    roles = frozenset(person.roles)
    if narrowed:
        roles = frozenset(narrowed) if "admin" in roles else roles & frozenset(narrowed)
    return Principal(person.id, person.login, person.name, roles)


def login_of(text: str) -> str:
    """How a login is compared: without outer space, in lower case."""
    return text.strip().casefold()


def create_person(
    session: Session,
    login: str,
    name: str,
    roles: Collection[str],
    who: str,
    now: datetime,
    *,
    email: str = "",
    password: str = "",
) -> Person:
    """Add a person. `password` is a hash from `sign_in.Passwords`; without one only a link or token admits them.

    Raises Invalid for an unknown role or an empty login, Conflict when the login is taken.
    """
    login, chosen = login_of(login), _checked(roles)
    if not login:
        raise Invalid("a person needs a login")
    hold(session)
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Conflict(f'the login "{login}" is taken; choose another')
    person = Person(
        login=login,
        name=name.strip() or login,
        email=email.strip(),
        password=password,
        roles=chosen,
        active=True,
        created=now,
    )
    session.add(person)
    session.flush()
    record(session, now, who, "create", ("person", person.id), after={"login": login, "name": name, "roles": chosen})
    return person


def set_roles(session: Session, person_id: int, roles: Collection[str], who: str, now: datetime) -> None:
    """Give a person exactly these roles. Raises Conflict when nobody would be left who can administer."""
    person, chosen = _person(session, person_id), _checked(roles)
    if "admin" not in chosen:
        _keep_an_admin(session, person)
    record(session, now, who, "roles", ("person", person_id), {"roles": person.roles}, {"roles": chosen})
    person.roles = chosen


def set_active(session: Session, person_id: int, who: str, now: datetime, *, active: bool) -> None:
    """Let a person in, or shut them out at once: their sessions end and their tokens admit nobody."""
    person = _person(session, person_id)
    if not active:
        _keep_an_admin(session, person)
        session.execute(delete(SignInSession).where(SignInSession.person_id == person_id))
    record(session, now, who, "active", ("person", person_id), {"active": person.active}, {"active": active})
    person.active = active


def set_password(session: Session, person_id: int, password: str, who: str, now: datetime) -> None:
    """Keep a new hash (from `sign_in.Passwords`); every session of the person ends."""
    _person(session, person_id).password = password
    session.execute(delete(SignInSession).where(SignInSession.person_id == person_id))
    record(session, now, who, "password", ("person", person_id))


def has_admin(session: Session) -> bool:
    """Whether anybody can administer; a first start makes a link when not."""
    return any("admin" in person.roles for person in session.scalars(select(Person).where(Person.active)))


def _keep_an_admin(session: Session, leaving: Person) -> None:
    if "admin" not in leaving.roles or not leaving.active:
        return
    others = session.scalars(select(Person).where(Person.active, Person.id != leaving.id))
    if not any("admin" in person.roles for person in others):
        raise Conflict(f"{leaving.name} is the last administrator; make another one first")


def _checked(roles: Collection[str]) -> list[str]:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise Invalid(f"unknown role {', '.join(unknown)}; roles are {', '.join(ROLES)}")
    return sorted(set(roles))


def _person(session: Session, person_id: int) -> Person:
    """The person, to be changed: one after the other, so that an administrator is left."""
    hold(session)
    person = session.get(Person, person_id)
    if person is None:
        raise Missing(f"there is no person {person_id}")
    return person


noted(Person, change="UPDATE OF name")
