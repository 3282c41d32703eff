"""The collector: its threads and how far each reader of the spool is."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from dashboards.access import admit
from dashboards.context import Here
from dashboards.render import page
from dashboards.sentences import many, start

BEHIND_S = 5.0
"""A reader that is further behind than this is said to be behind."""

RUNNING = "running"
router = APIRouter(dependencies=[admit("biomed", "it_agent", "auditor")])


@router.get("/collector")
def collector(request: Request, here: Here) -> Response:
    """Services and cursors."""
    services = sorted(here.inside.services(), key=lambda part: (part.state == RUNNING, part.name))
    cursors, spool = here.inside.cursors(), here.inside.spool()
    troubled = [part for part in services if part.state != RUNNING]
    behind = [cursor for cursor in cursors if cursor.behind_s > BEHIND_S]
    if troubled:
        answer = f"{start(many(len(troubled), 'part'))} {'does' if len(troubled) == 1 else 'do'} not run"
    elif spool is not None and spool.troubles:
        answer = f"The spool has {many(len(spool.troubles), 'trouble')}"
    elif behind:
        answer = f"{start(many(len(behind), 'reader'))} {'is' if len(behind) == 1 else 'are'} behind"
    elif services:
        answer = f"All {many(len(services), 'part')} run, every reader is up to date"
    else:
        answer = "Nothing to see of the collector from here"
    return page(
        request,
        "collector.html",
        answer=answer,
        services=services,
        cursors=cursors,
        spool=spool,
        behind_s=BEHIND_S,
        counted=sorted(here.counters.snapshot().items()),
    )
