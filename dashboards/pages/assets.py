"""What people do to an asset: take it, give it back."""

from fastapi import APIRouter
from starlette.responses import Response

from asset_registry import status
from dashboards.access import ACTING, STAFF, Visitor
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.forms import Back, back_to

router = APIRouter(prefix="/assets", dependencies=[STAFF])


@router.post("/{asset_id}/claim", dependencies=[ACTING])
def claim(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """I am taking it."""
    with here.database.write() as session:
        status.claim_asset(session, asset_id, visitor, here.clock.now(), here.zone)
    refreshed(here)
    return back_to(back)


@router.post("/{asset_id}/release", dependencies=[ACTING])
def release(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """Give it back."""
    with here.database.write() as session:
        status.release(session, asset_id, visitor, here.clock.now())
    refreshed(here)
    return back_to(back)
