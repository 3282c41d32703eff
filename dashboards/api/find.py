"""Find: where is the nearest usable one?"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from asset_registry.find import Hit, battery_of, find_assets
from dashboards.access import STAFF
from dashboards.api.models import AssetOut, asset_out
from dashboards.context import Context, Here
from dashboards.problems import Wrong

router = APIRouter(tags=["assets"], dependencies=[STAFF])


class HitOut(BaseModel):
    """An asset that was asked for; `why` it is doubtful or not usable, `battery` in per cent."""

    asset: AssetOut
    distance_m: float | None
    battery: float | None
    why: str


class Found(BaseModel):
    """Each list nearest first. `doubtful`: usable, but nobody can be sure that it is there or clean.

    `meant`: for words that name nothing, the words that were taken for them. Not for automation: a place may be wrong.
    """

    usable: list[HitOut]
    doubtful: list[HitOut]
    not_usable: list[HitOut]
    meant: dict[str, str]


@router.get("/find")
def find(
    here: Here,
    q: Annotated[str, Query(max_length=200, description="Words for it: kind, number, name, maker, serial.")],
    near: Annotated[int | None, Query(ge=1, lt=2**63, description="The id of the place to be near to.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many each list holds at most.")] = 50,
) -> Found:
    """Assets by words, those that can be taken first."""
    now = here.snapshots.current
    if near is not None and near not in now.places:
        raise Wrong("near", f"There is no place {near}.")
    found = find_assets(now, here.latest, q, near, here.clock.now(), here.zone)
    return Found(
        usable=_hits(here, found.usable[:limit]),
        doubtful=_hits(here, found.doubtful[:limit]),
        not_usable=_hits(here, found.not_usable[:limit]),
        meant=found.meant,
    )


def _hits(here: Context, hits: list[Hit]) -> list[HitOut]:
    now = here.snapshots.current
    return [
        HitOut(
            asset=asset_out(here, now, hit.asset),
            distance_m=hit.distance_m,
            battery=battery_of(now, here.latest, hit.asset),
            why=hit.why,
        )
        for hit in hits
    ]
