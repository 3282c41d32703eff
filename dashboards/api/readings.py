"""Readings: the history of devices, and their newest values."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from asset_registry.spans import spans_of_asset, spans_of_place
from collector.metrics import METRICS, is_vital
from collector.points import readings_of
from collector.ports import Aggregate, Selection, Span
from collector.reading import Reading
from dashboards.access import STAFF, VITAL_READERS, NotAdmitted, Visitor
from dashboards.api.models import ReadingOut, reading_out
from dashboards.context import Context, Here
from dashboards.paging import Listed, decode, encode
from dashboards.problems import NotThere, Wrong
from service_desk.words import duration_of

router = APIRouter(dependencies=[STAFF], tags=["readings"])

MOST = 10_000
DAY = timedelta(days=1)
PLAIN = tuple(name for name in METRICS if not is_vital(name))

Devices = Annotated[list[str], Field(max_length=100, description="Ids, or native ids: `mqtt:zigbee2mqtt/OR-2/air`.")]
Metrics = Annotated[list[str], Field(max_length=50, description="Names of metrics.")]
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 2, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]


class Series(BaseModel):
    """Which series."""

    device: Devices = []
    metric: Metrics = []


class Question(Series):
    """Which points: `from <= at < to`."""

    asset: int | None = Field(None, description="What spoke for this asset: each device while it was its own.")
    place: int | None = Field(None, description="What was in this building, floor or room: each device while it was.")
    start: Moment | None = Field(None, alias="from", description="A day before `to` when left away.")
    to: Moment | None = Field(None, description="Now when left away.")
    every: str | None = Field(None, max_length=20, description='The length of windows: "60 s", "5 min", "1 h".')
    aggregate: Aggregate = Field("mean", description="What a window shows.")
    limit: int = Field(1000, ge=1, le=MOST)
    cursor: str | None = Field(None, max_length=400, description="`next` of the page before.")


@router.get("/readings")
def readings(here: Here, visitor: Visitor, question: Annotated[Question, Query()]) -> Listed[ReadingOut]:
    """Points by device, metric, gateway and time. A window without points is absent.

    Vitals are told of one device at a time, to those who may see them. They are not for patient monitoring: they may
    be late or missing. Look at the bedside device.
    """
    if not question.device and not question.metric and question.asset is None and question.place is None:
        raise Wrong("device", "Name at least one device, metric, asset or place.")
    devices = native_ids(here, question.device)
    metrics = allowed_metrics(visitor, devices, question.metric)
    skip, end = place_in(question.cursor, question.to or here.clock.now() + timedelta(milliseconds=1))
    begin = question.start or end - DAY
    window = window_of(question.every)
    if begin >= end:
        return Listed(items=[])
    most, spans = skip + question.limit + 1, spans_in(here, question, begin, end)
    selection = Selection(begin, end, devices, metrics, window, question.aggregate, most, spans=spans)
    found = readings_of(here.store.query(selection).slice(skip))
    items = [reading_out(each) for each in found[: question.limit]]
    if window is not None and question.aggregate == "count":
        items = [item.model_copy(update={"unit": ""}) for item in items]
    after = encode(f"{skip + question.limit} {end.isoformat()}") if len(found) > question.limit else None
    return Listed(items=items, next=after)


@router.get("/latest")
def latest(here: Here, visitor: Visitor, series: Annotated[Series, Query()]) -> Listed[ReadingOut]:
    """The newest reading of each series. Vitals as in `readings`."""
    devices = native_ids(here, series.device)
    metrics = set(allowed_metrics(visitor, devices, series.metric)) or set(METRICS)
    found: list[Reading] = []
    for native_id in devices or sorted(here.latest.devices()):
        found += [each for name, each in sorted(here.latest.of(native_id).items()) if name in metrics]
    return Listed(items=[reading_out(each) for each in found])


def spans_in(here: Context, question: Question, begin: datetime, end: datetime) -> tuple[Span, ...] | None:
    """When which devices were the asset's or in the place; None for all of them. Raises NotThere, or Wrong for both."""
    known = here.snapshots.current
    if question.asset is not None and question.place is not None:
        raise Wrong("place", "Name an asset or a place, not both.")
    if question.asset is not None:
        if question.asset not in known.assets:
            raise NotThere(f"asset {question.asset}")
        return spans_of_asset(known, question.asset, begin, end)
    if question.place is not None:
        if question.place not in known.places:
            raise NotThere(f"place {question.place}")
        return spans_of_place(known, question.place, begin, end)
    return None


def native_ids(here: Context, devices: list[str]) -> tuple[str, ...]:
    """Native ids for ids; a native id stands for itself, known to the registry or not. Raises NotThere."""
    known = here.snapshots.current.devices
    found = []
    for each in devices:
        if each.isdecimal() and len(each) < 19:
            if int(each) not in known:
                raise NotThere(f"device {each}")
            found.append(known[int(each)].native_id)
        else:
            found.append(each)
    return tuple(dict.fromkeys(found))


def allowed_metrics(visitor: Visitor, devices: tuple[str, ...], metrics: list[str]) -> tuple[str, ...]:
    """The metrics to ask a store for, () for all. Raises Wrong, or NotAdmitted for vitals."""
    unknown = sorted(set(metrics) - set(METRICS))
    if unknown:
        raise Wrong("metric", f"There is no metric {unknown[0][:80]!r}.")
    vitals = [name for name in metrics if is_vital(name)]
    one, may = len(devices) == 1, visitor.may(*VITAL_READERS)
    if vitals and not one:
        raise Wrong("device", f"{vitals[0]} is a vital: it is told of one device at a time. Name exactly one.")
    if vitals and not may:
        raise NotAdmitted(VITAL_READERS)
    if metrics:
        return tuple(dict.fromkeys(metrics))
    return () if one and may else PLAIN


def window_of(every: str | None) -> timedelta | None:
    """The length of a window. Raises Wrong."""
    if every is None:
        return None
    try:
        window = duration_of(every)
    except (ValueError, OverflowError) as error:
        raise Wrong("every", f"{error}.") from error
    if not timedelta(seconds=1) <= window <= timedelta(days=366):
        raise Wrong("every", "A window is between 1 s and 366 days long.")
    return window


def place_in(cursor: str | None, end: datetime) -> tuple[int, datetime]:
    """How many points earlier pages held, and the end they had, so that points that arrive meanwhile move nothing."""
    key = decode(cursor, str)
    if key is None:
        return 0, end
    skip, _, until = key.partition(" ")
    try:
        return int(skip), datetime.fromisoformat(until).astimezone(UTC)
    except ValueError as error:
        raise Wrong("cursor", "It is not one that this address gave out.") from error
