"""What goes wrong, told kindly: problem+json (RFC 9457) to programs, a page to people."""

import logging
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from asset_registry.db import AWAY
from asset_registry.errors import Forbidden, Invalid, Missing
from collector.errors import Refused, Unreachable
from dashboards.access import NotAdmitted, local_path
from dashboards.headers import HEADERS
from dashboards.render import page

log = logging.getLogger(__name__)

TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not for your role",
    404: "Not there",
    405: "Not possible here",
    409: "Not now",
    413: "Too large",
    422: "Something is not right",
    429: "Too many tries",
    500: "Something failed here",
    503: "Not ready",
}


class FieldError(BaseModel):
    """One field and what is wrong with it."""

    field: str
    why: str


class Problem(BaseModel):
    """RFC 9457. `errors` names the fields of a request that was not understood."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[FieldError] = Field(default_factory=list)


class NotThere(HTTPException):
    """There is no such thing, or no longer."""

    def __init__(self, what: str) -> None:
        super().__init__(404, f"There is no {what}.")


class Conflict(HTTPException):
    """Understood, but the state of things forbids it: the detail says why."""

    def __init__(self, why: str) -> None:
        super().__init__(409, why)


class Wrong(HTTPException):
    """A field that passes its type but not its meaning."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(422, why)
        self.errors = [FieldError(field=field, why=why)]


REFUSALS: dict[type[Refused], int] = {Missing: 404, Forbidden: 403, Invalid: 422}
"""How the registry and the desk say no; any other refusal is a conflict (409)."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": TITLES[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 403, 404, 405, 409, 422)
}
"""For `APIRouter(responses=RESPONSES)`: the problems every resource may answer with."""


def for_program(request: HTTPConnection) -> bool:
    """Whether a program asks: a socket, anything under /api, the figures, or one that wants JSON."""
    if request.scope["type"] == "websocket" or request.url.path.startswith(("/api/", "/metrics")):
        return True
    return "application/json" in request.headers.get("accept", "")


def problem(status: int, detail: str, errors: list[FieldError] | None = None, title: str = "") -> JSONResponse:
    """A problem+json answer."""
    body = Problem(title=title or TITLES.get(status, "Error"), status=status, detail=detail, errors=errors or [])
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Register the handlers. They are plain functions: starlette runs them off the event loop."""
    app.add_exception_handler(StarletteHTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Unreachable, _unreachable)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(DataError, _unkeepable)
    for kind in AWAY:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _failed)


def _answer(request: Request, status: int, detail: str, errors: list[FieldError] | None = None) -> Response:
    if for_program(request):
        return problem(status, detail, errors)
    title = TITLES.get(status, "Error")
    return page(request, "error.html", status=status, code=status, title=title, detail=detail, errors=errors or [])


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, StarletteHTTPException):
        raise TypeError(f"registered for HTTPException, called with {type(error).__name__}")
    detail = error.detail
    if error.status_code == 404 and detail == "Not Found":
        detail = f"Nothing is at {request.url.path[:200]}. It may have been moved, or the address is cut off."
    if error.status_code == 401 and not for_program(request):
        target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        wanted = local_path(target if request.method == "GET" else request.headers.get("referer", "/"))
        return RedirectResponse(f"/sign-in?{urlencode({'next': wanted})}", 303)
    response = _answer(request, error.status_code, detail, getattr(error, "errors", None))
    if isinstance(error, NotAdmitted):
        log.info("refused %s: needs %s", request.url.path, ", ".join(error.roles))
    response.headers.update(error.headers or {})
    return response


def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise TypeError(f"registered for RequestValidationError, called with {type(error).__name__}")
    errors = [
        FieldError(field=".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]), why=each["msg"])
        for each in error.errors()
    ]
    return _answer(request, 422, "Some fields were not understood; nothing was changed.", errors)


def _unreachable(request: Request, error: Exception) -> Response:
    return _answer(request, 503, f"{error} Wardkeeper keeps trying; try again in a moment.")


def _refused(request: Request, error: Exception) -> Response:
    status = next((status for kind, status in REFUSALS.items() if isinstance(error, kind)), 409)
    return _answer(request, status, str(error))


def _unkeepable(request: Request, _error: Exception) -> Response:
    return _answer(request, 422, "It holds a character or a number that the database cannot keep; nothing was changed.")


def _away(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer: %s", error)
    return _alone(request, 503, "The database does not answer. Wardkeeper keeps listening meanwhile; try again soon.")


def _failed(request: Request, _error: Exception) -> Response:
    """The last resort, outside all middleware."""
    detail = "The fault is in Wardkeeper and is in its log. Nothing was changed. Try again, or tell an administrator."
    return _alone(request, 500, detail)


def _alone(request: Request, status: int, detail: str) -> Response:
    """An answer that needs no database, no person and no frame, with its own headers."""
    if for_program(request):
        answer: Response = problem(status, detail)
    else:
        template = request.app.state.templates.environment.get_template("failed.html")
        answer = HTMLResponse(template.render(detail=detail, title=TITLES[status]), status)
    answer.headers.update(HEADERS)
    return answer
