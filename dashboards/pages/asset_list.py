"""The list of assets: filters in the address, and from it to labels, edits, files of rows."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from asset_registry.assets import CONDITION, HOLDING, usable
from asset_registry.editing import EDITORS
from dashboards.access import STAFF, Visitor
from dashboards.context import Here
from dashboards.render import page
from dashboards.selection import Chosen, chosen_of
from dashboards.sentences import address, many, start
from dashboards.whereabouts import whereabouts

PER_PAGE = 100
router = APIRouter(dependencies=[STAFF])


@router.get("/assets")
def assets(
    request: Request, here: Here, visitor: Visitor, chosen: Chosen, skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0
) -> Response:
    """What is owned, by number."""
    now, moment = here.snapshots.current, here.clock.now()
    found = chosen_of(here, chosen)
    shown = found[skip : skip + PER_PAGE]
    living = [asset for asset in now.assets.values() if asset.holding != "retired"]
    return page(
        request,
        "assets.html",
        answer=f"{start(many(len(found), 'asset'))}" + (" like that" if chosen.narrowed else " in the register"),
        rows=[
            (asset, usable(asset, moment, asset.claimer, here.zone), whereabouts(here, now, asset)) for asset in shown
        ],
        chosen=chosen,
        found=len(found),
        total=len(living),
        skip=skip,
        categories=sorted({asset.category for asset in living}),
        departments=sorted({asset.department for asset in living if asset.department}),
        conditions=CONDITION,
        holdings=HOLDING,
        may_edit=visitor.may(*EDITORS),
        before=address(request, skip=max(0, skip - PER_PAGE) or None) if skip else "",
        after=address(request, skip=skip + PER_PAGE) if skip + PER_PAGE < len(found) else "",
    )
