"""For machines that watch this one: alive, ready, and figures in Prometheus' text format."""

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from collector.errors import WardkeeperError
from dashboards.access import PUBLIC
from dashboards.context import Context, Here

router = APIRouter(dependencies=[PUBLIC])


@router.get("/healthz")
def alive() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(here: Here) -> Response:
    """200 when the database, the store and every supervised part work, else 503; either way which of them do not."""
    troubles = troubles_of(here)
    body = {"ready": not troubles, "troubles": troubles}
    return JSONResponse(body, 200 if not troubles else 503)


def troubles_of(here: Context) -> dict[str, str]:
    """What does not work, by name. Only words: this page is public."""
    troubles = {}
    try:
        with here.database.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        troubles["database"] = "does not answer"
    try:
        here.store.position()
    except WardkeeperError:
        troubles["store"] = "does not answer"
    troubles.update({part.name: part.state for part in here.services() if part.state != "running"})
    return troubles
