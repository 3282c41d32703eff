"""Signing in: argon2 passwords, server-side sessions, one-time links, API tokens.

Secrets are 32 random bytes; only their SHA-256 is kept. Every method opens its own short transactions, so that hashing
(tens of milliseconds) never holds the write lock. Never call them on the event loop.
"""

import hashlib
import secrets
import threading
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from asset_registry.audit import record
from asset_registry.db import Database
from asset_registry.errors import Forbidden, Missing
from asset_registry.people import Person, Principal, SignInSession, Token, login_of, principal_of
from collector.clock import Clock
from collector.errors import Refused

SESSION_HOURS = 12
LINK_MINUTES = 10
LONGEST = 1000
"""Characters of a login or password that are looked at; a longer password is wrong."""


class SignInRefused(Refused):
    """Wrong login or password, too many tries, a link that was used or is old. Says no more than it must."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        """`wait_s`: how long until another try is looked at."""
        super().__init__(why)
        self.wait_s = wait_s


class Passwords:
    """argon2id. Only tests lower the parameters."""

    def __init__(self, time_cost: int = 3, memory_kib: int = 65536, lanes: int = 4) -> None:
        """Defaults are those of RFC 9106's second recommendation."""
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=lanes)
        salt, hashed = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
        self._decoy = f"$argon2id$v=19$m={memory_kib},t={time_cost},p={lanes}${salt}${hashed}"  # of no password

    def hash(self, password: str) -> str:
        """What to keep in place of the password."""
        return self._hasher.hash(password)

    def verify(self, kept: str, password: str) -> bool:
        """Whether it is the password. Takes as long when nothing is kept, so that time does not tell who exists."""
        try:
            self._hasher.verify(kept or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(kept)


class Throttle:
    """Waits per login after failures: five are free, then 1 s, doubled up to `longest_s`. In memory, bounded."""

    def __init__(self, clock: Clock, free: int = 5, longest_s: float = 300.0, remembered: int = 10_000) -> None:
        """`remembered`: how many logins are kept in mind; the oldest go first."""
        self._clock = clock
        self._free = free
        self._longest = longest_s
        self._remembered = remembered
        self._failures: dict[str, tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    def wait_s(self, login: str) -> float:
        """Seconds until another try is looked at; 0 now."""
        with self._lock:
            count, last = self._failures.get(login, (0, self._clock.now()))
            if count < self._free:
                return 0.0
            pause = min(self._longest, 2.0 ** min(count - self._free, 30))
            return max(0.0, pause - (self._clock.now() - last).total_seconds())

    def failed(self, login: str) -> None:
        """Count one more."""
        with self._lock:
            count, _ = self._failures.pop(login, (0, self._clock.now()))
            self._failures[login] = (count + 1, self._clock.now())
            while len(self._failures) > self._remembered:
                del self._failures[next(iter(self._failures))]

    def succeeded(self, login: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures.pop(login, None)


@dataclass(frozen=True)
class SignedIn:
    """A signed-in browser. `cookie` is known only here and there; it is "" where an existing session was looked up."""

    principal: Principal
    csrf: str
    expires: datetime
    cookie: str = ""


class SignIn:
    """Lets people and programs in, and out again."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: Passwords | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        """`passwords` with lower parameters is for tests only."""
        self._database = database
        self._clock = clock
        self.passwords = passwords or Passwords()
        self._throttle = throttle or Throttle(clock)

    # ------------------------------------------------------------ browsers

    def with_password(self, login: str, password: str, old_cookie: str = "") -> SignedIn:
        """Sign in; the session of `old_cookie` ends. Raises SignInRefused."""
        login = login_of(login)[:LONGEST]
        wait = self._throttle.wait_s(login)
        if wait > 0:
            raise SignInRefused(f"too many tries; wait {wait:.0f} s and try again", wait)
        with self._database.read() as session:
            person = session.scalar(select(Person).where(Person.login == login, Person.active))
        right = self.passwords.verify(person.password if person else "", password[:LONGEST])
        if person is None or not right or len(password) > LONGEST:
            self._throttle.failed(login)
            with self._database.write() as session:
                # what nobody is called is often a password in the wrong field: the log, which only grows, never has it
                who = person.login if person else "somebody unknown"
                record(session, self._clock.now(), who, "sign_in_refused", ("person", person.id if person else ""))
            raise SignInRefused("wrong login or password")
        self._throttle.succeeded(login)
        with self._database.write() as session:
            return self._open(session, person, old_cookie, "sign_in")

    def confirm(self, person_id: int, password: str) -> None:
        """Who is signed in is still who they say: for a signature. Who has no password has nothing to show.

        Raises SignInRefused.
        """
        with self._database.read() as session:
            person = session.get(Person, person_id)
        if person is None or not person.active:
            raise SignInRefused("you are no longer signed in")
        if not person.password:
            return
        wait = self._throttle.wait_s(person.login)
        if wait > 0:
            raise SignInRefused(f"too many tries; wait {wait:.0f} s and try again", wait)
        if len(password) > LONGEST or not self.passwords.verify(person.password, password):
            self._throttle.failed(person.login)
            raise SignInRefused("that is not your password; nothing was signed")
        self._throttle.succeeded(person.login)

    def with_link(self, secret: str, old_cookie: str = "") -> SignedIn:
        """Sign in by a one-time link, which is used up by it. Raises SignInRefused."""
        now = self._clock.now()
        with self._database.write() as session:
            token = session.scalar(select(Token).where(Token.digest == digest(secret), Token.once).with_for_update())
            person = session.get(Person, token.person_id) if token else None
            if token is None or person is None or not person.active or token.revoked:
                raise SignInRefused("this link is not one of ours; ask for a new one")
            if token.used is not None:
                raise SignInRefused("this link was used already; ask for a new one")
            if token.expires is not None and token.expires <= now:
                raise SignInRefused("this link is too old; ask for a new one")
            token.used = now
            return self._open(session, person, old_cookie, "sign_in_by_link")

    def _open(self, session: Session, person: Person, old_cookie: str, action: str) -> SignedIn:
        now = self._clock.now()
        cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        expires = now + timedelta(hours=SESSION_HOURS)
        session.execute(delete(SignInSession).where(SignInSession.digest == digest(old_cookie)))
        session.execute(delete(SignInSession).where(SignInSession.expires <= now))
        session.add(SignInSession(digest=digest(cookie), person_id=person.id, csrf=csrf, created=now, expires=expires))
        record(session, now, person.login, action, ("person", person.id))
        return SignedIn(principal_of(person), csrf, expires, cookie)

    def session_of(self, cookie: str) -> SignedIn | None:
        """Whose cookie it is, with the roles they have now; None when it is unknown or over."""
        if not cookie:
            return None
        with self._database.read() as session:
            row = session.get(SignInSession, digest(cookie))
            if row is None or row.expires <= self._clock.now():
                return None
            person = session.get(Person, row.person_id)
            if person is None or not person.active:
                return None
            return SignedIn(principal_of(person), row.csrf, row.expires)

    def sign_out(self, cookie: str) -> None:
        """End the session; an unknown cookie is no error."""
        with self._database.write() as session:
            row = session.get(SignInSession, digest(cookie))
            if row is not None:
                person = session.get(Person, row.person_id)
                record(
                    session, self._clock.now(), person.login if person else "", "sign_out", ("person", row.person_id)
                )
                session.delete(row)

    # ------------------------------------------------------------ links and tokens

    def one_time_link(self, person_id: int, who: str, minutes: float = LINK_MINUTES) -> str:
        """The secret of a link that signs this person in once."""
        return self._issue(person_id, "one-time link", (), who, timedelta(minutes=minutes), once=True)

    def api_token(
        self, person_id: int, name: str, roles: Collection[str], who: str, lifetime: timedelta | None = None
    ) -> str:
        """The secret of an API token. `roles` narrow the person's own; none given means all of them.

        Raises Forbidden for a role that the person does not have.
        """
        return self._issue(person_id, name, roles, who, lifetime, once=False)

    def _issue(
        self, person_id: int, name: str, roles: Collection[str], who: str, lifetime: timedelta | None, *, once: bool
    ) -> str:
        now, secret = self._clock.now(), secrets.token_urlsafe(32)
        with self._database.write() as session:
            person = session.get(Person, person_id)
            if person is None:
                raise Missing(f"there is no person {person_id}")
            beyond = [role for role in roles if not principal_of(person).may(role)]
            if beyond:
                raise Forbidden(f"{person.name} does not have the role {', '.join(beyond)}")
            token = Token(
                digest=digest(secret),
                person_id=person_id,
                name=name,
                roles=sorted(roles),
                once=once,
                created=now,
                expires=now + lifetime if lifetime is not None else None,
            )
            session.add(token)
            session.flush()
            after = {"name": name, "roles": sorted(roles), "once": once}
            record(session, now, who, "issue", ("token", token.id), after=after)
        return secret

    def principal_of_token(self, secret: str) -> Principal | None:
        """Whose API token it is, with its roles; None when it is unknown, over, revoked or a one-time link."""
        now = self._clock.now()
        with self._database.read() as session:
            token = session.scalar(select(Token).where(Token.digest == digest(secret), ~Token.once, ~Token.revoked))
            if token is None or (token.expires is not None and token.expires <= now):
                return None
            person = session.get(Person, token.person_id)
            return principal_of(person, token.roles) if person is not None and person.active else None

    def revoke(self, token_id: int, who: str) -> None:
        """From now on the token admits nobody. Raises Missing."""
        with self._database.write() as session:
            token = session.get(Token, token_id)
            if token is None:
                raise Missing(f"there is no token {token_id}")
            token.revoked = True
            record(session, self._clock.now(), who, "revoke", ("token", token_id))


def digest(secret: str) -> str:
    """What is kept of a secret. Plain SHA-256 will do: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
