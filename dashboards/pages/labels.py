"""Labels to print, in the layout of the sheet that lies in the printer."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dashboards.access import STAFF
from dashboards.context import Here
from dashboards.labels import LAYOUTS, label_of
from dashboards.problems import NotThere, Wrong
from dashboards.render import page
from dashboards.selection import Chosen, chosen_of

MOST = 1000
router = APIRouter(dependencies=[STAFF])


@router.get("/labels")
def labels(
    request: Request,
    here: Here,
    chosen: Chosen,
    layout: Annotated[str, Query(max_length=10)] = "l7160",
    skip: Annotated[int, Query(ge=0, le=100)] = 0,
    address: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Labels of the chosen assets; `skip` so many are gone from the sheet already; `address`: what the codes open."""
    if layout not in LAYOUTS:
        raise NotThere(f"layout {layout[:10]}")
    base = (address or here.url or str(request.base_url)).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong("address", "The address begins with https:// or http://, as people type it into a browser.")
    assets = chosen_of(here, chosen)
    made = [label_of(asset, base) for asset in assets[:MOST]]
    gone = skip if LAYOUTS[layout].per_page > 1 else 0
    cells = [None] * gone + made
    per_page = LAYOUTS[layout].per_page
    return page(
        request,
        "labels.html",
        layouts=LAYOUTS,
        layout=layout,
        sheets=[cells[start : start + per_page] for start in range(0, len(cells), per_page)] if made else [],
        count=len(made),
        more=len(assets) - len(made),
        skip=skip,
        address=base,
        alone=parts.hostname in ("127.0.0.1", "localhost", "::1"),
        chosen=chosen,
    )
