"""How well alarms serve those who answer them, against ISA-18.2 and EEMUA 191; one click to the rule."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from dashboards.access import STAFF, Visitor
from dashboards.api.rules import RULERS
from dashboards.context import Here
from dashboards.performance_view import CHATTERING, Days, Filters, answer, chart, figures_of, measures, percent
from dashboards.render import page
from dashboards.sentences import address
from dashboards.spreadsheet import spreadsheet
from dashboards.standing import line_of
from service_desk.alarms.performance import ACTORS, Actor

SPANS: tuple[tuple[Days, str], ...] = (("1", "24 h"), ("7", "7 days"), ("30", "30 days"))
MOST_FLOODS = 10

router = APIRouter(prefix="/alarms", dependencies=[STAFF])


@router.get("/performance")
def alarm_performance(request: Request, here: Here, visitor: Visitor, filters: Filters) -> Response:
    """The figures, the floods, the worst, and what stands."""
    figures, wanted = figures_of(here, filters)
    known = here.snapshots.current
    buildings = sorted((p for p in known.places.values() if p.kind == "building"), key=lambda p: p.number)
    departments = sorted({asset.department for asset in known.assets.values() if asset.department})
    return page(
        request,
        "performance.html",
        answer=answer(figures),
        figures=figures,
        measures=measures(figures),
        chart=chart(figures, here.operators, wanted.start, here.zone),
        slot="" if filters.days == "1" else "each column the worst ten minutes of its time",
        floods=sorted(figures.floods, key=lambda each: -each.alarms)[:MOST_FLOODS],
        rules=figures.rules[:ACTORS],
        actors=figures.actors[:ACTORS],
        standing=[line_of(here, alarm) for alarm in figures.standing[:ACTORS]],
        chattering=CHATTERING,
        percent=percent,
        operators=here.operators,
        days=[(address(request, days=value), word, value == filters.days) for value, word in SPANS],
        building=known.places.get(filters.building or 0),
        buildings=[(address(request, building=each.id), each, each.id == filters.building) for each in buildings],
        any_building=address(request, building=None),
        department=filters.department,
        departments=[(address(request, department=each), each, each == filters.department) for each in departments],
        any_department=address(request, department=None),
        files=tuple(address(request).replace("/performance", f"/{name}.csv", 1) for name in ("performance", "actors")),
        may_try=visitor.may(*RULERS),
    )


@router.get("/performance.csv")
def measures_csv(here: Here, filters: Filters) -> Response:
    """Every figure as it is on the page, with what it should be and who says so."""
    figures, wanted = figures_of(here, filters)
    lines = [(each.name, each.value, each.target, each.source) for each in measures(figures)]
    head = ("measure", f"from {wanted.start.isoformat()} to {wanted.end.isoformat()}", "should be", "source")
    floods = [("flood", each.start.isoformat(), each.end.isoformat(), each.alarms) for each in figures.floods]
    return spreadsheet("alarm-performance", [head, *lines, *floods])


@router.get("/actors.csv")
def actors_csv(here: Here, filters: Filters) -> Response:
    """Every alarm that spoke, the most frequent first."""
    figures, _ = figures_of(here, filters)
    return spreadsheet("alarm-actors", _lines(figures.actors))


def _lines(actors: Sequence[Actor]) -> list[tuple[object, ...]]:
    head = ("rule", "about", "alarm", "alarms", "share", "chattering", "fleeting")
    return [
        head,
        *(
            (each.name, each.subject, each.title, each.alarms, round(each.share, 4), each.chattering, each.fleeting)
            for each in actors
        ),
    ]
