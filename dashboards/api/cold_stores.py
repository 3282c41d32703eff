"""Cold stores: their status, log and excursions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from asset_registry.cold_chain.records import ColdStore
from dashboards.access import STAFF
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.cold_view import Cold, cold_of, colds_of, facts_of
from dashboards.context import Context, Here
from dashboards.paging import Listed
from dashboards.problems import NotThere

router = APIRouter(prefix="/cold_stores", tags=["cold chain"])


class ExcursionOut(BaseModel):
    """From the first reading outside to the first one inside; `end` is null while it goes on; °C."""

    start: str
    end: str | None
    lowest: float
    highest: float
    lasted_s: int
    readings: int
    unseen_s: int


class ColdOut(BaseModel):
    """A store now. `doubts` say why its probe is UNCERTAIN; `known` is the share of the time with readings."""

    asset_id: int
    number: str
    name: str
    product: str
    low: float | None
    high: float | None
    source: str
    state: Literal["ok", "out", "uncertain", "unknown"]
    sentence: str
    value: float | None
    since: At | None
    doubts: list[str]
    quarantined: bool
    review_due: bool
    lowest: float | None
    highest: float | None
    known: float
    excursions: list[ExcursionOut]


Days = Annotated[int, Query(ge=1, le=366, description="How far back the log goes.")]


@router.get("", dependencies=[STAFF])
def cold_stores(here: Here, days: Days = 1) -> Listed[ColdOut]:
    """Every store, the worst first."""
    with here.database.read() as session:
        return Listed(items=[cold_out(here, each) for each in colds_of(session, here, days)], next=None)


@router.get("/{asset_id}", dependencies=[STAFF])
def cold_store(here: Here, asset_id: Id, days: Days = 7) -> ColdOut:
    """One store."""
    with here.database.read() as session:
        kept = session.get(ColdStore, asset_id)
        if kept is None or asset_id not in here.snapshots.current.assets:
            raise NotThere(f"cold store {asset_id}")
        return cold_out(here, cold_of(session, here, kept, days))


def cold_out(here: Context, cold: Cold) -> ColdOut:
    """A store as the interface tells it."""
    log, status = cold.log, cold.status
    return ColdOut(
        asset_id=cold.asset.id,
        number=cold.asset.number,
        name=cold.asset.name,
        product=cold.product.name,
        low=cold.wanted.low,
        high=cold.wanted.high,
        source=cold.product.source,
        state=status.state,
        sentence=status.sentence,
        value=status.value,
        since=status.since,
        doubts=list(status.doubts),
        quarantined=cold.quarantine is not None,
        review_due=cold.due.now_due is not None or bool(cold.due.missed),
        lowest=log.lowest.value if log.lowest else None,
        highest=log.highest.value if log.highest else None,
        known=round(log.known, 4),
        excursions=[ExcursionOut(**facts_of(each, here.clock.now())) for each in log.excursions],
    )
