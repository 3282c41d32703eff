"""Alerts of other monitoring, by webhook: Alertmanager, Grafana, and any JSON by a mapping (docs/alerts.md)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from dashboards.access import admit
from dashboards.context import Here
from dashboards.problems import RESPONSES, TITLES, NotThere

router = APIRouter(tags=["alerts"], dependencies=[admit("gateway")])

AGAIN: dict[int | str, dict[str, Any]] = {503: {**RESPONSES[409], "description": TITLES[503]}}


class AlertsTaken(BaseModel):
    """How many alerts of the request fire, and how many have ended; all of them are on disk."""

    firing: int
    resolved: int


@router.post("/alerts/{source}", responses=AGAIN)
def take(here: Here, source: Annotated[str, Path(max_length=64)], body: dict[str, Any] | list[Any]) -> AlertsTaken:
    """Alerts as they stand now. The same again changes nothing; what is answered otherwise is to be sent again."""
    if here.alerts is None:
        raise NotThere("other monitoring that sends its alerts here")
    firing, resolved = here.alerts.take(source, body)
    return AlertsTaken(firing=firing, resolved=resolved)
