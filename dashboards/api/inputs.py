"""Inputs: how every link is, what it has brought, and what could not be understood."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from collector.counters import BadFrameRecord
from dashboards.access import admit
from dashboards.api.models import At
from dashboards.context import Here
from dashboards.link_view import Input, advice, links
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


class PartOut(BaseModel):
    """One port of a serial link, one adapter of a BLE link. `error` is the last one, `hint` what to do now."""

    name: str
    kind: str
    address: str
    state: str
    since: At | None
    error: str
    hint: str
    last_frame: At | None
    frames_per_minute: int


class InputOut(BaseModel):
    """One link: how it is, and its figures since this process started; rates are per minute.

    `state` is one of up, paused, connecting, down, stopped, unknown; what runs elsewhere has no figures here.
    """

    link: str
    kind: str
    address: str
    state: str
    since: At | None
    error: str
    hint: str
    parts: list[PartOut]
    frames: int = 0
    readings: int = 0
    bad_frames: int = 0
    unknown_topics: int = 0
    lost: int = 0
    frames_per_minute: int = 0
    readings_per_minute: int = 0
    last_frame: At | None = None
    bad: list[BadFrameOut]
    unknown: dict[str, int]


_COUNTED = ("frames", "readings", "bad_frames", "unknown_topics", "lost", "frames_per_minute", "readings_per_minute")


@router.get("")
def inputs(here: Here) -> Listed[InputOut]:
    """Every link, by name."""
    now = here.clock.now()
    return Listed(items=[_out(link, now) for link in sorted(links(here), key=lambda link: link.name)])


def _out(link: Input, now: datetime) -> InputOut:
    figures = link.figures
    counted = {name: getattr(figures, name) for name in (*_COUNTED, "last_frame")} if figures else {}
    return InputOut(
        link=link.name,
        **{name: getattr(link, name) for name in ("kind", "address", "state", "since", "error")},
        hint=_hint(link, now),
        parts=[_part(part, now) for part in link.parts],
        **counted,
        bad=[_bad(record) for record in figures.bad] if figures else [],
        unknown=dict(figures.unknown) if figures else {},
    )


def _part(part: Input, now: datetime) -> PartOut:
    plain = {name: getattr(part, name) for name in PartOut.model_fields if name != "hint"}
    return PartOut(**plain, hint=_hint(part, now))


def _hint(link: Input, now: datetime) -> str:
    return " ".join(each.text for each in advice(link, now))


def _bad(record: BadFrameRecord) -> BadFrameOut:
    return BadFrameOut(**{name: getattr(record, name) for name in BadFrameOut.model_fields})
