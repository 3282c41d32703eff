"""Inputs: what every link has brought, and what could not be understood."""

from fastapi import APIRouter
from pydantic import BaseModel

from collector.counters import InputFigures
from dashboards.access import admit
from dashboards.api.models import At
from dashboards.context import Here
from dashboards.paging import Listed

router = APIRouter(
    prefix="/inputs", tags=["inputs"], dependencies=[admit("biomed", "facilities", "it_agent", "auditor")]
)


class BadFrameOut(BaseModel):
    """A frame that could not be decoded; `head` its first bytes in hex, masked."""

    topic: str
    why: str
    offset: int
    size: int
    at: At
    head: str


class InputOut(BaseModel):
    """The figures of one link since this process started; rates are per minute."""

    link: str
    frames: int
    readings: int
    bad_frames: int
    unknown_topics: int
    lost: int
    frames_per_minute: int
    readings_per_minute: int
    last_frame: At | None
    bad: list[BadFrameOut]
    unknown: dict[str, int]


@router.get("")
def inputs(here: Here) -> Listed[InputOut]:
    """Every link, by name."""
    return Listed(items=[_out(figures) for figures in here.counters.inputs()])


def _out(figures: InputFigures) -> InputOut:
    plain = {name: getattr(figures, name) for name in InputOut.model_fields if name not in ("bad", "unknown")}
    bad = [BadFrameOut(**{name: getattr(record, name) for name in BadFrameOut.model_fields}) for record in figures.bad]
    return InputOut(**plain, bad=bad, unknown=dict(figures.unknown))
