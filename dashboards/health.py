"""For machines that watch this one (docs/watching.md): alive, ready, and figures for Prometheus."""

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from collector.errors import WardkeeperError
from collector.exposition import OPENMETRICS, TEXT, exposition, family, openmetrics_wanted
from collector.sacrifice import THINNED_FROM
from dashboards.access import PUBLIC, admit
from dashboards.context import Context, Here

router = APIRouter()


@router.get("/healthz", dependencies=[PUBLIC])
def alive() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/metrics", dependencies=[admit("biomed", "it_agent", "auditor")])
def metrics(request: Request, here: Here) -> Response:
    """Figures since the start of this process, in the format that the scraper asks for."""
    open_now = len(request.app.state.live.clients)
    screens = family("wardkeeper_websocket_clients", "gauge", "Screens that are open", [({}, open_now)])
    openmetrics = openmetrics_wanted(request.headers.get("accept", ""))
    text = exposition([*here.inside.figures(), screens], openmetrics=openmetrics)
    return Response(text, media_type=OPENMETRICS if openmetrics else TEXT)


@router.get("/readyz", dependencies=[PUBLIC])
def ready(request: Request, here: Here) -> Response:
    """200 when the database, the store and every supervised part work, else 503; either way which of them do not."""
    troubles = troubles_of(here)
    ticker = request.app.state.live.ticker
    if ticker is not None and ticker.status.state != "running":
        troubles["live"] = ticker.status.state
    body = {"ready": not troubles, "troubles": troubles}
    return JSONResponse(body, 200 if not troubles else 503)


LATE_S = 15.0
"""A reader of the spool that is further behind than this is not ready."""


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
    troubles |= {part.name: part.state for part in here.inside.services() if part.state != "running"}
    late = [cursor for cursor in here.inside.cursors() if cursor.behind_s > LATE_S]
    troubles |= {cursor.name: f"is {cursor.behind_s:.0f} s behind" for cursor in late}
    spool = here.inside.spool()
    if spool is not None and spool.fullness >= THINNED_FROM:
        troubles["spool"] = "is full" if spool.fullness >= 1 else "is nearly full"
    elif spool is not None and spool.waiting_s > LATE_S:
        troubles["spool"] = f"has not written for {spool.waiting_s:.0f} s"
    return troubles
