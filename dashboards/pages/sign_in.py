"""Signing in and out: by password, by a one-time link, and the first administrator. All of it works without script."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from asset_registry.audit import hold
from asset_registry.people import create_person, has_admin
from asset_registry.sign_in import SignedIn, SignInRefused
from collector.errors import Refused
from dashboards.access import COOKIE, PUBLIC, SIGNED_IN, identify, local_path
from dashboards.context import Context, Here
from dashboards.problems import NotThere
from dashboards.render import page

SHORTEST = 10
"""Characters of a password (NIST SP 800-63B asks for at least 8, and for no other rule)."""

Text = Annotated[str, Form(max_length=200)]
router = APIRouter()


def _form(request: Request, *, status: int = 200, trouble: str = "", login: str = "", target: str = "/") -> Response:
    return page(
        request,
        "sign_in.html",
        status=status,
        title="Sign in",
        lead="Wardkeeper shows where equipment is and how rooms are doing. It needs to know who is asking.",
        trouble=trouble,
        form="sign_in",
        action="/sign-in",
        button="Sign in",
        hint="No login yet, or the password is lost? An administrator can give you a one-time link.",
        login=login,
        next=target,
    )


@router.get("/sign-in", dependencies=[PUBLIC])
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form; someone who is signed in goes on at once."""
    target = local_path(next)
    return RedirectResponse(target, 303) if identify(request) else _form(request, target=target)


@router.post("/sign-in", dependencies=[PUBLIC])
def sign_in(request: Request, here: Here, login: Text = "", password: Text = "", next: Text = "/") -> Response:  # noqa: A002
    """Check login and password. After five failures every further try waits longer."""
    target = local_path(next)
    try:
        signed_in = here.sign_in.with_password(login, password, request.cookies.get(COOKIE, ""))
    except SignInRefused as refused:
        status = 429 if refused.wait_s else 401
        answer = _form(request, status=status, trouble=_sentence(refused), login=login[:80], target=target)
        if refused.wait_s:
            answer.headers["Retry-After"] = f"{refused.wait_s:.0f}"
        return answer
    return _enter(request, here, signed_in, target)


@router.get("/enter/{secret}", dependencies=[PUBLIC])
def by_link(request: Request, here: Here, secret: str) -> Response:
    """A one-time link: the first click signs in and uses it up."""
    try:
        signed_in = here.sign_in.with_link(secret, request.cookies.get(COOKIE, ""))
    except SignInRefused as refused:
        if identify(request):
            return RedirectResponse("/", 303)  # the same link again, by the one it let in
        return _form(request, status=401, trouble=_sentence(refused))
    return _enter(request, here, signed_in, "/")


@router.post("/sign-out", dependencies=[SIGNED_IN])
def sign_out(request: Request, here: Here) -> Response:
    """End the session."""
    here.sign_in.sign_out(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_secure(request, here))
    return answer


@router.get("/first/{secret}", dependencies=[PUBLIC])
def ask_first(request: Request, here: Here, secret: str) -> Response:
    """The form that makes the first administrator."""
    _check_first(here, secret)
    return _first_form(request)


@router.post("/first/{secret}", dependencies=[PUBLIC])
def make_first(
    request: Request, here: Here, secret: str, login: Text = "", password: Text = "", name: Text = ""
) -> Response:
    """Make the first administrator and sign in. The link is used up as soon as there is one."""
    _check_first(here, secret)
    if len(password) < SHORTEST:
        return _first_form(request, f"Take a password of at least {SHORTEST} characters.", login, name)
    hashed = here.sign_in.passwords.hash(password)
    try:
        with here.database.write() as session:
            hold(session)
            if has_admin(session):
                raise NotThere("first administrator to make: there is one already")
            create_person(session, login, name, ["admin"], "first-link", here.clock.now(), password=hashed)
    except Refused as refused:
        return _first_form(request, _sentence(refused), login, name)
    here.first_link = ""
    return _enter(request, here, here.sign_in.with_password(login, password), "/")


def _check_first(here: Context, secret: str) -> None:
    if not here.first_link or not hmac.compare_digest(secret.encode(), here.first_link.encode()):
        raise NotThere("such link, or it was used. Wardkeeper prints a new one when it starts without an administrator")


def _first_form(request: Request, trouble: str = "", login: str = "", name: str = "") -> Response:
    return page(
        request,
        "sign_in.html",
        status=422 if trouble else 200,
        title="Make the first administrator",
        lead="Nobody can sign in yet. The first administrator adds the others.",
        trouble=trouble,
        form="first",
        action=request.url.path,
        button="Make the administrator",
        hint="Nothing leaves this machine.",
        login=login,
        name=name,
        shortest=SHORTEST,
        next="/",
    )


def _enter(request: Request, here: Context, signed_in: SignedIn, target: str) -> Response:
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        COOKIE,
        signed_in.cookie,
        max_age=round((signed_in.expires - here.clock.now()).total_seconds()),  # of our clock, not the browser's
        httponly=True,
        samesite="lax",
        secure=_secure(request, here),
    )
    return answer


def _secure(request: Request, here: Context) -> bool:
    return here.secure or request.url.scheme == "https"


def _sentence(refused: Exception) -> str:
    text = str(refused)
    return f"{text[:1].upper()}{text[1:]}."
