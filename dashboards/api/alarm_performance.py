"""How well alarms serve those who answer them: the figures of the page /alarms/performance."""

from collections.abc import Iterable

from fastapi import APIRouter
from pydantic import BaseModel

from dashboards.access import STAFF
from dashboards.api.models import At
from dashboards.context import Here
from dashboards.performance_view import Filters, figures_of
from service_desk.alarms.performance import Actor

router = APIRouter(prefix="/alarms/performance", tags=["alarms"], dependencies=[STAFF])


class FloodOut(BaseModel):
    """From more than ten alarms in ten minutes for one operator until fewer than five; `peak`: the most in ten."""

    start: At
    end: At
    alarms: int
    peak: int


class ActorOut(BaseModel):
    """A rule, or a rule about one subject: how often it spoke, and which part of all alarms that is."""

    rule_id: int
    alarm_id: int
    name: str
    subject: str
    title: str
    alarms: int
    share: float
    chattering: int
    fleeting: int


class PerformanceOut(BaseModel):
    """Alarms that spoke from `start` to `end`. Shares are 0 to 1, times seconds; null: nothing to say it from.

    `slots` are alarms by ten minutes, oldest first; `average`, `peak` and `over` (more than ten) are of ten minutes and
    one operator; `flooded` is the share of time in floods. `standing` are alarms that have held for a day. Of `tickets`
    a person did something about `acted`; of `silences` `brief_silences` were over before an answer.
    """

    start: At
    end: At
    operators: int
    alarms: int
    slots: list[int]
    average: float
    peak: int
    over: float
    floods: list[FloodOut]
    flooded: float
    rules: list[ActorOut]
    actors: list[ActorOut]
    worst_share: float
    standing: list[int]
    chattering: int
    fleeting: int
    priorities: dict[str, int]
    median_s: float | None
    p95_s: float | None
    unanswered: int
    tickets: int
    acted: int
    silences: int
    brief_silences: int
    device_days: float


@router.get("")
def alarm_performance(here: Here, filters: Filters) -> PerformanceOut:
    """Of 1, 7 or 30 days; of a building (its place's id) and a department where given. The most frequent come first."""
    figures, wanted = figures_of(here, filters)
    return PerformanceOut(
        **vars(figures)
        | {
            "start": wanted.start,
            "end": wanted.end,
            "operators": wanted.operators,
            "floods": [FloodOut(**vars(each)) for each in figures.floods],
            "rules": _actors(figures.rules),
            "actors": _actors(figures.actors),
            "standing": [alarm.id for alarm in figures.standing],
        }
    )


def _actors(found: Iterable[Actor]) -> list[ActorOut]:
    return [ActorOut(**vars(each)) for each in found]
