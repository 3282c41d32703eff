"""Who may come in where. Every route says whom it admits; one that does not keeps the application from starting.

`dependencies=[admit("biomed", "facilities")]` on a route or a router; `SIGNED_IN` admits every person, `PUBLIC`
everybody. The role `admin` is admitted wherever any role is. Where a router and its route both speak, both must hold.

A browser has a session cookie, and shows for every unsafe method that its own page asks: Origin, Sec-Fetch-Site, and
the session's token in the field `csrf` or the header `X-CSRF-Token`. A program has `Authorization: Bearer …` (or
`Token …`) and shows nothing more.
"""

import hmac
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from asset_registry.people import Principal
from asset_registry.roles import ROLES
from dashboards.context import Context, context_of

COOKIE = "wardkeeper_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NotSignedIn(HTTPException):
    """Nobody is signed in, or no longer."""

    def __init__(self, detail: str = "Sign in to see this.") -> None:
        super().__init__(401, detail, {"WWW-Authenticate": "Bearer"})


class NotAdmitted(HTTPException):
    """Signed in, but without a role that this needs. `roles` are those that would do."""

    def __init__(self, roles: Iterable[str]) -> None:
        self.roles = sorted(set(roles) - {"admin"}) or ["admin"]
        *others, last = (role.replace("_", " ") for role in self.roles)
        needed = f"{', '.join(others)} or {last}" if others else last
        super().__init__(403, f"This needs the role {needed}. An administrator can give it to you.")


class NotFromHere(HTTPException):
    """An unsafe request that Wardkeeper's own pages did not make, or that a page made too long ago."""

    def __init__(self) -> None:
        super().__init__(
            403, "This request did not come from a current Wardkeeper page. Load the page again and repeat it."
        )


class Gate:
    """A dependency that admits `roles`, or with None everybody."""

    def __init__(self, roles: frozenset[str] | None) -> None:
        self.roles = roles

    async def __call__(self, connection: HTTPConnection) -> None:
        """Raises NotSignedIn, NotAdmitted or NotFromHere."""
        unsafe = connection.scope.get("method", "GET") not in SAFE
        by_token = "authorization" in connection.headers
        if (unsafe or connection.scope["type"] == "websocket") and not by_token and not same_origin(connection):
            raise NotFromHere
        if self.roles is None and not unsafe:
            return
        visitor = await run_in_threadpool(identify, connection)
        if self.roles is not None:
            if visitor is None:
                raise NotSignedIn
            if not visitor.may(*self.roles):
                raise NotAdmitted(self.roles)
        if unsafe and visitor is not None and not by_token:
            shown = await shown_csrf(connection)
            if not hmac.compare_digest(shown.encode(), connection.state.csrf.encode()):
                raise NotFromHere


def admit(*roles: str) -> Any:  # noqa: ANN401 - what fastapi.Depends itself returns
    """A dependency for `dependencies=[…]`: people with one of `roles`, and administrators."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"no such role: {', '.join(sorted(unknown)) or '(none given)'}; there are {', '.join(ROLES)}")
    return Depends(Gate(frozenset(roles) | {"admin"}))


PEOPLE = tuple(role for role in ROLES if role != "gateway")
"""The role `gateway` is for programs that send readings (dashboards/write.py): it opens nothing else."""
SIGNED_IN: Any = admit(*PEOPLE)
PUBLIC: Any = Depends(Gate(None))

READERS = tuple(role for role in PEOPLE if role not in ("requester", "vendor"))
"""Those who work here: they see equipment, rooms, alarms and tickets."""
WORKERS = tuple(role for role in READERS if role != "auditor")
"""Those of them who also act."""
VITAL_READERS = ("biomed", "clinician")
"""Who may see a device's vitals."""
STAFF: Any = admit(*READERS)
ACTING: Any = admit(*WORKERS)


def identify(connection: HTTPConnection) -> Principal | None:
    """Who this is, by API token or session cookie. Asks the database: never on the event loop.

    The answer is kept on the connection, with `csrf`: the session's token, "" without a session.
    """
    state = connection.state
    if not hasattr(state, "visitor"):
        state.visitor, state.csrf = _look_up(connection, context_of(connection))
    visitor: Principal | None = state.visitor
    return visitor


def _look_up(connection: HTTPConnection, here: Context) -> tuple[Principal | None, str]:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        known = scheme.lower() in ("bearer", "token")
        return (here.sign_in.principal_of_token(token.strip()) if known else None), ""
    signed_in = here.sign_in.session_of(connection.cookies.get(COOKIE, ""))
    return (signed_in.principal, signed_in.csrf) if signed_in else (None, "")


def visitor_of(connection: HTTPConnection) -> Principal:
    """The person a gate has admitted."""
    visitor = identify(connection)
    if visitor is None:
        raise NotSignedIn
    return visitor


Visitor = Annotated[Principal, Depends(visitor_of)]
"""`def page(request: Request, here: Here, visitor: Visitor)`: who is signed in; refuses when nobody is."""


def same_origin(connection: HTTPConnection) -> bool:
    """Whether a browser says that one of our own pages asks. True for a program that says nothing about it."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host", "")


async def shown_csrf(connection: HTTPConnection) -> str:
    """The CSRF token that the request carries, "" without one."""
    header = connection.headers.get("x-csrf-token")
    if header is not None:
        return header
    if isinstance(connection, Request) and connection.headers.get("content-type", "").startswith(FORMS):
        field = (await connection.form()).get("csrf")
        return field if isinstance(field, str) else ""
    return ""


def local_path(target: str | None) -> str:
    """`target` when it is a path on this site, else "/": nobody is sent elsewhere after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


def declared(app: FastAPI) -> dict[tuple[str, str], frozenset[str] | None]:
    """Whom every (method, path) admits; None: everybody. Raises RuntimeError for a route that does not say."""
    answers: dict[tuple[str, str], frozenset[str] | None] = {}
    silent = []
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        if path.startswith("/static/"):
            continue
        gates = list(_gates(getattr(route, "dependant", None)))
        if not gates:
            silent.append(path)
        said = [gate.roles for gate in gates if gate.roles is not None]
        for method in sorted(route.methods or {"WEBSOCKET"}) if hasattr(route, "methods") else ["WEBSOCKET"]:
            answers[method, path] = frozenset.intersection(*said) if said else None
    if silent:
        raise RuntimeError(
            f"these routes do not say whom they admit: {', '.join(silent)}; "
            "add dependencies=[admit(…)], [SIGNED_IN] or [PUBLIC] (dashboards/access.py)"
        )
    return answers


def _gates(dependant: Any) -> Iterable[Gate]:  # noqa: ANN401 - FastAPI's Dependant, which it does not export
    for each in dependant.dependencies if dependant is not None else ():
        if isinstance(each.call, Gate):
            yield each.call
        yield from _gates(each)
