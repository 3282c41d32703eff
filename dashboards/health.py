"""For machines that watch this one: alive, ready, and figures in Prometheus' text format."""

import re
from collections import defaultdict

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from collector.counters import Counters
from collector.errors import WardkeeperError
from collector.sacrifice import THINNED_FROM
from dashboards.access import PUBLIC
from dashboards.context import Context, Here

router = APIRouter(dependencies=[PUBLIC])

_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_]")


@router.get("/healthz")
def alive() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/metrics")
def metrics(here: Here) -> PlainTextResponse:
    """Counts since the start of this process, in Prometheus' text format 0.0.4."""
    return PlainTextResponse(exposition(here.counters), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/readyz")
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
    return troubles


INPUT_COUNTS = ("frames", "readings", "bad_frames", "unknown_topics", "lost")


def exposition(counters: Counters) -> str:
    """Every count as `wardkeeper_NAME_total{label="value"} n`, and those of the links as `wardkeeper_input_…`."""
    samples: dict[str, list[tuple[dict[str, str], int]]] = defaultdict(list)
    for (name, labels), count in counters.snapshot().items():
        samples[_NOT_A_NAME.sub("_", name)].append((dict(labels), count))
    for figures in counters.inputs():
        for name in INPUT_COUNTS:
            samples[f"input_{name}"].append(({"link": figures.link}, getattr(figures, name)))
    lines = []
    for name, counts in sorted(samples.items()):
        lines.append(f"# TYPE wardkeeper_{name}_total counter")
        lines += [f"wardkeeper_{name}_total{_labels(labels)} {count}" for labels, count in counts]
    return "\n".join([*lines, ""])


def _labels(labels: dict[str, str]) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    inside = ",".join(f'{_NOT_A_NAME.sub("_", name)}="{quoted(text)}"' for name, text in labels.items())
    return f"{{{inside}}}" if inside else ""
