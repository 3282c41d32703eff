"""One device: whether it talks, what it says, its chart, what it is and what it was bound to."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from asset_registry.known import KnownDevice
from dashboards.access import STAFF, VITAL_READERS, WORKERS, NotAdmitted, Visitor
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.device_view import bindings_of, places_of, standing_of
from dashboards.problems import NotThere, Wrong
from dashboards.render import page
from dashboards.series import SPANS, Choice, chart_of, choices, chosen, series
from dashboards.standing import Standing, rank
from dashboards.talking import Talk, talk_of
from service_desk.alarms.model import Alarm
from service_desk.tickets.queue import Wanted, queue

Span = Literal["1h", "24h", "7d"]
LONGEST = timedelta(days=400)

router = APIRouter(prefix="/devices", dependencies=[STAFF])


@router.get("/{device_id}")
def device(
    request: Request,
    here: Here,
    visitor: Visitor,
    device_id: Id,
    metric: Annotated[str, Query(max_length=60)] = "",
    span: Span = "24h",
) -> Response:
    """One device now; `metric` and `span` are what the chart shows."""
    version = here.latest.version
    it = _known(here, device_id)
    found = choices(here, [it], vitals=visitor.may(*VITAL_READERS))
    choice = chosen(found, metric, it.id)
    talk = talk_of(here, it, here.clock.now())
    bindings = bindings_of(here, it)
    now = here.snapshots.current
    asset, place = now.asset_of(it.native_id, here.clock.now()), now.place_of(it.native_id, here.clock.now())
    with here.database.read() as session:
        rows = standing_of(session, here, Alarm.subject == it.native_id)
        chart = chart_of(session, here, choice, span) if choice is not None else None
        about = Wanted(states=(), asset_id=asset.id if asset else None, place_id=place.id if place else None, limit=6)
        tickets = queue(session, about) if asset or place else []
    return page(
        request,
        "device.html",
        device=it,
        name=it.name or it.native_id,
        answer=answer(it, talk, rows),
        level=min((row.priority for row in rows), key=rank, default=""),
        talk=talk,
        asset=asset,
        place=place,
        latest=[each for each in found if not each.vital],
        vitals=[each for each in found if each.vital],
        chart=chart,
        spans=[(name, word, name == span) for name, (word, _) in SPANS.items()],
        metrics=[each for each in found if each.drawn],
        where=places_of(here, [it], span),
        bindings=bindings,
        incidents=rows,
        first=next((row for row in rows if row.waits), None),
        tickets=tickets,
        may_answer=visitor.may(*WORKERS),
        zone=str(here.zone),
        live_version=version,
    )


@router.get("/{device_id}/series")
def points(
    here: Here,
    visitor: Visitor,
    device_id: Id,
    metric: Annotated[str, Query(max_length=60)],
    begin: Annotated[int, Query(alias="from", ge=0, lt=7_258_118_400_000)],
    to: Annotated[int, Query(ge=0, lt=7_258_118_400_000)],
) -> dict[str, Any]:
    """What the chart draws between two moments (ms), downsampled."""
    it = _known(here, device_id)
    start, end = (datetime.fromtimestamp(at / 1000, UTC) for at in (begin, to))
    if not timedelta() < end - start <= LONGEST:
        raise Wrong("to", "A chart shows between a moment and 400 days.")
    choice = _series(here, visitor, it, metric)
    with here.database.read() as session:
        return series(session, here, choice, start, end)


def _series(here: Context, visitor: Visitor, it: KnownDevice, metric: str) -> Choice:
    found = next((c for c in choices(here, [it], vitals=True) if c.metric == metric and c.drawn), None)
    if found is None:
        raise NotThere(f"{metric[:60] or 'metric'} of {it.name or it.native_id}")
    if found.vital and not visitor.may(*VITAL_READERS):
        raise NotAdmitted(VITAL_READERS)
    return found


def _known(here: Context, device_id: int) -> KnownDevice:
    it = here.snapshots.current.devices.get(device_id)
    if it is None:
        raise NotThere(f"device {device_id}")
    return it


def answer(it: KnownDevice, talk: Talk, rows: list[Standing]) -> str:
    """The first line."""
    name = it.name or it.native_id
    if rows:
        return rows[0].title
    if talk.state == "silent":
        return f"{name} is silent" if talk.seen is None else f"{name} has been silent since it was last heard"
    if talk.state == "off":
        return f"{name} is off"
    return f"{name} talks" if talk.seen is not None else f"{name} has never been heard"
